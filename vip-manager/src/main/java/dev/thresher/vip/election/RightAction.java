package dev.thresher.vip.election;

import dev.thresher.vip.l2.Claim;
import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What [RightMachine] asks its shell to do, in this order.
sealed interface RightAction {

  /// GET of the own Lease.
  record ReadOwnLease() implements RightAction {}

  /// Writes the own Lease: creates it, or changes exactly the version named.
  ///
  /// @param resourceVersion empty to create
  record WriteOwnLease(String resourceVersion, Session session, NodeLinks links, boolean leaving)
      implements RightAction {}

  /// GET of another node's Lease.
  record ConfirmLease(String node) implements RightAction {}

  /// GET of the record.
  record ReadRecord() implements RightAction {}

  /// Creates the record with these holders.
  record CreateRecord(Map<InetAddress, Holder> holders) implements RightAction {}

  /// Changes exactly this version of the record.
  record ChangeRecord(HoldersRecord base, Map<InetAddress, Optional<Holder>> changes)
      implements RightAction {}

  record Grant(Map<InetAddress, Claim> addresses) implements RightAction {}

  /// Must be complete before the next action is begun.
  record Revoke(Set<InetAddress> addresses, String reason) implements RightAction {}

  /// What is granted may be held until the renew deadline after this renewal was sent, and the same
  /// grows with it from [Grant]s that follow.
  ///
  /// @param sentAt of [RightEvent.Renewed]
  record Entitled(long sentAt) implements RightAction {}

  /// The node has a new session; what an earlier one held is revoked.
  record BeginSession(Session session) implements RightAction {}

  /// Tell the others that the record reached this version.
  record Announce(long version) implements RightAction {}

  /// Send [RightEvent.Tick] at this monotonic time; replaces what was asked before.
  record WakeAt(long nanos) implements RightAction {}

  /// The view changed.
  record Publish(RightView view) implements RightAction {}

  /// All that was held is handed over.
  record Resigned() implements RightAction {}

  /// Cannot go on.
  record Fail(String why) implements RightAction {}
}
