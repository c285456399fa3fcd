package dev.thresher.vip.election;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.vip.l2.Claim;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// Numbers about the right. Confined to the right's thread, but for reading.
final class RightMetrics {

  private static final long TAKE_OVER_WINDOW = 60_000_000_000L;

  private final Counter requests;
  private final Counter grants;
  private final Counter revocations;
  private final Histogram takeOver;
  private final Map<String, Long> deathHeardAt = new HashMap<>();
  private volatile int held;
  private volatile boolean session;
  private volatile int left;

  RightMetrics(Metrics metrics) {
    requests =
        metrics.counter(
            "thresher_vip_lease_requests_total",
            "Requests for the Leases that carry the right, by operation and result.",
            "operation",
            "result");
    grants =
        metrics.counter(
            "thresher_vip_grants_total", "Addresses granted to this node, by claim.", "claim");
    revocations =
        metrics.counter(
            "thresher_vip_revocations_total",
            "Addresses revoked from this node, by reason.",
            "reason");
    takeOver =
        metrics.histogram(
            "thresher_vip_take_over_seconds",
            "Time from hearing of a peer's death to the right to its addresses.",
            Metrics.exponential(0.001, 2, 16));
    metrics.gauge(
        "thresher_vip_held_addresses",
        "Addresses that this node has the right to hold.",
        () -> held);
    metrics.gauge(
        "thresher_vip_session",
        "1 while this node's own Lease gives it a right.",
        () -> session ? 1 : 0);
    metrics.gauge(
        "thresher_vip_unrecorded_addresses",
        "Addresses that this node should hold and for which the record of holders has no room.",
        () -> left);
  }

  void request(String operation, String result) {
    requests.labelValues(operation, result).inc();
  }

  void heardOfDeath(String node, long now) {
    deathHeardAt.put(node, now);
  }

  void granted(Map<InetAddress, Claim> addresses, long now) {
    addresses
        .values()
        .forEach(claim -> grants.labelValues(claim.name().toLowerCase(Locale.ROOT)).inc());
    boolean tookOver = addresses.containsValue(Claim.TAKE_OVER);
    deathHeardAt.values().removeIf(at -> now - at > TAKE_OVER_WINDOW);
    if (tookOver && !deathHeardAt.isEmpty()) {
      long latest = deathHeardAt.values().stream().max(Long::compare).orElseThrow();
      takeOver.observe((now - latest) / 1e9);
      deathHeardAt.clear();
    }
  }

  void revoked(int addresses, String reason) {
    revocations.labelValues(reason).inc(addresses);
  }

  void state(int held, boolean session, int left) {
    this.held = held;
    this.session = session;
    this.left = left;
  }
}
