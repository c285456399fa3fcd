package dev.thresher.vip.lease;

import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// What [LeaseMachine] hears.
///
/// The clock is read *after* an event is there and before it is handed over: a promise that counted
/// from before its heartbeat was sent would end too early.
public sealed interface LeaseEvent {

  /// The first event.
  ///
  /// @param record the version kept on this node, if it kept one
  /// @param aloneSince a time at which no earlier process of this node ran any more, in monotonic
  ///   nanoseconds; empty: that of this event
  record Began(Optional<VoterRecord> record, OptionalLong aloneSince) implements LeaseEvent {
    public Began(Optional<VoterRecord> record) {
      this(record, OptionalLong.empty());
    }
  }

  /// A node that did not know this process knows it from now on. What it was told before is lost.
  record KnownTo(String node) implements LeaseEvent {}

  /// Time may have passed.
  record Tick() implements LeaseEvent {}

  /// A message from a node, this one included.
  ///
  /// @param network over which it came, as [Networks] names it; empty: over none in particular
  record Received(LeaseMessage message, String network) implements LeaseEvent {
    public Received(LeaseMessage message) {
      this(message, "");
    }
  }

  /// On which networks other nodes should be heard; replaces what was said before.
  ///
  /// @param nodes by network
  record Networks(Map<String, Set<String>> nodes) implements LeaseEvent {
    public Networks {
      nodes = Map.copyOf(nodes);
    }
  }

  /// A version of the voters, read from the API server (the newest there is, not a cached one) or
  /// founded here.
  record VotersSeen(VoterRecord record) implements LeaseEvent {}

  /// [LeaseAction.Keep] is done, and outlasts a crash.
  record VotersKept(VoterRecord record) implements LeaseEvent {}

  /// The addresses that this node should hold; replaces what was said before.
  ///
  /// @param ranks by address: 0 for the first choice. Who is not first waits before it asks
  /// @param successors the nodes that should hold what is held here and not named in `ranks`: it is
  ///   handed over to them; what has none is closed at once
  record Want(Map<InetAddress, Integer> ranks, Map<InetAddress, String> successors)
      implements LeaseEvent {
    public Want {
      ranks = Map.copyOf(ranks);
      successors = Map.copyOf(successors);
    }

    public Want(Map<InetAddress, Integer> ranks) {
      this(ranks, Map.of());
    }
  }

  /// The other nodes that there are; replaces what was said before.
  record Peers(Set<String> nodes) implements LeaseEvent {
    public Peers {
      nodes = Set.copyOf(nodes);
    }
  }

  /// This node stops in order: it gives all back and wants nothing any more.
  ///
  /// @param successors as in [Want]
  record Leave(Map<InetAddress, String> successors) implements LeaseEvent {
    public Leave {
      successors = Map.copyOf(successors);
    }
  }

  /// Proof that a process ended and answers nothing any more.
  record Died(Session session) implements LeaseEvent {}

  /// Answer to [LeaseAction.ReadWitness], straight from the API server.
  record WitnessRead(Witness witness) implements LeaseEvent {}

  /// [LeaseAction.WriteWitness] succeeded.
  ///
  /// @param sentAt monotonic time before the request was sent
  record WitnessWritten(Witness witness, long sentAt) implements LeaseEvent {}

  /// A request about the witness failed, or the witness was not as expected; what a write did is
  /// not known.
  record WitnessFailed() implements LeaseEvent {}
}
