package dev.thresher.ccm.controllers.node;

import dagger.Module;
import dagger.Provides;
import dev.thresher.api.CoreTypes;
import dev.thresher.ccm.cloudprovider.CloudProvider;
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

/// Puts the node controller together, if the provider has instances.
@Module
public interface NodeControllerModule {

  /// Its name upstream, which is also the source of its Events.
  String NAME = "cloud-node-controller";

  @Provides
  @Singleton
  static Optional<NodeController> controller(
      CloudProvider provider,
      NodeController.Settings settings,
      LabelSync labelSync,
      @ForDuty(Duty.NODE) KubeApi guest,
      @Guest Informers informers,
      @Named(NAME) EventRecorder events,
      @ForDuty(Duty.NODE) Leadership leadership,
      Metrics metrics,
      Timeline timeline) {
    return provider
        .instances()
        .map(instances -> {
          var nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
          var reconciler =
              new NodeReconciler(
                  instances,
                  nodes,
                  guest,
                  events,
                  new NodeMetrics(metrics, timeline::now),
                  labelSync);
          var controller =
              new NodeController(
                  reconciler, instances, nodes, settings, leadership, metrics, timeline);
          provider.caches().forEach(controller::needs);
          return controller;
        });
  }
}
