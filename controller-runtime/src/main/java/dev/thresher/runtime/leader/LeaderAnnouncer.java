package dev.thresher.runtime.leader;

import dev.thresher.api.CoreTypes;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.metrics.Metrics;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import java.util.List;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells everybody about a change of leadership: log, metrics, Events, the program. Called with the
/// election's lock held, so that nothing of it runs on the calling thread that could block.
final class LeaderAnnouncer {

  private static final Logger log = LoggerFactory.getLogger(LeaderElection.class);

  private final LeaderElectionConfig config;
  private final LeaderCallbacks callbacks;
  private final EventRecorder events;
  private final Executor executor;
  private final GaugeDataPoint status;
  private final CounterDataPoint slowPaths;

  LeaderAnnouncer(
      LeaderElectionConfig config,
      LeaderCallbacks callbacks,
      Metrics metrics,
      EventRecorder events,
      Executor executor) {
    this.config = config;
    this.callbacks = callbacks;
    this.events = events;
    this.executor = executor;
    String lease = config.lease().name();
    this.status =
        metrics
            .gauge(
                "leader_election_master_status",
                "1 while this process holds the lease, else 0.",
                "name")
            .labelValues(lease);
    this.slowPaths =
        metrics
            .counter(
                "leader_election_slowpath_total",
                "Renewals for which the lease had to be read first.",
                "name")
            .labelValues(lease);
    status.set(0);
  }

  void started(LeaseDocument lease, List<Runnable> actions) {
    status.set(1);
    log.atInfo()
        .addKeyValue("lease", config.lease())
        .addKeyValue("identity", config.identity())
        .addKeyValue("transitions", lease.transitions())
        .log("became leader");
    event(lease, "became leader");
    executor.execute(() -> {
      for (Runnable action : actions) {
        guarded(action);
      }
      guarded(callbacks::onStartedLeading);
    });
  }

  void lost(LeaseDocument lease, String reason) {
    status.set(0);
    log.atError()
        .addKeyValue("lease", config.lease())
        .addKeyValue("identity", config.identity())
        .addKeyValue("reason", reason)
        .log("leadership lost");
    event(lease, "stopped leading");
    executor.execute(() -> guarded(() -> callbacks.onStoppedLeading(reason)));
  }

  void released(LeaseDocument lease) {
    status.set(0);
    event(lease, "stopped leading");
  }

  void newLeader(String identity) {
    if (!identity.equals(config.identity())) {
      log.atInfo()
          .addKeyValue("lease", config.lease())
          .addKeyValue("leader", identity)
          .log("another process leads");
    }
    executor.execute(() -> guarded(() -> callbacks.onNewLeader(identity)));
  }

  void slowPath() {
    slowPaths.inc();
  }

  private void event(LeaseDocument lease, String what) {
    var metadata =
        new V1ObjectMeta()
            .namespace(config.lease().namespace())
            .name(config.lease().name())
            .resourceVersion(lease.resourceVersion());
    lease.uid().ifPresent(metadata::setUid);
    events.normal(
        new V1Lease()
            .apiVersion(CoreTypes.LEASE.apiVersion())
            .kind(CoreTypes.LEASE.kind())
            .metadata(metadata),
        "LeaderElection",
        config.identity() + " " + what);
  }

  private static void guarded(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      log.atError().setCause(e).log("leadership callback failed");
    }
  }
}
