package dev.thresher.ccm.controllers.node;

import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.queue.Priority;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Node;
import java.time.Duration;
import java.util.List;

/// `cloud-node-controller`: what wakes the [NodeReconciler] up.
///
/// Every change of a Node, every report of the provider about a machine, and a pass over all Nodes
/// each `--node-status-update-frequency`.
public final class NodeController implements Component {

  /// How the controller works.
  ///
  /// @param workers Nodes worked on at the same time, `--concurrent-node-syncs`
  /// @param refreshEvery `--node-status-update-frequency`
  public record Settings(int workers, Duration refreshEvery) {}

  private final NodeReconciler reconciler;
  private final Informer<V1Node> nodes;
  private final Timeline timeline;
  private final Duration refreshEvery;
  private final Leadership leadership;
  private final Controller<String> controller;
  private volatile boolean stopped;

  public NodeController(
      NodeReconciler reconciler,
      Instances instances,
      Informer<V1Node> nodes,
      Settings settings,
      Leadership leadership,
      Metrics metrics,
      Timeline timeline) {
    this.reconciler = reconciler;
    this.nodes = nodes;
    this.timeline = timeline;
    this.refreshEvery = settings.refreshEvery();
    this.leadership = leadership;
    // The name is that of upstream's queue, which dashboards know.
    this.controller =
        Controller.builder("Nodes", reconciler, timeline)
            .workers(settings.workers())
            .metrics(metrics)
            .onlyWhenLeading(leadership)
            .build();
    controller.watch(
        nodes,
        change -> {
          String node = change.object().getMetadata().getName();
          if (change instanceof Change.Added<V1Node>) {
            // The machine may have changed while nobody looked.
            reconciler.isDue(node);
          }
          return List.of(node);
        });
    instances.onChange(node -> {
      reconciler.isDue(node);
      controller.enqueue(node);
    });
  }

  /// Begins no work before this cache has synced, too.
  public void needs(Informer<?> informer) {
    controller.needs(informer);
  }

  @Override
  public String name() {
    return "cloud-node-controller";
  }

  @Override
  public void start() {
    controller.start();
    leadership.onceStarted(() -> timeline.after(refreshEvery, this::refreshAll));
  }

  @Override
  public void stop() {
    stopped = true;
    controller.stop();
  }

  private void refreshAll() {
    if (stopped) {
      return;
    }
    for (V1Node node : nodes.list()) {
      String name = node.getMetadata().getName();
      reconciler.isDue(name);
      controller.enqueue(name, Priority.RESYNC);
    }
    timeline.after(refreshEvery, this::refreshAll);
  }
}
