package dev.thresher.vip.l2;

/// A rate limit: so many at once, so many per second. Time is handed in; not thread-safe.
final class TokenBucket {
  private static final double NANOS_PER_SECOND = 1e9;

  private final double perSecond;
  private final double burst;
  private double tokens;
  private long lastNanos;

  TokenBucket(double perSecond, double burst, long now) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.tokens = burst;
    this.lastNanos = now;
  }

  boolean take(long now) {
    tokens = Math.min(burst, tokens + (now - lastNanos) / NANOS_PER_SECOND * perSecond);
    lastNanos = now;
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }
}
