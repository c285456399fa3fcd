package dev.thresher.ccm.controllers.service;

import dev.thresher.runtime.metrics.Metrics;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.time.Duration;

/// The service controller's numbers, under upstream's names. Like there, they are about changes of
/// the set of nodes.
public final class ServiceMetrics {

  private static final double[] BUCKETS = Metrics.exponential(1, 2, 15);

  private final Counter updates;
  private final Counter errors;
  private final Histogram update;
  private final Histogram sync;

  public ServiceMetrics(Metrics metrics) {
    this.updates =
        metrics.counter(
            "service_controller_loadbalancer_sync_total",
            "Load balancers brought in line with a changed set of nodes.");
    this.errors =
        metrics.counter(
            "service_controller_nodesync_error_total",
            "Load balancers that could not be brought in line with a changed set of nodes.");
    this.update =
        metrics.histogram(
            "service_controller_update_loadbalancer_host_latency_seconds",
            "Seconds until one load balancer was in line with a changed set of nodes.",
            BUCKETS);
    this.sync =
        metrics.histogram(
            "service_controller_nodesync_latency_seconds",
            "Seconds until all load balancers were in line with a changed set of nodes.",
            BUCKETS);
  }

  void updated(Duration took) {
    updates.inc();
    update.observe(took.toNanos() / 1e9);
  }

  void updateFailed(Duration took) {
    updated(took);
    errors.inc();
  }

  void nodeSync(Duration took) {
    sync.observe(took.toNanos() / 1e9);
  }
}
