package dev.thresher.runtime.leader;

/// The right to write, for as long as it lasts. Thread-safe.
public interface Leadership {

  /// True while the lease is surely ours: its renewal was sent less than the renew deadline ago.
  boolean held();

  /// Leadership of a program that runs without election.
  static Leadership always() {
    return () -> true;
  }
}
