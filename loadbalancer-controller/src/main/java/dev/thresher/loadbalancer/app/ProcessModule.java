package dev.thresher.loadbalancer.app;

import dagger.Binds;
import dagger.Module;
import dagger.Provides;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.RemoteInformers;
import dev.thresher.runtime.leader.LeaderCallbacks;
import dev.thresher.runtime.leader.LeaderElection;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.ProcessMetrics;
import dev.thresher.runtime.serving.HealthRegistry;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Singleton;
import java.util.Optional;

/// What every process of the kind has: time, numbers, health, a server, leadership.
@Module
interface ProcessModule {

  /// Component name of Events, as the Go controller's user agent has it.
  String EVENT_SOURCE = "harvester-load-balancer";

  @Provides
  @Singleton
  static SystemTimeline systemTimeline() {
    return new SystemTimeline();
  }

  @Binds
  Timeline timeline(SystemTimeline timeline);

  @Provides
  @Singleton
  static Metrics metrics() {
    Metrics metrics = new Metrics();
    ProcessMetrics.addTo(metrics);
    return metrics;
  }

  @Provides
  @Singleton
  static HealthRegistry health() {
    return new HealthRegistry();
  }

  @Provides
  @Singleton
  static OkHttpKubeApi server(ControllerConfig config, Timeline timeline, Metrics metrics) {
    return new OkHttpKubeApi(config.host(), timeline, metrics);
  }

  @Provides
  @Singleton
  static Informers informers(OkHttpKubeApi server, Timeline timeline, Metrics metrics) {
    return new RemoteInformers(server, timeline, metrics);
  }

  @Provides
  @Singleton
  static EventWriter events(
      OkHttpKubeApi server, ControllerConfig config, Timeline timeline, Metrics metrics) {
    return new EventWriter(server, EVENT_SOURCE, config.identity(), timeline, metrics);
  }

  @Provides
  @Singleton
  static Optional<LeaderElection> election(
      ControllerConfig config,
      OkHttpKubeApi server,
      EventWriter events,
      ShutdownSignal signal,
      Metrics metrics,
      Timeline timeline) {
    LeaderCallbacks endWhenLost =
        new LeaderCallbacks() {
          @Override
          public void onStoppedLeading(String reason) {
            signal.request(1, "leadership lost: " + reason);
          }
        };
    return config
        .electing()
        .map(election ->
            LeaderElection.builder(election, server, timeline)
                .watch(server)
                .callbacks(endWhenLost)
                .metrics(metrics)
                .events(events)
                .build());
  }

  @Provides
  @Singleton
  static Leadership leadership(Optional<LeaderElection> election) {
    return election.<Leadership>map(elected -> elected).orElseGet(Leadership::always);
  }
}
