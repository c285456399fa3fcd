package dev.thresher.ccm.controllers.route;

import dagger.Module;
import dagger.Provides;
import dev.thresher.api.CoreTypes;
import dev.thresher.ccm.cloudprovider.CloudProvider;
import dev.thresher.ccm.clusters.ClusterName;
import dev.thresher.ccm.clusters.Guest;
import dev.thresher.ccm.duties.Duty;
import dev.thresher.ccm.duties.ForDuty;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.Optional;

/// Puts the route controller together, if the provider has routes and they are asked for.
@Module
public interface RouteControllerModule {

  /// The source of its Events upstream.
  String EVENT_SOURCE = "route_controller";

  /// @throws IllegalArgumentException if routes are asked for and no range is given
  @Provides
  @Singleton
  static Optional<RouteController> controller(
      CloudProvider provider,
      ClusterName cluster,
      RouteController.Settings settings,
      @ForDuty(Duty.ROUTE) KubeApi guest,
      @Guest Informers informers,
      @Named(EVENT_SOURCE) EventRecorder events,
      @ForDuty(Duty.ROUTE) Leadership leadership,
      Metrics metrics,
      Timeline timeline) {
    return provider
        .routes()
        .filter(_ -> settings.enabled())
        .map(routes -> {
          if (settings.ranges().subnets().isEmpty()) {
            throw new IllegalArgumentException(
                "provider \""
                    + provider.name()
                    + "\" has routes and --cluster-cidr is empty: give the range of the pods, or"
                    + " --configure-cloud-routes=false");
          }
          var nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
          var reconciler =
              new RouteReconciler(
                  cluster.value(),
                  routes,
                  nodes,
                  settings.ranges(),
                  new NetworkCondition(guest),
                  events,
                  metrics.counter("route_controller_route_sync_total", "Passes over all routes."),
                  timeline);
          var controller =
              new RouteController(
                  reconciler, nodes, settings.period(), leadership, metrics, timeline);
          provider.caches().forEach(controller::needs);
          return controller;
        });
  }
}
