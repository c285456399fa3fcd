package dev.thresher.loadbalancer.reconcile;

import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// How long a pool's status is left alone after it was written.
///
/// A patch names only the entries that change, but the API server reads and writes the object
/// whole, and whoever watches pools gets it whole: a write of a large status delays the claims that
/// are made meanwhile. So the pause grows with what a write costs. Nobody waits for the status: who
/// has an address is said by claims, and a release wakes those who wait itself.
///
/// Thread-safe.
final class StatusPace {

  /// Of every pool, however small: at most two writes per second.
  static final Duration SHORTEST = Duration.ofMillis(500);

  /// Of every pool, however large: so old its status is at most while claims come and go.
  static final Duration LONGEST = Duration.ofSeconds(10);

  /// What of a pool's status is written per second at most, as far as [#LONGEST] allows.
  static final int BYTES_PER_SECOND = 16 * 1024;

  /// Of the time at most one part in so many goes into writes, as far as [#LONGEST] allows.
  static final int PARTS = 10;

  private final Timeline timeline;

  /// When the status of a pool may be written again, in nanoseconds of the monotonic clock.
  private final Map<String, Long> next = new ConcurrentHashMap<>();

  StatusPace(Timeline timeline) {
    this.timeline = timeline;
  }

  /// The least time from the beginning of a write to that of the next one.
  ///
  /// @param bytes size of the object's entries
  /// @param took how long the write took, until it was answered
  static Duration between(long bytes, Duration took) {
    Duration bySize = Duration.ofMillis(bytes * 1000 / BYTES_PER_SECOND);
    Duration byTime = took.multipliedBy(PARTS);
    Duration longer = bySize.compareTo(byTime) > 0 ? bySize : byTime;
    if (longer.compareTo(SHORTEST) < 0) {
      return SHORTEST;
    }
    return longer.compareTo(LONGEST) > 0 ? LONGEST : longer;
  }

  /// How long a pool's status is to be left alone; zero if it may be written now.
  Duration left(String pool) {
    Long due = next.get(pool);
    long left = due == null ? 0 : due - timeline.nanoTime();
    return left <= 0 ? Duration.ZERO : Duration.ofNanos(left);
  }

  /// A write begins. If nothing is heard of its end it counts as a cheap one.
  ///
  /// @return its time, for [#ends]
  long begins(String pool) {
    long now = timeline.nanoTime();
    next.put(pool, now + SHORTEST.toNanos());
    return now;
  }

  /// A write was answered.
  ///
  /// @param bytes size of the object's entries
  void ends(String pool, long begin, long bytes) {
    var took = Duration.ofNanos(timeline.nanoTime() - begin);
    next.put(pool, begin + between(bytes, took).toNanos());
  }

  /// The pool is gone, or its status is due whatever it costs.
  void forget(String pool) {
    next.remove(pool);
  }
}
