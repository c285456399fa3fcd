package dev.thresher.e2e.lab;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/// Awaiting a condition with a deadline that a loaded machine can meet.
public final class Await {
  public static final Duration PATIENCE = Duration.ofMinutes(1);

  private Await() {}

  /// Repeats `look` until `good` holds for what it returned; what it throws counts as not good.
  ///
  /// @throws AssertionError after [#PATIENCE], with what was seen last
  public static <T> T await(
      String what, Callable<T> look, java.util.function.Predicate<? super T> good) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    String last = "nothing";
    Exception problem = null;
    while (System.nanoTime() - deadline < 0) {
      try {
        T seen = look.call();
        if (good.test(seen)) {
          return seen;
        }
        last = String.valueOf(seen);
        problem = null;
      } catch (Exception e) {
        last = e.toString();
        problem = e;
      }
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
    throw new AssertionError(
        "waited " + PATIENCE + " for " + what + ", last seen: " + last, problem);
  }

  public static void await(String what, Callable<Boolean> condition) {
    await(what, condition, Boolean::booleanValue);
  }
}
