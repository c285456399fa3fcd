package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/// The endpoints of nobody as they are now: those that were given, or those that the nodes' pod
/// networks leave.
final class Nobody {

  private final Optional<Map<IpFamily, IpAddress>> given;
  private final Informer<V1Node> nodes;
  private final AtomicReference<Map<IpFamily, IpAddress>> last = new AtomicReference<>(Map.of());

  Nobody(Optional<Map<IpFamily, IpAddress>> given, Informer<V1Node> nodes) {
    this.given = given.map(Map::copyOf);
    this.nodes = nodes;
  }

  /// At most one of each family.
  Map<IpFamily, IpAddress> now() {
    return given.orElseGet(() -> Placeholders.of(nodes.list()));
  }

  /// Calls when they are others than before. Before the start.
  void onOther(Runnable look) {
    if (given.isPresent()) {
      return;
    }
    nodes.onChange(_ -> {
      Map<IpFamily, IpAddress> now = now();
      boolean other = !last.getAndSet(now).equals(now);
      if (other && nodes.hasSynced()) {
        look.run();
      }
    });
  }
}
