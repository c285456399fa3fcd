package dev.thresher.vip.lease;

import java.net.InetAddress;
import java.util.Map;

/// What a node knows of all: the input of the choice. Immutable. It may be behind, which costs time
/// and never makes two holders.
///
/// @param live nodes that were heard lately and do not leave, with their session; this one included
///   while its lease runs
/// @param holders who said last that it holds an address, with the epoch; also of nodes that were
///   not heard lately, until another says it
/// @param running whether this node's lease runs
public record LeaseView(
    Map<String, Session> live, Map<InetAddress, Owner> holders, boolean running) {

  public static final LeaseView NOTHING = new LeaseView(Map.of(), Map.of(), false);

  public LeaseView {
    live = Map.copyOf(live);
    holders = Map.copyOf(holders);
  }

  /// Who holds an address.
  public record Owner(Session session, long epoch) {}
}
