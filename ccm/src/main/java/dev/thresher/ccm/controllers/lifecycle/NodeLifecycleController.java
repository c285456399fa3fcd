package dev.thresher.ccm.controllers.lifecycle;

import dev.thresher.ccm.controllers.lifecycle.LifecycleDecision.TaintUntil;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.queue.Backoff;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;

/// `cloud-node-lifecycle-controller`: a pass over all Nodes each `--node-monitor-period`, counted
/// from the end of the one before.
public final class NodeLifecycleController implements Component {

  /// How the controller works.
  ///
  /// @param period `--node-monitor-period`, more than 0
  /// @param workers nodes worked on at the same time, `--concurrent-node-lifecycle-syncs`
  /// @param grace least time for which a machine must be missing before its Node goes, besides the
  ///   second miss; `--node-deletion-grace`
  /// @param limitShare per cent of the nodes that may go within ten minutes,
  ///   `--node-deletion-limit-share`
  /// @param untaintWhenRunning the shutdown taint goes when the cloud says that the machine runs,
  ///   not only when the Node is Ready
  public record Settings(
      Duration period, int workers, Duration grace, int limitShare, boolean untaintWhenRunning) {

    LifecycleDecision.Rules rules() {
      return new LifecycleDecision.Rules(
          grace.compareTo(period) > 0 ? grace : period,
          new DeletionGuard(limitShare),
          untaintWhenRunning ? TaintUntil.RUNNING : TaintUntil.READY);
    }
  }

  private final Controller<String> controller;

  NodeLifecycleController(
      NodeLifecycle lifecycle,
      Informer<?> nodes,
      Settings settings,
      Leadership leadership,
      Metrics metrics,
      Timeline timeline) {
    this.controller =
        Controller.builder("NodeLifecycle", lifecycle, timeline)
            .backoff(new Backoff(settings.period(), settings.period()))
            .metrics(metrics)
            .onlyWhenLeading(leadership)
            .build();
    controller.needs(nodes);
  }

  /// Begins no work before this cache has synced, too.
  public void needs(Informer<?> informer) {
    controller.needs(informer);
  }

  @Override
  public String name() {
    return "cloud-node-lifecycle-controller";
  }

  @Override
  public void start() {
    controller.enqueue(NodeLifecycle.ALL);
    controller.start();
  }

  @Override
  public void stop() {
    controller.stop();
  }
}
