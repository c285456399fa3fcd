package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.patch.Patch;
import java.util.Optional;

/// Writes load balancers, and remembers what it wrote until the cache has heard of it.
final class LoadBalancerWriter {

  private final KubeApi api;
  private final OwnWrites<LoadBalancer> own = new OwnWrites<>();

  LoadBalancerWriter(KubeApi api) {
    this.api = api;
  }

  /// The newer one of what the cache says and what was written here.
  LoadBalancer newest(LoadBalancer cached) {
    return own.newest(cached);
  }

  /// @param before the object that the patch was made from
  /// @return the object as it is now, empty if it is gone
  Optional<LoadBalancer> write(ObjectKey key, LoadBalancer before, Patch patch) {
    Optional<LoadBalancer> after = api.patch(LoadBalancerTypes.LOAD_BALANCER, key, patch);
    after.ifPresent(now -> own.wrote(before, now));
    return after;
  }

  /// The object is gone.
  void forget(ObjectKey key) {
    own.forget(key);
  }
}
