package dev.thresher.vip.majority;

import dev.thresher.runtime.informer.Change;
import dev.thresher.vip.election.LeaseText;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.lease.VoterCandidate;
import io.kubernetes.client.openapi.models.V1Lease;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The other nodes that run vip-manager or did, as their Leases in the API server say, and until
/// these are known as a file says that was kept of them. A node whose Lease is deleted is there as
/// long as it is heard: the Lease says where it listens, and what it holds does not rest on that.
/// Who stops in order stays: it is answered to its end, for it votes, and a voter without answers
/// would ask for the witness; and who restarts is not gone. Thread-safe.
final class OtherNodes {

  private static final Logger LOG = LoggerFactory.getLogger(OtherNodes.class);

  private final String me;
  private final BooleanSupplier known;
  private final Runnable onChange;
  private final Map<String, NodeLease> nodes = new ConcurrentHashMap<>();

  /// Those of the file, and those whose Lease was deleted.
  private final Map<String, NodeLease> kept = new ConcurrentHashMap<>();

  private volatile @Nullable NodesFile file;

  /// @param me name of this node
  /// @param known whether all their Leases have been seen
  OtherNodes(String me, BooleanSupplier known, Runnable onChange) {
    this.me = me;
    this.known = known;
    this.onChange = onChange;
  }

  /// Goes by a file until the Leases are known, and keeps it from then on.
  void keptIn(NodesFile at) {
    file = at;
    kept.putAll(at.read());
    kept.remove(me);
  }

  /// Whether all their Leases have been seen.
  boolean areKnown() {
    return known.getAsBoolean();
  }

  /// With nodes that have no Lease and are not forgotten yet.
  List<NodeLease> leases() {
    if (kept.isEmpty()) {
      return List.copyOf(nodes.values());
    }
    Map<String, NodeLease> all = new HashMap<>(kept);
    all.putAll(nodes);
    return List.copyOf(all.values());
  }

  /// Forgets nodes that have no Lease and are not heard, once all Leases have been seen.
  ///
  /// @param heard whether a node was heard lately
  /// @return whether there are some that are heard, which has to be asked again
  synchronized boolean forget(Predicate<String> heard) {
    if (!known.getAsBoolean()) {
      return false;
    }
    kept.keySet().removeIf(node -> nodes.containsKey(node) || !heard.test(node));
    return !kept.isEmpty();
  }

  /// Those of the nodes that run vip-manager; empty as long as that is not known.
  Optional<Collection<VoterCandidate>> among(Collection<VoterCandidate> all) {
    if (!known.getAsBoolean()) {
      return Optional.empty();
    }
    return Optional.of(
        all.stream()
            .filter(node -> node.node().equals(me) || nodes.containsKey(node.node()))
            .toList());
  }

  /// Writes down what is known now, on a thread of its own.
  void keep() {
    NodesFile at = file;
    if (at != null && known.getAsBoolean()) {
      Thread.ofVirtual().name("vip-nodes").start(() -> at.keep(nodes.values()));
    }
  }

  void seen(Change<V1Lease> change) {
    boolean gone = change instanceof Change.Deleted<V1Lease>;
    LeaseText.node(change.object(), OtherNodes::unreadable)
        .filter(node -> !node.node().equals(me))
        .ifPresent(node -> {
          // A renewal is no news: it would cost a look at all nodes every few seconds for each.
          NodeLease what = said(node);
          NodeLease before = gone ? withoutLease(node.node(), what) : nodes.put(node.node(), what);
          if (gone || !what.equals(before)) {
            onChange.run();
          }
        });
  }

  private synchronized @Nullable NodeLease withoutLease(String node, NodeLease last) {
    kept.put(node, last);
    return nodes.remove(node);
  }

  /// What is gone by of a node's Lease.
  private static NodeLease said(NodeLease lease) {
    return NodeLease.heard(lease.node(), lease.session().process(), lease.mesh(), lease.links());
  }

  private static void unreadable(String lease, String problem) {
    LOG.atWarn()
        .addKeyValue("lease", lease)
        .addKeyValue("problem", problem)
        .log("a Lease cannot be read and is ignored");
  }
}
