package dev.thresher.ccm.controllers.service;

import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.DeleteResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import dev.thresher.ccm.controllers.service.Remembered.Phase;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes the balancer of a Service away and then, and only then, the finalizer.
final class ServiceCleanup {

  private static final Logger log = LoggerFactory.getLogger(ServiceCleanup.class);

  /// The provider reports the end of a deletion. This is for a report that never comes.
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

  private final String cluster;
  private final LoadBalancers balancers;
  private final ServiceWrites writes;
  private final ServiceEvents events;
  private final ServiceConditions conditions;
  private final Map<ObjectKey, Remembered> memory;

  ServiceCleanup(
      String cluster,
      LoadBalancers balancers,
      ServiceWrites writes,
      ServiceEvents events,
      ServiceConditions conditions,
      Map<ObjectKey, Remembered> memory) {
    this.cluster = cluster;
    this.balancers = balancers;
    this.writes = writes;
    this.events = events;
    this.conditions = conditions;
    this.memory = memory;
  }

  /// The Service exists, and is to have no balancer any more.
  Result delete(ObjectKey key, V1Service service) {
    return switch (balancers.delete(cluster, service)) {
      case DeleteResult.Gone(ServiceMarks marks) -> {
        V1Service current = service;
        if (service.getMetadata().getDeletionTimestamp() == null) {
          // What others read there would be taken for true if the type changed back.
          current = writes.mark(service, marks).orElse(service);
          current = writes.status(current, List.of()).orElse(current);
          current = conditions.tell(current, new Readiness.Unsaid()).orElse(current);
        }
        writes.removeFinalizer(current);
        memory.remove(key);
        events.deleted(service);
        log.atInfo().addKeyValue("service", key).log("load balancer deleted");
        yield Result.done();
      }
      case DeleteResult.Deleting(String waitingFor) -> {
        going(key, service, waitingFor, List.of());
        yield Result.after(LOOK_AGAIN);
      }
      case DeleteResult.Blocked(String reason, String message) -> {
        Notice notice = new Notice(reason, message);
        Remembered before = memory.get(key);
        going(key, service, message, List.of(notice));
        if (before == null || !before.said().contains(notice)) {
          events.notice(service, reason, message);
          log.atWarn()
              .addKeyValue("service", key)
              .addKeyValue("reason", reason)
              .addKeyValue("message", message)
              .log("load balancer cannot be deleted yet");
        }
        var _ = conditions.tell(service, new Readiness.Bad(reason, message));
        yield Result.after(LOOK_AGAIN);
      }
      case DeleteResult.RetryAfter(Duration delay, String why) -> {
        going(key, service, why, List.of());
        yield Result.after(delay);
      }
    };
  }

  /// The Service is gone, or another one has its name: it had no finalizer in the end.
  ///
  /// @return empty when nothing of it is left
  Optional<Result> vanished(ObjectKey key, V1Service last) {
    return switch (balancers.delete(cluster, last)) {
      case DeleteResult.Gone _ -> {
        memory.remove(key);
        log.atInfo()
            .addKeyValue("service", key)
            .addKeyValue("uid", last.getMetadata().getUid())
            .log("load balancer of a service that vanished deleted");
        yield Optional.empty();
      }
      case DeleteResult.Deleting _, DeleteResult.Blocked _ -> Optional.of(Result.after(LOOK_AGAIN));
      case DeleteResult.RetryAfter(Duration delay, _) -> Optional.of(Result.after(delay));
    };
  }

  private void going(ObjectKey key, V1Service service, String waitingFor, List<Notice> said) {
    Remembered before = memory.get(key);
    if (before == null || before.phase() != Phase.DELETING) {
      events.deleting(service);
      log.atInfo()
          .addKeyValue("service", key)
          .addKeyValue("waitingFor", waitingFor)
          .log("load balancer is being deleted");
    }
    memory.put(key, new Remembered(service, "", Phase.DELETING, said));
  }
}
