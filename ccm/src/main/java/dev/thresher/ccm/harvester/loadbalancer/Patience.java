package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.ccm.harvester.loadbalancer.Balancer.Step;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// How long the next step of others has been waited for, by Service. Thread-safe.
final class Patience {

  private final Timeline timeline;
  private final Map<String, Wait> waits = new ConcurrentHashMap<>();

  private record Wait(Step step, long since) {}

  Patience(Timeline timeline) {
    this.timeline = timeline;
  }

  /// Time since this was first called with this step; zero at the first call, and if there is none.
  ///
  /// A Service whose owner reads already that nobody holds its address has waited long enough: a
  /// new process need not wait again before it says the same.
  Duration waited(V1Service service, Optional<Step> step) {
    if (step.isEmpty()) {
      end(service);
      return Duration.ZERO;
    }
    long now = timeline.nanoTime();
    Wait begun = new Wait(step.get(), now);
    Wait wait =
        waits.merge(
            uid(service), begun, (before, next) -> before.step() == next.step() ? before : next);
    return GuestPlacement.wasToldUnheld(service)
        ? Verdict.ANSWER_PATIENCE
        : Duration.ofNanos(now - wait.since());
  }

  void end(V1Service service) {
    waits.remove(uid(service));
  }

  private static String uid(V1Service service) {
    return Objects.requireNonNull(service.getMetadata().getUid());
  }
}
