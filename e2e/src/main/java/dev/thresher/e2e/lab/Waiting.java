package dev.thresher.e2e.lab;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Waiting for a condition, with a deadline.
final class Waiting {
  private static final Duration STEP = Duration.ofMillis(20);

  private Waiting() {}

  /// @param what names the condition in the error
  /// @throws LabException when `patience` is over
  static void until(String what, Duration patience, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new LabException("waited " + patience + " in vain for " + what);
      }
      if (Thread.interrupted()) {
        Thread.currentThread().interrupt();
        throw new LabException("interrupted while waiting for " + what);
      }
      LockSupport.parkNanos(STEP.toNanos());
    }
  }
}
