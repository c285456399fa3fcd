package dev.thresher.vip.lease;

import java.net.InetAddress;
import java.util.Map;
import java.util.Set;

/// What [LeaseMachine] asks its shell to do. The shell does it in this order, one after the other,
/// and may be stopped for any time between any two: that must do no harm.
///
/// The gate lets an answer for an address out while the address is open *and* the confirmed round's
/// slot has not run out. Its slots run by themselves, in the kernel.
public sealed interface LeaseAction {

  /// Gives the round a slot that ends by itself after the time, counted from when this is done.
  /// Comes before the round's heartbeats are sent.
  record Arm(long round, long nanos) implements LeaseAction {}

  /// Makes this round the one whose slot counts, and no other.
  record Confirm(long round) implements LeaseAction {}

  /// These may be answered while the confirmed round's slot runs.
  ///
  /// @param epochs by address
  /// @param known those of them that some node is known to have held: the others are claimed for
  ///   the first time, as far as is known here
  record Open(Map<InetAddress, Long> epochs, Set<InetAddress> known) implements LeaseAction {
    public Open {
      known = Set.copyOf(known);
    }
  }

  /// Must be complete before the next action is begun.
  record Close(Set<InetAddress> addresses, String reason) implements LeaseAction {}

  /// Sends a message to a node, this one included: what is sent to this one comes back as an event
  /// of its own, after the actions before it are done.
  record Send(String node, LeaseMessage message) implements LeaseAction {}

  /// Keeps this version of the voters so that it outlasts a crash, then says
  /// [LeaseEvent.VotersKept].
  record Keep(VoterRecord record) implements LeaseAction {}

  record ReadWitness() implements LeaseAction {}

  /// Changes exactly the version of the witness named, or creates it.
  ///
  /// @param base what was read
  /// @param holder as [Witness#holder]
  record WriteWitness(Witness base, String holder, RecordMark mark) implements LeaseAction {}

  /// Send [LeaseEvent.Tick] at this monotonic time; replaces what was asked before.
  record WakeAt(long nanos) implements LeaseAction {}
}
