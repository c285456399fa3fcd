package dev.thresher.ccm.controllers.node;

import dev.thresher.runtime.metrics.Metrics;
import io.kubernetes.client.openapi.models.V1Node;
import io.prometheus.metrics.core.metrics.Histogram;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.function.Supplier;

/// The node controller's numbers, under upstream's names.
public final class NodeMetrics {

  private static final double[] BUCKETS = Metrics.exponential(1, 4, 6);

  private final Histogram taintRemoval;
  private final Histogram initialSync;
  private final Supplier<Instant> clock;

  public NodeMetrics(Metrics metrics, Supplier<Instant> clock) {
    this.taintRemoval =
        metrics.histogram(
            "node_controller_cloud_provider_taint_removal_delay_seconds",
            "Seconds from the creation of a node until its uninitialized taint was removed.",
            BUCKETS);
    this.initialSync =
        metrics.histogram(
            "node_controller_initial_node_sync_delay_seconds",
            "Seconds from the creation of a node until it was initialised.",
            BUCKETS);
    this.clock = clock;
  }

  void initialised(V1Node node) {
    OffsetDateTime created = node.getMetadata().getCreationTimestamp();
    if (created != null) {
      double seconds = Duration.between(created.toInstant(), clock.get()).toMillis() / 1000.0;
      taintRemoval.observe(Math.max(0, seconds));
      initialSync.observe(Math.max(0, seconds));
    }
  }
}
