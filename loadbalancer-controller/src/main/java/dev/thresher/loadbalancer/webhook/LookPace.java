package dev.thresher.loadbalancer.webhook;

import dev.thresher.runtime.queue.Backoff;
import java.time.Duration;

/// How long to wait before the next look at the certificates. Used by one thread.
final class LookPace {

  /// After a write, of whose outcome the next step is made.
  static final Duration AT_ONCE = Duration.ofMillis(20);

  /// While the first certificate or the caches are still to come.
  static final Duration AT_FIRST = Duration.ofMillis(500);

  /// So many writes come to rest, also where another replica is quicker each time. More are of
  /// somebody who undoes them.
  static final int IN_A_ROW = 10;

  private static final Backoff BACKOFF = new Backoff(AT_FIRST, Duration.ofSeconds(5));

  private final Duration calm;
  private int writes;
  private int delays;

  /// @param calm between two looks while all is well
  LookPace(Duration calm) {
    this.calm = calm;
  }

  /// @param again whether the last look wrote something
  /// @param failed whether it did not come to its end
  /// @param ready whether the webhooks answer and API servers know of them
  Duration after(boolean again, boolean failed, boolean ready) {
    if (again && writes < IN_A_ROW) {
      writes++;
      return AT_ONCE;
    }
    if (again || failed) {
      delays++;
      return BACKOFF.delay(delays);
    }
    writes = 0;
    delays = 0;
    return ready ? calm : AT_FIRST;
  }
}
