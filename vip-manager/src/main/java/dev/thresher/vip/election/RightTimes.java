package dev.thresher.vip.election;

import java.time.Duration;

/// The times of the right by Leases.
///
/// @param leaseDuration how long a node's Lease must stay unchanged until others count it as dead
/// @param renewDeadline how long after its last successful renewal (counted from sending) a node
///   may still hold; less than `leaseDuration` by more than clocks drift in that time
/// @param retryPeriod time between renewals
public record RightTimes(Duration leaseDuration, Duration renewDeadline, Duration retryPeriod) {

  public RightTimes {
    if (leaseDuration.compareTo(renewDeadline) <= 0) {
      throw new IllegalArgumentException(
          "vip_leaseduration ("
              + leaseDuration
              + ") must be longer than vip_renewdeadline ("
              + renewDeadline
              + "), or two nodes could hold one address");
    }
    if (renewDeadline.compareTo(retryPeriod) <= 0
        || retryPeriod.isZero()
        || retryPeriod.isNegative()) {
      throw new IllegalArgumentException(
          "vip_renewdeadline ("
              + renewDeadline
              + ") must be longer than vip_retryperiod ("
              + retryPeriod
              + "), and that more than 0");
    }
  }

  /// kube-vip's: 15 s, 10 s, 2 s.
  public static RightTimes defaults() {
    return new RightTimes(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));
  }
}
