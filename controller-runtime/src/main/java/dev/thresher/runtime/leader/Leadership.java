package dev.thresher.runtime.leader;

/// The right to write, for as long as it lasts. Thread-safe.
public interface Leadership {

  /// True while the lease is surely ours: its renewal was sent less than the renew deadline ago.
  boolean held();

  /// Runs an action once, when leadership begins: at once if it has begun. Must not block.
  ///
  /// Leadership that cannot begin later is taken as begun.
  default void onceStarted(Runnable action) {
    action.run();
  }

  /// Leadership of a program that runs without election.
  static Leadership always() {
    return () -> true;
  }
}
