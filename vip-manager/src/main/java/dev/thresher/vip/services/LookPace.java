package dev.thresher.vip.services;

/// When the next look may begin. A look costs time in proportion to all addresses: while changes
/// pour in, looks get a third of a core, so that heartbeats get theirs. What comes after some quiet
/// is looked at at once, up to ten milliseconds of looks. Times are nanoseconds of
/// [System#nanoTime()]; not thread-safe.
final class LookPace {

  /// So much rest for each nanosecond of a look.
  private static final long REST_PER_LOOK = 2;

  private static final long LONGEST_REST_NANOS = 50_000_000;

  /// What may be looked without rest.
  private static final long BURST_NANOS = 10_000_000;

  private long credit = BURST_NANOS;
  private long lastEnd;

  /// @param now when the time before the first look began
  LookPace(long now) {
    lastEnd = now;
  }

  /// A look was taken.
  ///
  /// @return when the next one may begin
  long after(long began, long ended) {
    long earned = (began - lastEnd) / REST_PER_LOOK;
    long left = Math.min(BURST_NANOS, credit + earned) - (ended - began);
    credit = Math.max(left, -LONGEST_REST_NANOS / REST_PER_LOOK);
    lastEnd = ended;
    return ended + Math.max(0, -credit) * REST_PER_LOOK;
  }
}
