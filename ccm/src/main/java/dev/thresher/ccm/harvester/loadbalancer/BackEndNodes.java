package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.cloudprovider.NodeReadiness;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Node;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/// Notices what the set of nodes of the service controller does not tell and the back ends of
/// placement `host` depend on: whether a node is ready, and its InternalIPs.
///
/// Nodes write their status all the time, so changes of anything else do not count, and many within
/// [#WINDOW] are one. Thread-safe.
final class BackEndNodes {

  /// As long as the service controller waits for further changes of the set of nodes.
  static final Duration WINDOW = Duration.ofSeconds(1);

  private final Informer<V1Node> nodes;
  private final Timeline timeline;
  private final AtomicBoolean scheduled = new AtomicBoolean();

  BackEndNodes(Informer<V1Node> nodes, Timeline timeline) {
    this.nodes = nodes;
    this.timeline = timeline;
  }

  void onChange(Runnable listener) {
    nodes.onChange(change -> {
      if (matters(change) && scheduled.compareAndSet(false, true)) {
        timeline.after(
            WINDOW,
            () -> {
              scheduled.set(false);
              listener.run();
            });
      }
    });
  }

  /// Nodes that come and go are the service controller's to notice.
  private static boolean matters(Change<V1Node> change) {
    return switch (change) {
      case Change.Updated<V1Node>(V1Node before, V1Node now) ->
          NodeReadiness.isReady(before) != NodeReadiness.isReady(now)
              || !MachineAddress.internal(before).equals(MachineAddress.internal(now));
      case Change.Added<V1Node> _, Change.Deleted<V1Node> _ -> false;
    };
  }
}
