package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.ccm.harvester.loadbalancer.Balancer.Step;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// How long the next step of others has been waited for, by UID of a Service. Thread-safe.
final class Patience {

  private final Timeline timeline;
  private final Map<String, Wait> waits = new ConcurrentHashMap<>();

  private record Wait(Step step, long since) {}

  Patience(Timeline timeline) {
    this.timeline = timeline;
  }

  /// Time since this was first called with this step; zero at the first call, and if there is none.
  Duration waited(String uid, Optional<Step> step) {
    if (step.isEmpty()) {
      end(uid);
      return Duration.ZERO;
    }
    long now = timeline.nanoTime();
    Wait begun = new Wait(step.get(), now);
    Wait wait =
        waits.merge(uid, begun, (before, next) -> before.step() == next.step() ? before : next);
    return Duration.ofNanos(now - wait.since());
  }

  void end(String uid) {
    waits.remove(uid);
  }
}
