package dev.thresher.runtime.leader;

import dev.thresher.api.ObjectKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;

/// How to elect.
///
/// @param lease the lease object
/// @param identity `holderIdentity` of this process, unique among the candidates
/// @param leaseDuration how long others wait after the last renewal they saw, upstream default 15 s
/// @param renewDeadline how long the holder tries to renew before it gives up, less than
///   `leaseDuration`, upstream default 10 s
/// @param retryPeriod time between tries, less than `renewDeadline`, upstream default 2 s; a holder
///   whose renewal fails tries again after about a quarter of it
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

  /// The same candidate for another lease.
  public LeaderElectionConfig withLease(ObjectKey other) {
    return new LeaderElectionConfig(other, identity, leaseDuration, renewDeadline, retryPeriod);
  }

  /// An identity that no other process has: the host's name and a random UUID, as upstream.
  public static String uniqueIdentity() {
    String host;
    try {
      // The name that the kernel gives this UTS namespace: in a pod, the pod's name.
      host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException _) {
      host = System.getenv().getOrDefault("HOSTNAME", "localhost");
    }
    return host + "_" + UUID.randomUUID();
  }
}
