package dev.thresher.e2e.lab;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// Waiting for a condition of the lab, looking every few milliseconds, with a deadline. A look that
/// costs much is repeated less often, so that watching does not slow down what is watched.
public final class Await {

  /// A deadline that a loaded machine can meet.
  public static final Duration PATIENCE = Duration.ofMinutes(1);

  private static final Duration STEP = Duration.ofMillis(5);

  /// Between two looks lies this multiple of the time that one took.
  private static final int REST = 3;

  private Await() {}

  /// @param what names the condition in the error
  /// @throws LabException when `atMost` is over
  public static void until(String what, Duration atMost, BooleanSupplier condition) {
    value(what, atMost, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty());
  }

  /// Lets time pass, where time is what is measured or what a fault lasts.
  public static void pass(Duration time) {
    pass(time, () -> {});
  }

  /// Lets time pass, and looks on.
  public static void pass(Duration time, Runnable look) {
    long began = System.nanoTime();
    until(
        time + " to pass",
        time.plus(PATIENCE),
        () -> {
          look.run();
          return System.nanoTime() - began >= time.toNanos();
        });
  }

  /// The first value that `look` gives.
  ///
  /// @throws LabException when `atMost` is over
  public static <T> T value(String what, Duration atMost, Supplier<Optional<T>> look) {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (true) {
      long began = System.nanoTime();
      Optional<T> found = look.get();
      if (found.isPresent()) {
        return found.get();
      }
      if (System.nanoTime() - deadline >= 0) {
        throw new LabException("waited " + atMost.toMillis() + " ms in vain for " + what);
      }
      step(what, System.nanoTime() - began);
    }
  }

  /// Repeats `look` until `good` holds for what it returned; what it throws counts as not good.
  ///
  /// @throws LabException after [#PATIENCE], with what was seen last
  public static <T> T await(String what, Callable<T> look, Predicate<? super T> good) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      String last;
      Exception problem = null;
      long began = System.nanoTime();
      try {
        T seen = look.call();
        if (good.test(seen)) {
          return seen;
        }
        last = String.valueOf(seen);
      } catch (Exception e) {
        last = e.toString();
        problem = e;
      }
      if (System.nanoTime() - deadline >= 0) {
        String message = "waited " + PATIENCE + " in vain for " + what + ", last seen: " + last;
        throw problem == null ? new LabException(message) : new LabException(message, problem);
      }
      step(what, System.nanoTime() - began);
    }
  }

  /// As [#await(String, Callable, Predicate)] for a condition.
  public static void await(String what, Callable<Boolean> condition) {
    await(what, condition, Boolean::booleanValue);
  }

  private static void step(String what, long lookNanos) {
    if (Thread.currentThread().isInterrupted()) {
      throw new LabException("interrupted while waiting for " + what);
    }
    LockSupport.parkNanos(Math.max(STEP.toNanos(), REST * lookNanos));
  }
}
