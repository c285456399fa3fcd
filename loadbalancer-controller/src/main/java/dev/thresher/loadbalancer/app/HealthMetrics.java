package dev.thresher.loadbalancer.app;

import dev.thresher.loadbalancer.health.HealthObserver;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.Metrics.Sample;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/// Numbers of health checks, wherever they are made.
final class HealthMetrics implements HealthObserver {

  private final Metrics metrics;
  private final Counter probes;
  private final Histogram probeSeconds;
  private final Counter changes;

  HealthMetrics(Metrics metrics) {
    this.metrics = metrics;
    this.probes =
        metrics.counter(
            "thresher_health_probes_total",
            "Probes of back ends by what was asked and how it ended; inconclusive: the fault was on"
                + " this side.",
            "protocol",
            "result");
    this.probeSeconds =
        metrics.histogram(
            "thresher_health_probe_duration_seconds",
            "Time from the begin of a probe to its end, in seconds.",
            ControllerMetrics.BUCKETS,
            "protocol");
    this.changes =
        metrics.counter(
            "thresher_health_changes_total",
            "Changes of what is held of a back end, by what is held of it now.",
            "health");
  }

  @Override
  public void probed(String kind, String result, double seconds) {
    probes.labelValues(kind, result).inc();
    probeSeconds.labelValues(kind).observe(seconds);
  }

  @Override
  public void changed(Verdict.Health to) {
    changes.labelValues(word(to)).inc();
  }

  void observe(Supplier<Map<Verdict.Health, Long>> backends) {
    metrics.gauges(
        "thresher_health_backends",
        "Back ends that are checked, of the leader all, of a probe agent its own, by what is held"
            + " of them: up, down or unknown.",
        List.of("health"),
        () ->
            backends.get().entrySet().stream()
                .map(entry -> new Sample(entry.getValue(), List.of(word(entry.getKey()))))
                .toList());
  }

  private static String word(Verdict.Health health) {
    return health.name().toLowerCase(Locale.ROOT);
  }
}
