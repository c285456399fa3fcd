package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.ipam.Claim;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.List;

/// A load balancer that is gone, as far as its claims remember it: enough to know its host objects.
final class Former {

  private Former() {}

  /// @param claims of this owner, at least one
  static LoadBalancer of(ObjectKey key, List<Claim> claims) {
    return new LoadBalancer()
        .metadata(
            new V1ObjectMeta()
                .namespace(key.namespace())
                .name(key.name())
                .uid(claims.getFirst().ownerUid()));
  }
}
