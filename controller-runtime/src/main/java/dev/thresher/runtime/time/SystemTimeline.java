package dev.thresher.runtime.time;

import dev.thresher.runtime.lifecycle.Component;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The timeline of a running program: the system clocks and one platform thread for all deferred
/// tasks.
///
/// Usable from its construction. After [#stop()] tasks are no longer taken: what is handed in then
/// never runs and cannot be cancelled.
///
/// `nanoTime` is `CLOCK_MONOTONIC`: it goes on while the process is stopped by a signal, but not
/// while the machine is suspended.
public final class SystemTimeline implements Timeline, Component {

  private static final Logger log = LoggerFactory.getLogger(SystemTimeline.class);

  /// A task that takes longer delays all others noticeably.
  private static final long SLOW_TASK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final ScheduledThreadPoolExecutor executor;

  public SystemTimeline() {
    executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("timeline").daemon(true).factory());
    // Without this a cancelled task would stay in memory until its time comes.
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public String name() {
    return "timeline";
  }

  @Override
  public void start() {
    executor.prestartCoreThread();
  }

  @Override
  public void stop() {
    executor.shutdownNow();
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Instant now() {
    return Instant.now();
  }

  @Override
  public Deferred after(Duration delay, Runnable task) {
    try {
      Future<?> future =
          executor.schedule(() -> runGuarded(task), nanos(delay), TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException _) {
      log.atDebug().log("deferred task dropped: the timeline has stopped");
      return () -> false;
    }
  }

  /// Nanoseconds of a delay: at least 0, at most 100 years, so that adding it to a clock reading
  /// never overflows.
  static long nanos(Duration delay) {
    if (delay.isNegative()) {
      return 0;
    }
    Duration longest = Duration.ofDays(36_500);
    return (delay.compareTo(longest) > 0 ? longest : delay).toNanos();
  }

  private static void runGuarded(Runnable task) {
    long start = System.nanoTime();
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      log.atError().setCause(e).log("deferred task failed");
    }
    long took = System.nanoTime() - start;
    if (took > SLOW_TASK_NANOS) {
      log.atWarn()
          .addKeyValue("milliseconds", TimeUnit.NANOSECONDS.toMillis(took))
          .log("deferred task held up the timeline");
    }
  }
}
