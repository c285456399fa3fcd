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
/// the choice wants it. Confined to one thread.
final class Views {

  private final String me;
  private RightView view = RightView.NOTHING;
  private LeaseView lastOf = LeaseView.NOTHING;
  private List<NodeLease> lastLeases = List.of();
  private NodeLinks lastLinks = NodeLinks.NONE;

  /// @param me name of this node
  Views(String me) {
    this.me = me;
  }

  /// The view of now: the same object as before, with the same version, if nothing changed.
  ///
  /// @param leases of the other nodes
  /// @param links of this node
  // The same object, not an equal one: comparing a thousand holders costs as much as reading them.
  @SuppressWarnings("ReferenceEquality")
  RightView next(LeaseView of, List<NodeLease> leases, NodeLinks links) {
    // This is called at every message, most of which change nothing.
    boolean sameNodes = leases.equals(lastLeases) && links.equals(lastLinks);
    if (sameNodes && of.equals(lastOf)) {
      return view;
    }
    Map<InetAddress, Holder> holders =
        of.holders() == lastOf.holders() ? view.holders() : holders(of);
    lastOf = of;
    lastLeases = leases;
    lastLinks = links;
    Map<String, NodeLease> live = live(of, leases, links);
    var own = Optional.ofNullable(live.get(me)).map(NodeLease::session);
    // Before this node's own lease runs it has heard too little to choose by.
    boolean known = view.recordKnown() || of.running();
    RightView same = new RightView(live, holders, own, known, view.recordVersion());
    if (!same.equals(view)) {
      view = new RightView(live, holders, own, known, view.recordVersion() + 1);
    }
    return view;
  }

  private Map<String, NodeLease> live(LeaseView of, List<NodeLease> leases, NodeLinks links) {
    Map<String, NodeLease> byNode = new HashMap<>();
    leases.forEach(lease -> byNode.put(lease.node(), lease));
    Map<String, NodeLease> live = new HashMap<>();
    of.live()
        .forEach((node, session) -> {
          NodeLease lease = byNode.get(node);
          Map<String, String> unheard = of.deaf().getOrDefault(node, new TreeMap<>());
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
    return live;
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
