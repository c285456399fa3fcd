package dev.thresher.vip.lease;

import java.net.InetAddress;
import java.util.Map;
import java.util.SortedMap;

/// What a node knows of all: the input of the choice. Immutable. It may be behind, which costs time
/// and never makes two holders.
///
/// @param live nodes that were heard lately and do not leave, with their session; this one included
///   while its lease runs
/// @param holders who said last that it holds an address, with the epoch; also of nodes that were
///   not heard lately, until another says it. The same object as before if nothing changed
/// @param running whether this node's lease runs
/// @param deaf live nodes that are not heard on a network, with the reason, by node and network
public record LeaseView(
    Map<String, Session> live,
    Map<InetAddress, Owner> holders,
    boolean running,
    Map<String, SortedMap<String, String>> deaf) {

  public static final LeaseView NOTHING = new LeaseView(Map.of(), Map.of(), false, Map.of());

  public LeaseView {
    live = Map.copyOf(live);
    holders = Map.copyOf(holders);
    deaf = Map.copyOf(deaf);
  }

  /// Who holds an address.
  public record Owner(Session session, long epoch) {}
}
