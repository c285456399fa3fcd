package dev.thresher.runtime.reconcile;

import java.time.Duration;

/// How a reconcile ended.
public sealed interface Result {

  /// Nothing left to do until something changes. Forgets earlier failures.
  record Done() implements Result {}

  /// Look again after this time, if nothing changes before. Forgets earlier failures.
  record After(Duration delay) implements Result {
    public After {
      if (delay.isNegative()) {
        throw new IllegalArgumentException("delay must not be negative, got " + delay);
      }
    }
  }

  /// Did not work; look again after a growing delay.
  ///
  /// @param message what was wanted and what went wrong, for the log
  record Failed(String message) implements Result {}

  static Result done() {
    return new Done();
  }

  static Result after(Duration delay) {
    return new After(delay);
  }

  static Result failed(String message) {
    return new Failed(message);
  }
}
