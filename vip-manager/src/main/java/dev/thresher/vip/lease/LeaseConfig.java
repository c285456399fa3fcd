package dev.thresher.vip.lease;

import java.time.Duration;

/// How a node takes part in leases.
///
/// @param beat H, the time between heartbeats; the lease of the voter record should be at least
///   three of it
/// @param policy what to do without a majority
public record LeaseConfig(Duration beat, NoMajority policy) {

  public LeaseConfig {
    if (beat.compareTo(Duration.ofMillis(10)) < 0 || beat.compareTo(Duration.ofSeconds(2)) > 0) {
      throw new IllegalArgumentException(
          "the heartbeat interval must be 10 ms to 2 s, found " + beat);
    }
  }
}
