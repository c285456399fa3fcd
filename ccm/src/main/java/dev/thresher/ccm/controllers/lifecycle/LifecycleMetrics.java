package dev.thresher.ccm.controllers.lifecycle;

import dev.thresher.runtime.metrics.Metrics;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import java.time.Duration;

/// The lifecycle controller's numbers: upstream's, and ours of what was deleted and what was not.
final class LifecycleMetrics {

  private final Histogram passes;
  private final Counter deletions;
  private final Gauge held;

  LifecycleMetrics(Metrics metrics) {
    this.passes =
        metrics.histogram(
            "cloud_node_lifecycle_controller_monitor_nodes_duration_seconds",
            "Seconds of one pass over all nodes.",
            Metrics.exponential(0.001, 2, 15));
    this.deletions =
        metrics.counter(
            "thresher_node_deletions_total",
            "Nodes whose machine is gone: deleted, or failed to be.",
            "outcome");
    this.held =
        metrics.gauge(
            "thresher_node_deletions_held",
            "Nodes without machine that are kept because too many would go at once.");
    deletions.initLabelValues("deleted");
    deletions.initLabelValues("failed");
    held.set(0);
  }

  void pass(Duration took) {
    passes.observe(took.toNanos() / 1e9);
  }

  void deleted() {
    deletions.labelValues("deleted").inc();
  }

  void deletionFailed() {
    deletions.labelValues("failed").inc();
  }

  void held(int nodes) {
    held.set(nodes);
  }
}
