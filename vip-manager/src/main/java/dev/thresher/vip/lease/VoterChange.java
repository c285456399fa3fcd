package dev.thresher.vip.lease;

import java.time.Duration;

/// What may change from one version of the [VoterRecord] to the next: one thing at a time.
public sealed interface VoterChange {

  record AddVoter(String node) implements VoterChange {}

  record RemoveVoter(String node) implements VoterChange {}

  record AddWitness() implements VoterChange {}

  record RemoveWitness() implements VoterChange {}

  /// For how long heartbeats ask from now on; at most the longest lease of the record.
  record SetLease(Duration lease) implements VoterChange {}

  /// The bound of all promises. It falls only after the lease fell, a version earlier: promises for
  /// the longer time may still run, and a voter that restarts must be silent for those.
  record SetLongestLease(Duration longestLease) implements VoterChange {}
}
