package dev.thresher.loadbalancer.app;

import dev.thresher.loadbalancer.health.HealthObserver;
import dev.thresher.loadbalancer.ipam.PoolProjection;
import dev.thresher.loadbalancer.reconcile.LoadBalancerControl;
import dev.thresher.loadbalancer.reconcile.LoadBalancerControl.Share;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.Metrics.Sample;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/// The program's own numbers.
final class ControllerMetrics {

  /// 1 ms to 65 s.
  static final double[] BUCKETS = Metrics.exponential(0.001, 2, 17);

  private final Metrics metrics;
  private final Histogram allocation;
  private final HealthMetrics health;

  ControllerMetrics(Metrics metrics) {
    this.metrics = metrics;
    this.allocation =
        metrics.histogram(
            "thresher_allocation_duration_seconds",
            "Time from when a load balancer was first seen without all its addresses until it had"
                + " them, in seconds.",
            BUCKETS);
    this.health = new HealthMetrics(metrics);
  }

  /// Hears of probes.
  HealthObserver health() {
    return health;
  }

  void allocated(double seconds) {
    allocation.observe(seconds);
  }

  /// @param leads whether this process gives addresses: the claims in use are known to all
  ///   replicas, and said by one, so that sums over replicas are right
  void observe(LoadBalancerControl control, BooleanSupplier leads) {
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
        () -> leads.getAsBoolean() ? control.claimsByShare() : Map.of());
    health.observe(control::checkedBackends);
    metrics.gauges(
        "thresher_probe_agents",
        "Nodes that have a probe agent, by whether it reports: reporting or silent.",
        List.of("state"),
        () ->
            control.probeAgents().entrySet().stream()
                .map(entry -> new Sample(entry.getValue(), List.of(entry.getKey())))
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
    pools(
        control,
        "thresher_pool_addresses_truncated",
        "Addresses in use that the pool's status leaves out because it would be too large; going back"
            + " to Harvester's controller would give them twice.",
        PoolProjection::truncated);
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
            (leads.getAsBoolean() ? control.claimsInUse() : Map.<String, Long>of())
                .entrySet().stream()
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
