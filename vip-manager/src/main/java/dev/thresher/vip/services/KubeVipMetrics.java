package dev.thresher.vip.services;

import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.metrics.Metrics;
import io.kubernetes.client.openapi.models.V1Service;
import io.prometheus.metrics.core.metrics.Counter;
import java.util.function.Supplier;

/// Numbers under kube-vip's names, for dashboards that exist.
public final class KubeVipMetrics {

  private KubeVipMetrics() {}

  public static void addTo(
      Metrics metrics,
      Informer<V1Service> services,
      Supplier<Desired> desired,
      Supplier<Keeping> keeping) {
    metrics.gauge(
        "kube_vip_active_services",
        "Services that this node answers for.",
        () -> active(desired.get(), keeping.get()));
    Counter events =
        metrics.counter(
            "kube_vip_manager_all_services_events_total", "Changes of Services by kind.", "type");
    services.onChange(change ->
        events
            .labelValues(
                switch (change) {
                  case Change.Added<V1Service> _ -> "ADDED";
                  case Change.Updated<V1Service> _ -> "MODIFIED";
                  case Change.Deleted<V1Service> _ -> "DELETED";
                })
            .inc());
  }

  private static double active(Desired desired, Keeping keeping) {
    return desired.byService().values().stream()
        .filter(addresses -> addresses.stream().anyMatch(keeping::answers))
        .count();
  }
}
