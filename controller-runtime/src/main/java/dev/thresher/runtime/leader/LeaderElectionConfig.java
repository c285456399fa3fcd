package dev.thresher.runtime.leader;

import dev.thresher.api.ObjectKey;
import java.time.Duration;

/// How to elect.
///
/// @param lease the lease object
/// @param identity `holderIdentity` of this process, unique among the candidates
/// @param leaseDuration how long others wait after the last renewal they saw, upstream default 15 s
/// @param renewDeadline how long the holder tries to renew before it gives up, less than
///   `leaseDuration`, upstream default 10 s
/// @param retryPeriod time between tries, less than `renewDeadline`, upstream default 2 s
public record LeaderElectionConfig(
    ObjectKey lease,
    String identity,
    Duration leaseDuration,
    Duration renewDeadline,
    Duration retryPeriod) {

  public LeaderElectionConfig {
    if (leaseDuration.compareTo(renewDeadline) <= 0) {
      throw new IllegalArgumentException(
          "--leader-elect-lease-duration ("
              + leaseDuration
              + ") must be longer than --leader-elect-renew-deadline ("
              + renewDeadline
              + ")");
    }
    if (renewDeadline.compareTo(retryPeriod) <= 0
        || retryPeriod.isZero()
        || retryPeriod.isNegative()) {
      throw new IllegalArgumentException(
          "--leader-elect-renew-deadline ("
              + renewDeadline
              + ") must be longer than --leader-elect-retry-period ("
              + retryPeriod
              + "), and that more than 0");
    }
  }
}
