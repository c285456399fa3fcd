package dev.thresher.runtime.client;

import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/// A rate limit on the client's side: `burst` calls at once, `qps` per second in the long run.
///
/// Places are given in the order of asking: who asks later waits longer. Thread-safe.
public final class TokenBucket {

  private final Timeline timeline;
  private final long nanosPerCall;
  private final long burstNanos;

  /// When the bucket would be full again if nobody asked any more. It lies in the past while the
  /// bucket is full.
  private long fullAt;

  public TokenBucket(Timeline timeline, double qps, int burst) {
    this.timeline = timeline;
    this.nanosPerCall = Math.max(1, Math.round(1e9 / qps));
    this.burstNanos = nanosPerCall * burst;
    this.fullAt = timeline.nanoTime();
  }

  /// Waits for a turn.
  ///
  /// @param atMost the longest wait; a turn that would come later is not taken
  /// @return how long it took, negative if the turn would have come too late: then as long as it
  ///   would have taken at least
  /// @throws InterruptedException then the turn is used up
  Duration acquire(Duration atMost) throws InterruptedException {
    long wait = reserve(atMost.toNanos());
    if (wait > 0) {
      var turn = new CountDownLatch(1);
      timeline.after(Duration.ofNanos(wait), turn::countDown);
      turn.await();
    }
    return Duration.ofNanos(wait);
  }

  /// Takes the next turn, however late it comes.
  ///
  /// @return how long to wait for it
  public Duration next() {
    return Duration.ofNanos(reserve(Long.MAX_VALUE));
  }

  private synchronized long reserve(long atMost) {
    long now = timeline.nanoTime();
    long from = fullAt - now < 0 ? now : fullAt;
    long wait = Math.max(0, from + nanosPerCall - burstNanos - now);
    if (wait > atMost) {
      return -wait;
    }
    fullAt = from + nanosPerCall;
    return wait;
  }
}
