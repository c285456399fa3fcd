package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.ccm.harvester.loadbalancer.Strays.Kind;
import dev.thresher.runtime.metrics.Metrics;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import java.util.List;

/// The numbers of the search for objects that no Service stands for.
public final class StrayMetrics {

  private final Gauge strays;
  private final Gauge foreign;
  private final Counter reclaimed;

  public StrayMetrics(Metrics metrics) {
    this.strays =
        metrics.gauge(
            "thresher_orphaned_load_balancers",
            "LoadBalancers of this guest on the host that no Service stands for.",
            "kind");
    this.foreign =
        metrics.gauge(
            "thresher_foreign_load_balancers",
            "LoadBalancers on the host that another guest made under this guest's name.");
    this.reclaimed =
        metrics.counter(
            "thresher_reclaimed_load_balancers_total",
            "LoadBalancers without a Service that were deleted on the host.",
            "kind");
    for (Kind kind : Kind.values()) {
      strays.labelValues(kind.text()).set(0);
      reclaimed.labelValues(kind.text());
    }
  }

  void found(Strays found) {
    for (Kind kind : Kind.values()) {
      strays
          .labelValues(kind.text())
          .set((double) found.strays().stream().filter(stray -> stray.kind() == kind).count());
    }
    foreign.set(found.foreign().values().stream().mapToInt(List::size).sum());
  }

  void reclaimed(Kind kind) {
    reclaimed.labelValues(kind.text()).inc();
  }
}
