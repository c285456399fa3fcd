package dev.thresher.runtime.queue;

/// Which work goes first.
public enum Priority {
  /// Something changed.
  NEW,
  /// Nothing is known to have changed: start-up and periodic looks.
  RESYNC
}
