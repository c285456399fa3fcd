package dev.thresher.vip.majority;

import dev.thresher.runtime.informer.Change;
import dev.thresher.vip.election.LeaseText;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.lease.VoterCandidate;
import io.kubernetes.client.openapi.models.V1Lease;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The other nodes that run vip-manager or did, as their Leases in the API server say. Who stops in
/// order stays: it is answered to its end, for it votes, and a voter without answers would ask for
/// the witness; and who restarts is not gone. Thread-safe.
final class OtherNodes {

  private static final Logger LOG = LoggerFactory.getLogger(OtherNodes.class);

  private final String me;
  private final Runnable onChange;
  private final Map<String, NodeLease> nodes = new ConcurrentHashMap<>();

  /// @param me name of this node
  OtherNodes(String me, Runnable onChange) {
    this.me = me;
    this.onChange = onChange;
  }

  List<NodeLease> leases() {
    return List.copyOf(nodes.values());
  }

  /// Those of the nodes that run vip-manager.
  Collection<VoterCandidate> among(Collection<VoterCandidate> all) {
    return all.stream()
        .filter(node -> node.node().equals(me) || nodes.containsKey(node.node()))
        .toList();
  }

  void seen(Change<V1Lease> change) {
    boolean gone = change instanceof Change.Deleted<V1Lease>;
    LeaseText.node(change.object(), OtherNodes::unreadable)
        .filter(node -> !node.node().equals(me))
        .ifPresent(node -> {
          if (gone) {
            nodes.remove(node.node());
          } else {
            nodes.put(node.node(), node);
          }
          onChange.run();
        });
  }

  private static void unreadable(String lease, String problem) {
    LOG.atWarn()
        .addKeyValue("lease", lease)
        .addKeyValue("problem", problem)
        .log("a Lease cannot be read and is ignored");
  }
}
