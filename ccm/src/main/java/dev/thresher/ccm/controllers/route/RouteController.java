package dev.thresher.ccm.controllers.route;

import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.queue.Backoff;
import dev.thresher.runtime.queue.Priority;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Node;
import java.time.Duration;
import java.util.List;

/// `node-route-controller`: looks at all routes every `--route-reconciliation-period`, and at once
/// when a node comes, goes, or changes its addresses or pod ranges.
public final class RouteController implements Component {

  /// How the controller works.
  ///
  /// @param enabled `--configure-cloud-routes`
  /// @param period `--route-reconciliation-period`, more than 0
  /// @param ranges `--cluster-cidr`
  public record Settings(boolean enabled, Duration period, ClusterRanges ranges) {}

  private final Controller<String> controller;
  private final Leadership leadership;
  private final Timeline timeline;
  private final Duration period;
  private volatile boolean stopped;

  RouteController(
      RouteReconciler reconciler,
      Informer<V1Node> nodes,
      Duration period,
      Leadership leadership,
      Metrics metrics,
      Timeline timeline) {
    this.leadership = leadership;
    this.timeline = timeline;
    this.period = period;
    // The name is that of upstream's queue, which dashboards know.
    this.controller =
        Controller.builder("Routes", reconciler, timeline)
            .backoff(new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5)))
            .metrics(metrics)
            .onlyWhenLeading(leadership)
            .build();
    controller.watch(nodes, RouteController::concerned);
  }

  /// Begins no work before this cache has synced, too.
  public void needs(Informer<?> informer) {
    controller.needs(informer);
  }

  @Override
  public String name() {
    return "node-route-controller";
  }

  @Override
  public void start() {
    controller.enqueue(RouteReconciler.ROUTES);
    controller.start();
    leadership.onceStarted(() -> timeline.after(period, this::tick));
  }

  @Override
  public void stop() {
    stopped = true;
    controller.stop();
  }

  private void tick() {
    if (stopped) {
      return;
    }
    // What failed waits for its own time: a period must not undo the growing pause.
    if (controller.queue().failures(RouteReconciler.ROUTES) == 0) {
      controller.enqueue(RouteReconciler.ROUTES, Priority.RESYNC);
    }
    timeline.after(period, this::tick);
  }

  static List<String> concerned(Change<V1Node> change) {
    return switch (change) {
      case Change.Added<V1Node> _, Change.Deleted<V1Node> _ -> List.of(RouteReconciler.ROUTES);
      case Change.Updated<V1Node>(V1Node before, V1Node now) ->
          RouteReconciler.target(before).equals(RouteReconciler.target(now))
              ? List.of()
              : List.of(RouteReconciler.ROUTES);
    };
  }
}
