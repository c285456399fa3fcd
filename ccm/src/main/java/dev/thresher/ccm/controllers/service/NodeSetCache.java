package dev.thresher.ccm.controllers.service;

import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The set of nodes of this moment, worked out once for all Services that ask between two changes
/// of any node. Thread-safe.
final class NodeSetCache implements Supplier<NodeSet> {

  private record Seen(long version, NodeSet set) {}

  private final Informer<V1Node> nodes;
  private final AtomicLong version = new AtomicLong();
  private volatile @Nullable Seen last;

  NodeSetCache(Informer<V1Node> nodes) {
    this.nodes = nodes;
    nodes.onChange(_ -> version.incrementAndGet());
  }

  @Override
  public NodeSet get() {
    long now = version.get();
    Seen seen = last;
    if (seen != null && seen.version == now) {
      return seen.set;
    }
    NodeSet set = NodeSet.of(nodes.list());
    if (seen != null && seen.set.digest().equals(set.digest())) {
      // One text for all Services that remember it.
      set = new NodeSet(set.nodes(), seen.set.digest());
    }
    last = new Seen(now, set);
    return set;
  }
}
