package dev.thresher.ccm.controllers.service;

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
import java.util.random.RandomGenerator;

/// Puts the service controller together, if the provider has load balancers.
@Module
public interface ServiceControllerModule {

  /// The source of its Events upstream.
  String EVENT_SOURCE = "service-controller";

  @Provides
  @Singleton
  static Optional<ServiceController> controller(
      CloudProvider provider,
      ClusterName cluster,
      ServiceController.Settings settings,
      @ForDuty(Duty.SERVICE) KubeApi guest,
      @Guest Informers informers,
      @Named(EVENT_SOURCE) EventRecorder events,
      @ForDuty(Duty.SERVICE) Leadership leadership,
      Metrics metrics,
      Timeline timeline) {
    return provider
        .loadBalancers()
        .map(balancers -> {
          var services = informers.informer(CoreTypes.SERVICE, Scope.ALL);
          var nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
          var set = new NodeSetCache(nodes);
          var numbers = new ServiceMetrics(metrics);
          var reconciler =
              new ServiceReconciler(
                  cluster.value(),
                  balancers,
                  services,
                  set,
                  guest,
                  events,
                  numbers,
                  timeline::nanoTime,
                  timeline::now);
          var controller =
              new ServiceController(
                  reconciler,
                  balancers,
                  services,
                  nodes,
                  set,
                  settings,
                  leadership,
                  metrics,
                  timeline,
                  RandomGenerator.getDefault());
          provider.caches().forEach(controller::needs);
          return controller;
        });
  }
}
