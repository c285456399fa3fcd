package dev.thresher.runtime.queue;

import java.util.function.Supplier;

/// What a queue tells about itself. Called with the queue's lock held: must answer at once and not
/// call back.
public interface QueueMetrics {

  /// A queue that nobody measures.
  QueueMetrics NONE = new QueueMetrics() {};

  /// Called once, when the queue is made. The supplier may be asked at any time, from any thread.
  default void observe(Supplier<Snapshot> queue) {}

  /// A key came in that was not waiting already.
  default void added() {}

  /// A key was handed out after so many nanoseconds of waiting.
  default void taken(long waitedNanos) {}

  /// Work on a key ended after so many nanoseconds.
  default void done(long workedNanos) {}

  /// A key was scheduled again after a failure.
  default void retried() {}

  /// A look at the queue.
  ///
  /// @param depth keys that wait to be handed out, without those whose time has not come
  /// @param delayed keys whose time has not come
  /// @param running keys being worked on
  /// @param unfinishedNanos time spent so far on all keys being worked on, in sum
  /// @param longestNanos time spent so far on the key that takes longest
  record Snapshot(int depth, int delayed, int running, long unfinishedNanos, long longestNanos) {}
}
