package dev.thresher.e2e.cloud;

import dev.thresher.e2e.lab.LabException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Waiting for a condition of the lab, looking every few milliseconds, with a deadline.
public final class Await {

  private static final Duration STEP = Duration.ofMillis(5);

  private Await() {}

  /// @param what names the condition in the error
  /// @throws LabException when `atMost` is over
  public static void until(String what, Duration atMost, BooleanSupplier condition) {
    value(what, atMost, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty());
  }

  /// The first value that `look` gives.
  ///
  /// @throws LabException when `atMost` is over
  public static <T> T value(String what, Duration atMost, Supplier<Optional<T>> look) {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (true) {
      Optional<T> found = look.get();
      if (found.isPresent()) {
        return found.get();
      }
      if (System.nanoTime() - deadline >= 0) {
        throw new LabException("waited " + atMost.toMillis() + " ms in vain for " + what);
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new LabException("interrupted while waiting for " + what);
      }
      LockSupport.parkNanos(STEP.toNanos());
    }
  }
}
