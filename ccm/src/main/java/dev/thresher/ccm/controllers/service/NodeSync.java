package dev.thresher.ccm.controllers.service;

import dev.thresher.api.ObjectKey;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Measures how long it takes until every Service has heard of another set of nodes. Thread-safe.
final class NodeSync {

  private final LongSupplier clock;
  private final Consumer<Duration> measured;

  private final Object lock = new Object();
  private final Set<ObjectKey> waiting = new HashSet<>();
  private long began;

  /// @param clock monotonic nanoseconds
  NodeSync(LongSupplier clock, Consumer<Duration> measured) {
    this.clock = clock;
    this.measured = measured;
  }

  /// These Services are to hear of it. One that is still waiting from the last time waits on, and
  /// the time counts from the first of the two.
  void begin(Set<ObjectKey> services) {
    synchronized (lock) {
      if (waiting.isEmpty()) {
        began = clock.getAsLong();
      }
      waiting.addAll(services);
    }
  }

  /// This one was looked at, whatever came of it.
  void looked(ObjectKey service) {
    long took;
    synchronized (lock) {
      if (!waiting.remove(service) || !waiting.isEmpty()) {
        return;
      }
      took = clock.getAsLong() - began;
    }
    measured.accept(Duration.ofNanos(took));
  }
}
