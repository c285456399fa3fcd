package dev.thresher.vip.lease;

import java.net.InetAddress;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;

/// What nodes say to each other about leases. Any message may be lost, doubled, late or out of
/// order.
public sealed interface LeaseMessage {

  /// Who speaks.
  Session from();

  /// Asks a voter for the lease of the sender's node, with the set of addresses named.
  ///
  /// @param round number of the heartbeat, higher each time within a session
  /// @param record the version of the voters that the sender follows
  /// @param leaseNanos F
  /// @param set version of the sender's [OfferedSet]
  /// @param digest of that
  /// @param footing what the sender's own promise is worth, or would be if it voted
  record Heartbeat(
      Session from,
      long round,
      RecordMark record,
      long leaseNanos,
      long set,
      long digest,
      Footing footing)
      implements LeaseMessage {}

  /// What a node's promise is worth under the version of the voters that it follows.
  enum Footing {
    /// Nothing: it knows that version from other nodes alone, and may have kept another.
    HEARSAY,
    /// Nothing yet: it has kept that version, and has just started.
    SILENT,
    READY
  }

  /// The set that heartbeats refer to. Addresses that an earlier one named and this one does not
  /// are given back.
  record Offer(Session from, OfferedSet set) implements LeaseMessage {}

  /// The voter's promise for one heartbeat: all addresses of the set but those refused are promised
  /// to nobody else for at least F from when the heartbeat came. A second one for the same
  /// heartbeat refuses less: something was given back meanwhile.
  record Ack(
      Session from, Session to, long round, RecordMark record, long set, List<Refusal> refusals)
      implements LeaseMessage {
    public Ack {
      refusals = List.copyOf(refusals);
    }
  }

  /// The voter does not have the set that the heartbeat named.
  record NeedOffer(Session from, Session to, long set) implements LeaseMessage {}

  /// Addresses that the receiver was refused have become free before their time.
  ///
  /// @param epochs the last known, by address
  record Freed(Session from, Session to, SortedMap<InetAddress, Long> epochs)
      implements LeaseMessage {}

  /// The sender holds these, and gives them back as soon as the receiver is in line for them.
  ///
  /// @param epochs by address
  record HandOver(Session from, SortedMap<InetAddress, Long> epochs) implements LeaseMessage {}

  /// A majority of the voters knows that the sender asks for these.
  ///
  /// @param epochs as [HandOver] named them
  record InLine(Session from, Session to, SortedMap<InetAddress, Long> epochs)
      implements LeaseMessage {}

  /// The sender is there.
  record Alive(Session from) implements LeaseMessage {}

  /// The sender is there and holds this.
  ///
  /// @param version higher with each change within a session
  /// @param epochs by address
  record Holds(Session from, long version, SortedMap<InetAddress, Long> epochs, Condition condition)
      implements LeaseMessage {}

  /// Whether a node is a candidate for addresses.
  enum Condition {
    WELL,
    /// It stops in order.
    LEAVING,
    /// It hears no majority of the voters, though others may hear it.
    DEAF
  }

  /// The sender votes, and hears these processes.
  ///
  /// @param version higher with each change within a session
  /// @param processes by node
  record Hears(Session from, long version, SortedMap<String, Long> processes)
      implements LeaseMessage {}

  /// The sender votes, and misses these nodes.
  ///
  /// @param version higher with each change within a session
  /// @param missing by network on which the sender hears anybody: the nodes that it does not hear
  record Misses(Session from, long version, SortedMap<String, SortedSet<String>> missing)
      implements LeaseMessage {}

  /// The voters as the sender knows them.
  record Voters(Session from, VoterRecord record) implements LeaseMessage {}

  /// Asks for [Voters] because the receiver named a version that the sender does not know.
  ///
  /// @param known the version that the sender follows
  record NeedVoters(Session from, RecordMark known) implements LeaseMessage {}
}
