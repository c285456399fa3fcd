package dev.thresher.vip.majority;

import dev.thresher.vip.election.Holder;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.lease.LeaseView;
import dev.thresher.vip.lease.Session;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What the leases know and what the nodes' Leases in the API server say about their networks, as
/// the choice wants it.
final class Views {

  private Views() {}

  /// @param before the last view: its version grows with each change
  /// @param holdersBefore of the [LeaseView] that the last view was made of: this is called at
  ///   every message, and must not look at each address then
  /// @param leases of the other nodes by name
  /// @param me name of this node
  /// @param links of this node
  // The same object, not an equal one: comparing a thousand holders costs as much as reading them.
  @SuppressWarnings("ReferenceEquality")
  static RightView of(
      RightView before,
      Map<InetAddress, LeaseView.Owner> holdersBefore,
      LeaseView view,
      Map<String, NodeLease> leases,
      String me,
      NodeLinks links) {
    Map<String, NodeLease> live = new HashMap<>();
    view.live()
        .forEach((node, session) -> {
          NodeLease lease = leases.get(node);
          Map<String, String> unheard = view.deaf().getOrDefault(node, new TreeMap<>());
          if (node.equals(me)) {
            live.put(
                node, NodeLease.heard(node, process(session), List.of(), links.unheardOn(unheard)));
          } else if (lease != null) {
            live.put(
                node,
                NodeLease.heard(
                    node, process(session), lease.mesh(), lease.links().unheardOn(unheard)));
          }
        });
    var own = Optional.ofNullable(live.get(me)).map(NodeLease::session);
    Map<InetAddress, Holder> holders =
        view.holders() == holdersBefore ? before.holders() : holders(view);
    // Before this node's own lease runs it has heard too little to choose by.
    boolean known = before.recordKnown() || view.running();
    RightView same = new RightView(live, holders, own, known, before.recordVersion());
    return same.equals(before)
        ? before
        : new RightView(live, holders, own, known, before.recordVersion() + 1);
  }

  private static Map<InetAddress, Holder> holders(LeaseView view) {
    Map<InetAddress, Holder> holders = new HashMap<>();
    view.holders()
        .forEach((address, owner) ->
            holders.put(
                address,
                Holder.heard(owner.session().node(), process(owner.session()), owner.epoch())));
    return holders;
  }

  private static String process(Session session) {
    return Long.toHexString(session.process());
  }
}
