package dev.thresher.vip.services;

import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.cli.BuildInfo;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.openapi.models.V1Service;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/// Numbers under kube-vip's names, for dashboards that exist.
public final class KubeVipMetrics {

  /// One metric of kube-vip.
  ///
  /// @param labels comma separated
  /// @param effect for people, in markdown: what it is here, or why it is not there
  public record Row(String name, String labels, String effect) {}

  private static final String ACTIVE = "kube_vip_active_services";
  private static final String EVENTS = "kube_vip_manager_all_services_events";
  private static final String BUILD = "kube_vip_build_info";
  private static final String ERRORS = "kube_vip_service_reconcile_errors_total";
  private static final String DURATION = "kube_vip_service_reconcile_duration_seconds";

  private static final String NO_LOOPS =
      "not there: no loop runs for a Service's election, one thread decides for all addresses";

  /// As client_golang has them where a program names none.
  private static final double[] BUCKETS = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

  private KubeVipMetrics() {}

  /// All of kube-vip's, for the reference page.
  public static List<Row> all() {
    return List.of(
        new Row(ACTIVE, "namespace", "Services that this node answers for"),
        new Row(EVENTS, "type", "changes of Services by kind; a counter that says it is a gauge"),
        new Row(BUILD, "version,build,node", "1, with version and commit of this program"),
        new Row(
            ERRORS,
            "namespace,name,reason",
            "how often the status of a Service could not be written; the reason is `status`"),
        new Row(DURATION, "namespace", "how long looking at the status of a Service took"),
        new Row(
            "kube_vip_is_leader",
            "node,lease_name",
            "with profile `compatible`; otherwise there is no Lease that has a leader, see"
                + " `thresher_vip_answering`"),
        new Row(
            "kube_vip_leader_election_transitions_total",
            "lease_name",
            "with profile `compatible`, as above"),
        new Row("kube_vip_service_election_loops", "namespace,name", NO_LOOPS),
        new Row("kube_vip_service_election_attempts_total", "namespace,name", NO_LOOPS),
        new Row("kube_vip_service_election_errors_total", "namespace,name,reason", NO_LOOPS),
        new Row("kube_vip_manager_bgp_session_info", "state,peer", "not there: BGP is refused"));
  }

  public static void addTo(
      Metrics metrics,
      String node,
      Informer<V1Service> services,
      Supplier<Desired> desired,
      Supplier<Keeping> keeping) {
    BuildInfo build = BuildInfo.load();
    metrics.gauges(
        BUILD,
        "1, with what was built.",
        List.of("version", "build", "node"),
        () -> List.of(new Metrics.Sample(1, List.of(build.version(), build.commit(), node))));
    metrics.gauges(
        ACTIVE,
        "Services that this node answers for.",
        List.of("namespace"),
        () ->
            active(desired.get(), keeping.get()).entrySet().stream()
                .map(entry -> new Metrics.Sample(entry.getValue(), List.of(entry.getKey())))
                .toList());
    // Counters get a `_total` that kube-vip's name does not have.
    Gauge events = metrics.gauge(EVENTS, "Changes of Services by kind.", "type");
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

  /// The same, measured.
  public static Reconciler<ObjectKey> measured(Reconciler<ObjectKey> status, Metrics metrics) {
    Counter errors =
        metrics.counter(
            ERRORS,
            "How often the status of a Service could not be written.",
            "namespace",
            "name",
            "reason");
    Histogram duration =
        metrics.histogram(
            DURATION, "How long looking at the status of a Service took.", BUCKETS, "namespace");
    return key -> {
      long begin = System.nanoTime();
      boolean done = false;
      try {
        Result result = status.reconcile(key);
        done = !(result instanceof Result.Failed);
        return result;
      } finally {
        duration.labelValues(key.namespace()).observe((System.nanoTime() - begin) / 1e9);
        if (!done) {
          errors.labelValues(key.namespace(), key.name(), "status").inc();
        }
      }
    };
  }

  private static Map<String, Integer> active(Desired desired, Keeping keeping) {
    Map<String, Integer> active = new TreeMap<>();
    desired
        .byService()
        .forEach((key, addresses) -> {
          if (addresses.stream().anyMatch(keeping::answers)) {
            active.merge(key.namespace(), 1, Integer::sum);
          }
        });
    return active;
  }
}
