package dev.thresher.vip.l2;

import java.time.Duration;

/// How a first claim asks, and how often a held address is announced.
///
/// @param firstWait the first probe is sent at a random time within this
/// @param probes how many
/// @param leastInterval between two probes at least
/// @param mostInterval between two probes at most
/// @param lastWait from the last probe to the claim
/// @param trial how long after its beginning a first claim still gives way to a stranger
/// @param period between announcements once the first burst is over; 10 % more or less
public record Pace(
    Duration firstWait,
    int probes,
    Duration leastInterval,
    Duration mostInterval,
    Duration lastWait,
    Duration trial,
    Duration period) {

  /// Below the 300 s after which switches commonly forget.
  public static final Duration PERIOD = Duration.ofSeconds(60);

  /// As long as RFC 5227 2.1.1 asks at most: 1 s, two intervals of 2 s, and 2 s.
  private static final Duration AS_LONG_AS_ASKED = Duration.ofSeconds(7);

  /// Probes at 0, 15 and 30 ms, claimed at 40 ms; whoever objects within the time that RFC 5227
  /// asks for is given way to.
  public static Pace fast(Duration period) {
    return new Pace(
        Duration.ZERO,
        3,
        Duration.ofMillis(15),
        Duration.ofMillis(15),
        Duration.ofMillis(10),
        AS_LONG_AS_ASKED,
        period);
  }

  /// The timing of RFC 5227 1.1; the claim comes 4 to 7 s after its beginning.
  public static Pace rfc5227(Duration period) {
    return new Pace(
        Duration.ofSeconds(1),
        3,
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(2),
        AS_LONG_AS_ASKED,
        period);
  }

  /// Whether a first claim takes all the time that RFC 5227 asks for.
  public boolean isPatient() {
    return firstWait.isPositive();
  }
}
