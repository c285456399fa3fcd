package dev.thresher.ccm.controllers.node;

import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.MetadataResult;
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
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `cloud-node-controller`: what wakes the [NodeReconciler] up.
///
/// Every change of a Node, every report of the provider about a machine, and a pass over all Nodes
/// each `--node-status-update-frequency`.
public final class NodeController implements Component {

  private static final Logger log = LoggerFactory.getLogger(NodeController.class);

  /// How the controller works.
  ///
  /// @param workers Nodes worked on at the same time, `--concurrent-node-syncs`
  /// @param refreshEvery `--node-status-update-frequency`
  public record Settings(int workers, Duration refreshEvery) {}

  private final NodeReconciler reconciler;
  private final Informer<V1Node> nodes;
  private final Instances instances;
  private final Timeline timeline;
  private final Duration refreshEvery;
  private final Leadership leadership;
  private final Controller<String> controller;

  private final Object lock = new Object();
  private @Nullable Thread refreshing;
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
    this.instances = instances;
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
    nodes.onResumed(controller::retryFailed);
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
    synchronized (lock) {
      stopped = true;
      if (refreshing != null) {
        refreshing.interrupt();
      }
    }
    controller.stop();
  }

  private void refreshAll() {
    if (stopped) {
      return;
    }
    synchronized (lock) {
      if (!stopped) {
        refreshing = Thread.ofVirtual().name("node-refresh").start(this::refresh);
      }
    }
  }

  /// Asks about all nodes in one go. If that fails, each is asked about alone, so that one machine
  /// that cannot be asked about harms no other.
  private void refresh() {
    List<V1Node> all =
        nodes.list().stream().filter(node -> !NodeInitialization.isDue(node)).toList();
    Map<String, MetadataResult> answers = Map.of();
    try {
      answers = instances.metadata(all);
    } catch (RuntimeException e) {
      log.atWarn()
          .addKeyValue("error", e.getMessage())
          .log("cloud does not answer about all nodes in one go, asking one by one");
    }
    for (V1Node node : all) {
      String name = node.getMetadata().getName();
      MetadataResult answer = answers.get(name);
      if (answer == null) {
        reconciler.isDue(name);
      } else {
        reconciler.isDue(name, answer);
      }
      controller.enqueue(name, Priority.RESYNC);
    }
    timeline.after(refreshEvery, this::refreshAll);
  }
}
