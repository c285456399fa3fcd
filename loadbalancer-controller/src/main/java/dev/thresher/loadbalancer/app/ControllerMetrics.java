package dev.thresher.loadbalancer.app;

import dev.thresher.loadbalancer.ipam.PoolProjection;
import dev.thresher.loadbalancer.reconcile.LoadBalancerControl;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.Metrics.Sample;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/// The program's own numbers.
final class ControllerMetrics {

  /// 1 ms to 65 s.
  private static final double[] BUCKETS = Metrics.exponential(0.001, 2, 17);

  private final Metrics metrics;
  private final Histogram allocation;

  ControllerMetrics(Metrics metrics) {
    this.metrics = metrics;
    this.allocation =
        metrics.histogram(
            "thresher_allocation_duration_seconds",
            "Time from when a load balancer was first seen without all its addresses until it had"
                + " them, in seconds.",
            BUCKETS);
  }

  void allocated(double seconds) {
    allocation.observe(seconds);
  }

  void observe(LoadBalancerControl control) {
    metrics.gauge(
        "thresher_loadbalancers_pending",
        "Load balancers that wait for an address.",
        control::pending);
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
        "thresher_pool_addresses_used",
        "Addresses of the pool that are claimed and in use.",
        List.of("pool"),
        () ->
            control.claimsInUse().entrySet().stream()
                .map(entry -> new Sample(entry.getValue(), List.of(entry.getKey())))
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
