package dev.thresher.runtime.reconcile;

import dev.thresher.runtime.metrics.Metrics;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import java.util.Locale;

/// How reconciles end and how long they take, under the names of the Go controller-runtime, so that
/// its dashboards fit.
final class ReconcileMetrics {

  enum Outcome {
    SUCCESS,
    REQUEUE_AFTER,
    ERROR
  }

  private static final double[] BUCKETS = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
  };

  private final String controller;
  private final Counter total;
  private final Counter errors;
  private final DistributionDataPoint seconds;
  private final GaugeDataPoint active;

  ReconcileMetrics(Metrics metrics, String controller, int workers) {
    this.controller = controller;
    this.total =
        metrics.counter(
            "controller_runtime_reconcile_total",
            "Reconciles by their result.",
            "controller",
            "result");
    for (Outcome outcome : Outcome.values()) {
      total.initLabelValues(controller, label(outcome));
    }
    this.errors =
        metrics.counter(
            "controller_runtime_reconcile_errors_total", "Reconciles that failed.", "controller");
    errors.initLabelValues(controller);
    this.seconds =
        metrics
            .histogram(
                "controller_runtime_reconcile_time_seconds",
                "How long a reconcile took, in seconds.",
                BUCKETS,
                "controller")
            .labelValues(controller);
    this.active =
        metrics
            .gauge(
                "controller_runtime_active_workers",
                "Reconciles that run at this moment.",
                "controller")
            .labelValues(controller);
    metrics
        .gauge(
            "controller_runtime_max_concurrent_reconciles",
            "Reconciles that may run at the same time.",
            "controller")
        .labelValues(controller)
        .set(workers);
  }

  void begun() {
    active.inc();
  }

  void ended(Outcome outcome, long nanos) {
    active.dec();
    seconds.observe(nanos / 1e9);
    total.labelValues(controller, label(outcome)).inc();
    if (outcome == Outcome.ERROR) {
      errors.labelValues(controller).inc();
    }
  }

  private static String label(Outcome outcome) {
    return outcome.name().toLowerCase(Locale.ROOT);
  }
}
