package dev.thresher.ccm.controllers.lifecycle;

import dagger.Module;
import dagger.Provides;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
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

/// Puts the lifecycle controller together, if the provider has instances.
@Module
public interface NodeLifecycleModule {

  /// Its name upstream, which is also the source of its Events.
  String NAME = "cloud-node-lifecycle-controller";

  /// The Lease on which a person confirms deletions: that of the leader election.
  String CONFIRMATION_LEASE = "confirmation-lease";

  @Provides
  @Singleton
  static Optional<NodeLifecycleController> controller(
      CloudProvider provider,
      NodeLifecycleController.Settings settings,
      @Named(CONFIRMATION_LEASE) ObjectKey lease,
      @ForDuty(Duty.NODE_LIFECYCLE) KubeApi guest,
      @Guest Informers informers,
      @Named(NAME) EventRecorder events,
      @ForDuty(Duty.NODE_LIFECYCLE) Leadership leadership,
      Metrics metrics,
      Timeline timeline) {
    return provider
        .instances()
        .map(instances -> {
          var nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
          var numbers = new LifecycleMetrics(metrics);
          var lifecycle =
              new NodeLifecycle(
                  instances,
                  nodes,
                  new NodeTainting(guest, events),
                  new NodeDeletion(guest, events, numbers, timeline),
                  new DeletionConfirmation(guest, lease, events, numbers, timeline),
                  numbers,
                  timeline,
                  settings.rules(),
                  settings.period(),
                  new Workers(settings.workers()));
          var controller =
              new NodeLifecycleController(
                  lifecycle, nodes, settings, leadership, metrics, timeline);
          provider.caches().forEach(controller::needs);
          return controller;
        });
  }
}
