package dev.thresher.loadbalancer.app;

import dagger.Module;
import dagger.Provides;
import dev.thresher.api.ObjectKey;
import dev.thresher.loadbalancer.health.NetworkProber;
import dev.thresher.loadbalancer.reconcile.KubeVipImport;
import dev.thresher.loadbalancer.reconcile.LoadBalancerControl;
import dev.thresher.loadbalancer.reconcile.PoolPolicy;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.queue.Priority;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Singleton;

/// The reconcilers and their queues.
@Module
interface ControllersModule {

  /// The controllers, connected to what they watch.
  ///
  /// @param loadBalancers works on load balancers
  /// @param pools keeps the status of pools
  /// @param kubeVipImport makes pools of old configuration, once
  /// @param lastStatus writes the pools' status when both have stopped
  /// @param control what both share
  record Controllers(
      Controller<ObjectKey> loadBalancers,
      Controller<String> pools,
      Controller<ObjectKey> kubeVipImport,
      LastStatus lastStatus,
      LoadBalancerControl control) {}

  @Provides
  @Singleton
  static NetworkProber prober(Timeline timeline) {
    return new NetworkProber(timeline);
  }

  @Provides
  @Singleton
  static Controllers controllers(
      ControllerConfig config,
      OkHttpKubeApi server,
      Informers informers,
      EventWriter events,
      Leadership leadership,
      NetworkProber prober,
      Metrics metrics,
      Timeline timeline) {
    var numbers = new ControllerMetrics(metrics);
    var control =
        new LoadBalancerControl(
            new LoadBalancerControl.Surroundings(
                server.fenced(leadership::held),
                informers,
                events,
                timeline,
                config.holdDown(),
                new PoolPolicy(config.enforcePoolScopes(), config.networkAwareGlobalPools()),
                config.nobody(),
                prober,
                numbers.health(),
                numbers::allocated));
    numbers.observe(control, leadership::held);
    var loadBalancers =
        Controller.builder("loadbalancer", control.loadBalancerReconciler(), timeline)
            .workers(config.threads())
            .onlyWhenLeading(leadership)
            .metrics(metrics)
            .build();
    var pools =
        Controller.builder("ippool", control.poolReconciler(), timeline)
            .workers(Math.min(config.threads(), 4))
            .onlyWhenLeading(leadership)
            .metrics(metrics)
            .build();
    var kubeVipImport =
        Controller.builder("kubevip-import", control.kubeVipImport(), timeline)
            .workers(1)
            .onlyWhenLeading(leadership)
            .metrics(metrics)
            .build();
    kubeVipImport.enqueue(KubeVipImport.CONFIG_MAP, Priority.NEW);
    for (Informer<?> cache : control.caches()) {
      loadBalancers.needs(cache);
      pools.needs(cache);
    }
    control.follow(
        new LoadBalancerControl.Queues() {
          @Override
          public void loadBalancer(ObjectKey key, Priority priority) {
            loadBalancers.enqueue(key, priority);
          }

          @Override
          public void pool(String name, Priority priority) {
            pools.enqueue(name, priority);
          }
        });
    return new Controllers(
        loadBalancers, pools, kubeVipImport, new LastStatus(control, leadership), control);
  }
}
