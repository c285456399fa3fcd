package dev.thresher.vip.election;

import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;

/// What the right knows of all nodes: the input of the choice. Immutable.
///
/// @param live nodes that may be given addresses, this one included once it has a session
/// @param holders who holds each address according to the record, dead nodes included
/// @param session this node's session, if it has one
/// @param recordKnown whether the record was read: before that `holders` says nothing
/// @param recordVersion which reading of the record `holders` is, 0 if there is no record
public record RightView(
    Map<String, NodeLease> live,
    Map<InetAddress, Holder> holders,
    Optional<Session> session,
    boolean recordKnown,
    long recordVersion) {

  public static final RightView NOTHING =
      new RightView(Map.of(), Map.of(), Optional.empty(), false, 0);

  public RightView {
    live = Map.copyOf(live);
    holders = Map.copyOf(holders);
  }
}
