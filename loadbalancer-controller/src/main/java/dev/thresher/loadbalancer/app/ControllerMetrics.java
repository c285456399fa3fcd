package dev.thresher.loadbalancer.app;

import dev.thresher.loadbalancer.health.HealthObserver;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.loadbalancer.ipam.PoolProjection;
import dev.thresher.loadbalancer.reconcile.LoadBalancerControl;
import dev.thresher.loadbalancer.reconcile.LoadBalancerControl.Share;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.Metrics.Sample;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/// The program's own numbers.
final class ControllerMetrics implements HealthObserver {

  /// 1 ms to 65 s.
  private static final double[] BUCKETS = Metrics.exponential(0.001, 2, 17);

  private final Metrics metrics;
  private final Histogram allocation;
  private final Counter probes;
  private final Histogram probeSeconds;
  private final Counter changes;

  ControllerMetrics(Metrics metrics) {
    this.metrics = metrics;
    this.allocation =
        metrics.histogram(
            "thresher_allocation_duration_seconds",
            "Time from when a load balancer was first seen without all its addresses until it had"
                + " them, in seconds.",
            BUCKETS);
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
            BUCKETS,
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

  private static String word(Verdict.Health health) {
    return health.name().toLowerCase(Locale.ROOT);
  }

  void allocated(double seconds) {
    allocation.observe(seconds);
  }

  void observe(LoadBalancerControl control) {
    metrics.gauge(
        "thresher_loadbalancers_pending",
        "Load balancers that wait for an address.",
        control::pending);
    shares(
        "thresher_pool_namespace_pending",
        "Load balancers of a namespace that wait for an address, by the pool that they name; pool is"
            + " empty for those that name none.",
        control::pendingByShare);
    shares(
        "thresher_pool_namespace_addresses_used",
        "Addresses of the pool that are claimed and in use, by namespace.",
        control::claimsByShare);
    metrics.gauges(
        "thresher_health_backends",
        "Back ends that are checked, by what is held of them: up, down or unknown.",
        List.of("health"),
        () ->
            control.checkedBackends().entrySet().stream()
                .map(entry -> new Sample(entry.getValue(), List.of(word(entry.getKey()))))
                .toList());
    pools(
        control,
        "thresher_pool_addresses",
        "Addresses that the pool may give away; at most 2^63-1.",
        PoolProjection::total);
    pools(
        control,
        "thresher_pool_addresses_available",
        "Addresses of the pool that nobody has; at most 2^63-1.",
        PoolProjection::available);
    pools(
        control,
        "thresher_pool_addresses_unclaimed",
        "Addresses that the pool's status gives to somebody who has no claim: given to nobody until"
            + " that is resolved.",
        projection -> projection.unclaimed().size());
    metrics.gauges(
        "thresher_pool_addresses_conflicting",
        "Addresses that the status of a load balancer names though another one has them; nothing is"
            + " freed until that is resolved.",
        List.of("pool"),
        () ->
            control.conflicts().entrySet().stream()
                .map(entry -> new Sample(entry.getValue(), List.of(entry.getKey())))
                .toList());
    metrics.gauges(
        "thresher_pool_addresses_used",
        "Addresses of the pool that are claimed and in use.",
        List.of("pool"),
        () ->
            control.claimsInUse().entrySet().stream()
                .map(entry -> new Sample(entry.getValue(), List.of(entry.getKey())))
                .toList());
  }

  private void shares(String name, String help, Supplier<Map<Share, Long>> counts) {
    metrics.gauges(
        name,
        help,
        List.of("pool", "namespace"),
        () ->
            counts.get().entrySet().stream()
                .map(entry ->
                    new Sample(
                        entry.getValue(),
                        List.of(entry.getKey().pool(), entry.getKey().namespace())))
                .toList());
  }

  private void pools(
      LoadBalancerControl control,
      String name,
      String help,
      ToDoubleFunction<PoolProjection> value) {
    metrics.gauges(
        name,
        help,
        List.of("pool"),
        () ->
            control.pools().entrySet().stream()
                .map((Map.Entry<String, PoolProjection> entry) ->
                    new Sample(value.applyAsDouble(entry.getValue()), List.of(entry.getKey())))
                .toList());
  }
}
