package dev.thresher.runtime.time;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.PriorityQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A timeline for tests: time stands still until [#advance].
///
/// Due tasks run on the thread that advances, ordered by their time and then by the order they were
/// handed in; a task sees exactly the time it was meant for. Thread-safe.
public final class VirtualTimeline implements Timeline {

  private static final Logger log = LoggerFactory.getLogger(VirtualTimeline.class);

  private final Object lock = new Object();
  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(
          Comparator.comparingLong((Task t) -> t.due).thenComparingLong(t -> t.sequence));
  private long nanos;
  private long sequence;
  private Instant wallOrigin;

  public VirtualTimeline() {
    this(Instant.parse("2026-01-01T00:00:00Z"));
  }

  public VirtualTimeline(Instant wallClock) {
    this.wallOrigin = wallClock;
  }

  @Override
  public long nanoTime() {
    synchronized (lock) {
      return nanos;
    }
  }

  @Override
  public Instant now() {
    synchronized (lock) {
      return wallOrigin.plusNanos(nanos);
    }
  }

  @Override
  public Deferred after(Duration delay, Runnable task) {
    synchronized (lock) {
      var entry = new Task(nanos + SystemTimeline.nanos(delay), sequence++, task);
      tasks.add(entry);
      return () -> {
        synchronized (lock) {
          return tasks.remove(entry);
        }
      };
    }
  }

  /// Moves time on and runs every task that becomes due on the way, those included that the tasks
  /// themselves hand in.
  public void advance(Duration duration) {
    long target;
    synchronized (lock) {
      target = nanos + duration.toNanos();
    }
    while (true) {
      Task next;
      synchronized (lock) {
        next = tasks.peek();
        if (next == null || next.due > target) {
          nanos = Math.max(nanos, target);
          return;
        }
        tasks.remove(next);
        nanos = Math.max(nanos, next.due);
      }
      try {
        next.action.run();
      } catch (RuntimeException | Error e) {
        log.atError().setCause(e).log("deferred task failed");
      }
    }
  }

  /// Runs what is due now.
  public void runDue() {
    advance(Duration.ZERO);
  }

  /// Moves time on without running anything, as if the process had been stopped meanwhile. The
  /// tasks run at the next [#advance], late.
  public void freeze(Duration duration) {
    synchronized (lock) {
      nanos += duration.toNanos();
    }
  }

  /// Makes the wall clock jump; the monotonic clock does not notice.
  public void jumpWallClock(Duration by) {
    synchronized (lock) {
      wallOrigin = wallOrigin.plus(by);
    }
  }

  /// Tasks that wait for their time.
  public int pending() {
    synchronized (lock) {
      return tasks.size();
    }
  }

  /// Time until the next task, empty if there is none.
  public Optional<Duration> untilNext() {
    synchronized (lock) {
      return Optional.ofNullable(tasks.peek()).map(t -> Duration.ofNanos(t.due - nanos));
    }
  }

  private static final class Task {
    private final long due;
    private final long sequence;
    private final Runnable action;

    private Task(long due, long sequence, Runnable action) {
      this.due = due;
      this.sequence = sequence;
      this.action = action;
    }
  }
}
