package dev.thresher.runtime.time;

import java.time.Duration;
import java.time.Instant;

/// Time as the programs see it: a monotonic clock to measure with, a wall clock to write into
/// objects, and deferred tasks.
///
/// Implementations are thread-safe. Tests use a virtual one whose time moves only when told to.
public interface Timeline {

  /// Monotonic time in nanoseconds from an arbitrary origin. Never goes back; only differences mean
  /// anything.
  long nanoTime();

  /// Wall clock, for timestamps that others read. It may jump: never measure with it.
  Instant now();

  /// Runs a task once after the delay, on a thread of the timeline. A task must not block; it hands
  /// longer work on.
  ///
  /// A negative delay counts as zero. A task that throws is logged and does not harm other tasks.
  Deferred after(Duration delay, Runnable task);

  /// A task that waits for its time.
  interface Deferred {
    /// Takes the task back.
    ///
    /// @return true if it will not run, false if it has run, is running or was cancelled before
    boolean cancel();
  }
}
