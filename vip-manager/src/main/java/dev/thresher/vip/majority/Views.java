package dev.thresher.vip.majority;

import dev.thresher.vip.election.Holder;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.lease.LeaseView;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the leases know and what the nodes' Leases in the API server say about their networks, as
/// the choice wants it.
final class Views {

  private Views() {}

  /// @param before the last view: its version grows with each change
  /// @param leases of the other nodes by name
  /// @param me name of this node
  /// @param links of this node
  static RightView of(
      RightView before, LeaseView view, Map<String, NodeLease> leases, String me, NodeLinks links) {
    Map<String, NodeLease> live = new HashMap<>();
    Optional<dev.thresher.vip.election.Session> own = Optional.empty();
    for (Map.Entry<String, dev.thresher.vip.lease.Session> entry : view.live().entrySet()) {
      String node = entry.getKey();
      var session = session(entry.getValue());
      if (node.equals(me)) {
        own = Optional.of(session);
        live.put(node, new NodeLease(node, "", session, List.of(), links, false));
        continue;
      }
      NodeLease lease = leases.get(node);
      if (lease != null) {
        live.put(node, new NodeLease(node, "", session, lease.mesh(), lease.links(), false));
      }
    }
    Map<InetAddress, Holder> holders = new HashMap<>();
    view.holders()
        .forEach((address, owner) ->
            holders.put(
                address,
                new Holder(owner.session().node(), session(owner.session()), owner.epoch())));
    // Before this node's own lease runs it has heard too little to choose by.
    boolean known = before.recordKnown() || view.running();
    RightView same = new RightView(live, holders, own, known, before.recordVersion());
    return same.equals(before)
        ? before
        : new RightView(live, holders, own, known, before.recordVersion() + 1);
  }

  private static dev.thresher.vip.election.Session session(dev.thresher.vip.lease.Session of) {
    return new dev.thresher.vip.election.Session(1, Long.toHexString(of.process()));
  }
}
