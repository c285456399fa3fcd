package dev.thresher.vip.lease;

import java.time.Duration;

/// How a node takes part in leases.
///
/// @param beat H, the longest time between heartbeats; there are at least four to a lease
/// @param policy what to do without a majority
/// @param twoNodes what one of two nodes does that reaches neither the other nor the witness
public record LeaseConfig(Duration beat, NoMajority policy, TwoNodes twoNodes) {

  public LeaseConfig(Duration beat, NoMajority policy) {
    this(beat, policy, TwoNodes.SAFE);
  }

  /// The time between heartbeats under a record of voters, in nanoseconds.
  long beatNanos(VoterRecord record) {
    return Math.min(beat.toNanos(), record.leaseNanos() / 4);
  }

  public LeaseConfig {
    if (beat.compareTo(Duration.ofMillis(10)) < 0 || beat.compareTo(Duration.ofSeconds(2)) > 0) {
      throw new IllegalArgumentException(
          "the heartbeat interval must be 10 ms to 2 s, found " + beat);
    }
  }
}
