package dev.thresher.vip.majority;

import dev.thresher.runtime.metrics.Metrics;
import io.prometheus.metrics.core.metrics.Counter;
import java.util.HashMap;
import java.util.Map;

/// Numbers about the right by a majority. Confined to the right's thread, but for reading.
final class MajorityMetrics {

  private final Counter dropped;
  private final Map<String, Long> counted = new HashMap<>();
  private volatile int held;
  private volatile boolean running;
  private volatile int voters;
  private volatile int unheard;
  private volatile boolean lost;
  private volatile boolean unkept;

  MajorityMetrics(Metrics metrics) {
    dropped =
        metrics.counter(
            "thresher_vip_lease_messages_dropped_total",
            "Lease messages that were not believed, not understood or not sent, by reason.",
            "reason");
    metrics.gauge(
        "thresher_vip_held_addresses",
        "Addresses that this node has the right to hold.",
        () -> held);
    metrics.gauge("thresher_vip_session", "1 while this node has a right.", () -> running ? 1 : 0);
    metrics.gauge(
        "thresher_vip_voters",
        "Nodes that vote by the record that this node follows, 0 as long as it knows none.",
        () -> voters);
    metrics.gauge(
        "thresher_vip_unheard_networks",
        "Networks of live nodes on which a majority of the voters there does not hear the node.",
        () -> unheard);
    metrics.gauge(
        "thresher_vip_voter_record_lost",
        "1 while this node follows a record of voters that the API server does not have.",
        () -> lost ? 1 : 0);
    metrics.gauge(
        "thresher_vip_voter_record_unkept",
        "1 while this node cannot write a record of voters, and so does not follow it.",
        () -> unkept ? 1 : 0);
  }

  void lost(boolean isLost) {
    lost = isLost;
  }

  void unkept(boolean isUnkept) {
    unkept = isUnkept;
  }

  void unheard(int networks) {
    unheard = networks;
  }

  void state(int addresses, boolean leaseRuns, int votersFollowed) {
    held = addresses;
    running = leaseRuns;
    voters = votersFollowed;
  }

  void dropped(Map<String, Long> totals) {
    totals.forEach((reason, total) -> {
      long before = counted.getOrDefault(reason, 0L);
      if (total > before) {
        dropped.labelValues(reason).inc(total - before);
        counted.put(reason, total);
      }
    });
  }
}
