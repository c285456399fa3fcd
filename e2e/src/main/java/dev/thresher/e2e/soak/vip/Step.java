package dev.thresher.e2e.soak.vip;

import java.time.Duration;

/// One mishap of a run.
///
/// @param victim whom it befalls, if it befalls a node
/// @param lasts from the mishap to its mending
record Step(Mishap mishap, Victim victim, Duration lasts) {

  /// Which node.
  sealed interface Victim {
    /// The one that holds the addresses of a Service then.
    ///
    /// @param service from 0
    record HolderOf(int service) implements Victim {}

    /// @param number from 0
    record Node(int number) implements Victim {}
  }
}
