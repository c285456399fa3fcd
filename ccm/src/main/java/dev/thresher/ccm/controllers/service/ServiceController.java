package dev.thresher.ccm.controllers.service;

import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
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
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/// `service-lb-controller`: what wakes the [ServiceReconciler] up.
///
/// A Service that comes, goes or changes in what matters; a report of the provider; a change of the
/// set of nodes, which is compared once per debounce window and not once per node.
public final class ServiceController implements Component {

  /// Upstream's pace for a Service that fails.
  static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(5), Duration.ofSeconds(300));

  /// How long a burst of node changes may go on before the set is compared.
  static final Duration NODE_DEBOUNCE = Duration.ofSeconds(1);

  private final ServiceReconciler reconciler;
  private final LoadBalancers balancers;
  private final Informer<V1Service> services;
  private final Controller<ObjectKey> controller;
  private final NodeSetWatch nodeSet;
  private final Timeline timeline;
  private final Leadership leadership;
  private final RandomGenerator random;
  private final Duration resyncEvery;
  private volatile boolean stopped;

  /// How the controller works.
  ///
  /// @param workers Services worked on at the same time, `--concurrent-service-syncs`
  /// @param resyncEvery about how often every Service is looked at though nothing changed,
  ///   `--service-resync-period`; zero for never
  public record Settings(int workers, Duration resyncEvery) {}

  public ServiceController(
      ServiceReconciler reconciler,
      LoadBalancers balancers,
      Informer<V1Service> services,
      Informer<V1Node> nodes,
      Supplier<NodeSet> set,
      Settings settings,
      Leadership leadership,
      Metrics metrics,
      Timeline timeline,
      RandomGenerator random) {
    this.reconciler = reconciler;
    this.balancers = balancers;
    this.services = services;
    this.timeline = timeline;
    this.leadership = leadership;
    this.random = random;
    this.resyncEvery = settings.resyncEvery();
    // The name is that of upstream's queue, which dashboards know.
    this.controller =
        Controller.builder("service", reconciler, timeline)
            .workers(settings.workers())
            .backoff(BACKOFF)
            .metrics(metrics)
            .onlyWhenLeading(leadership)
            .build();
    this.nodeSet = new NodeSetWatch(nodes, set, timeline, NODE_DEBOUNCE, this::nodesChanged);
    controller.needs(nodes);
    controller.watch(services, this::concerned);
    nodes.onChange(_ -> nodeSet.changed());
    balancers.onChange(key -> {
      reconciler.changed(key);
      controller.enqueue(key);
    });
    // A backoff of minutes is for a cloud that refuses, not for one that was away.
    balancers.onReturn(controller::retryFailed);
    services.onResumed(controller::retryFailed);
  }

  /// Begins no work before this cache has synced, too.
  public void needs(Informer<?> informer) {
    controller.needs(informer);
  }

  @Override
  public String name() {
    return "service-lb-controller";
  }

  @Override
  public void start() {
    controller.start();
    if (!resyncEvery.isZero()) {
      leadership.onceStarted(() -> timeline.after(resyncEvery, this::resync));
    }
  }

  @Override
  public void stop() {
    stopped = true;
    nodeSet.stop();
    controller.stop();
  }

  private List<ObjectKey> concerned(Change<V1Service> change) {
    ObjectKey key = ObjectKey.of(change.object());
    boolean concerns =
        switch (change) {
          case Change.Added<V1Service>(V1Service service) -> Stance.of(service) != Stance.NONE;
          case Change.Updated<V1Service>(V1Service before, V1Service now) ->
              ServiceChanges.needsUpdate(before, now)
                  || isCleanup(now)
                  || isAnother(before, now)
                  || (Stance.wants(now) && balancers.concerns(before, now));
          case Change.Deleted<V1Service> _ -> reconciler.remembers(key);
        };
    if (!concerns) {
      return List.of();
    }
    reconciler.changed(key);
    return List.of(key);
  }

  private void nodesChanged(NodeSet set) {
    Set<ObjectKey> stale = new LinkedHashSet<>();
    for (V1Service service : services.list()) {
      ObjectKey key = ObjectKey.of(service);
      if (Stance.of(service) == Stance.WANTED && reconciler.hasOtherNodes(key, set)) {
        stale.add(key);
      }
    }
    reconciler.nodesChanged(stale);
    stale.forEach(key -> controller.enqueue(key, Priority.RESYNC));
  }

  /// Spreads the Services over the period, so that the cloud is not asked about all at once.
  void resync() {
    if (stopped) {
      return;
    }
    for (V1Service service : services.list()) {
      // One that fails has an appointment of its own, which must not come sooner by this.
      if (Stance.of(service) == Stance.WANTED
          && controller.queue().failures(ObjectKey.of(service)) == 0) {
        Duration delay = Duration.ofNanos(random.nextLong(resyncEvery.toNanos()));
        controller.enqueueAfter(ObjectKey.of(service), delay, Priority.RESYNC);
      }
    }
    timeline.after(resyncEvery, this::resync);
  }

  private static boolean isCleanup(V1Service service) {
    return switch (Stance.of(service)) {
      case CLEANUP, CLEANUP_IF_OURS -> true;
      case WANTED, NONE -> false;
    };
  }

  /// Deleted and made again while nobody looked.
  private static boolean isAnother(V1Service before, V1Service now) {
    return !String.valueOf(before.getMetadata().getUid())
        .equals(String.valueOf(now.getMetadata().getUid()));
  }
}
