package dev.thresher.vip.election;

import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;

/// What [RightMachine] hears.
sealed interface RightEvent {

  record Began() implements RightEvent {}

  /// Time may have passed.
  record Tick() implements RightEvent {}

  /// Answer to [RightAction.ReadOwnLease].
  record OwnLeaseRead(Optional<NodeLease> lease) implements RightEvent {}

  record OwnLeaseReadFailed(String why) implements RightEvent {}

  /// [RightAction.WriteOwnLease] succeeded.
  ///
  /// @param sentAt monotonic time before the request was sent
  record Renewed(NodeLease lease, long sentAt) implements RightEvent {}

  /// The Lease was not as [RightAction.WriteOwnLease] expected.
  record RenewConflict() implements RightEvent {}

  record RenewFailed(String why) implements RightEvent {}

  /// Another node's Lease, as a watch or a read saw it.
  record PeerSeen(NodeLease lease) implements RightEvent {}

  record PeerVanished(String node) implements RightEvent {}

  /// Answer to [RightAction.ConfirmLease], straight from the server.
  ///
  /// @param sentAt monotonic time before the request was sent
  record PeerConfirmed(String node, Optional<NodeLease> lease, long sentAt) implements RightEvent {}

  record PeerConfirmFailed(String node) implements RightEvent {}

  /// Proof from the mesh: this process of the node is dead.
  record ProcessDied(String node, String process) implements RightEvent {}

  /// Word from the mesh: this process of the node has a session of this number now.
  record SessionHeard(String node, Session session) implements RightEvent {}

  /// Word from the mesh that the record has reached this version.
  record RecordHint(long version) implements RightEvent {}

  /// The record as a watch saw it.
  record RecordSeen(HoldersRecord record) implements RightEvent {}

  /// A watch saw the record deleted.
  record RecordVanished() implements RightEvent {}

  /// Answer to [RightAction.ReadRecord], straight from the server.
  ///
  /// @param sentAt monotonic time before the request was sent
  record RecordRead(Optional<HoldersRecord> record, long sentAt) implements RightEvent {}

  record RecordReadFailed(String why) implements RightEvent {}

  /// [RightAction.ChangeRecord] or [RightAction.CreateRecord] succeeded.
  record RecordWritten(HoldersRecord record) implements RightEvent {}

  /// Someone else changed the record first; surely nothing was written.
  record RecordConflict() implements RightEvent {}

  /// The write failed; whether it took place is not known.
  record RecordWriteFailed(String why) implements RightEvent {}

  /// See [Right#want].
  ///
  /// @param recordVersion of the view from which the aims were computed
  record Want(Map<InetAddress, String> aims, long recordVersion) implements RightEvent {
    public Want {
      aims = Map.copyOf(aims);
    }
  }

  record LinksChanged(NodeLinks links) implements RightEvent {}

  /// See [Right#resign].
  record Resign(Map<InetAddress, String> aims) implements RightEvent {
    public Resign {
      aims = Map.copyOf(aims);
    }
  }
}
