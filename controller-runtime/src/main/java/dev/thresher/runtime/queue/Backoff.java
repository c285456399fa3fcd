package dev.thresher.runtime.queue;

import java.time.Duration;

/// How long a key that failed waits before the next try: `base`, twice that, four times that, up to
/// `max`.
///
/// @param base delay after the first failure, more than 0
/// @param max longest delay, at least `base`
public record Backoff(Duration base, Duration max) {

  /// 5 ms to 1 min. Upstream goes to 1000 s, which leaves a Service without an address for a
  /// quarter of an hour after the cause has gone.
  public static final Backoff DEFAULT = new Backoff(Duration.ofMillis(5), Duration.ofMinutes(1));

  public Backoff {
    if (base.isZero() || base.isNegative() || max.compareTo(base) < 0) {
      throw new IllegalArgumentException(
          "a backoff needs 0 < base <= max, got base " + base + " and max " + max);
    }
  }

  /// The delay after so many failures in a row.
  ///
  /// @param failures 1 for the first failure; any number is fine, the result never exceeds `max`
  public Duration delay(int failures) {
    Duration delay = base;
    for (int i = 1; i < failures; i++) {
      if (delay.compareTo(max.dividedBy(2)) > 0) {
        return max;
      }
      delay = delay.multipliedBy(2);
    }
    return delay.compareTo(max) > 0 ? max : delay;
  }
}
