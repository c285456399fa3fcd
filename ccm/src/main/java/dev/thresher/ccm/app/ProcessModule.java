package dev.thresher.ccm.app;

import dagger.Binds;
import dagger.Module;
import dagger.Provides;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.ccm.clusters.Guest;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.leader.LeaderCallbacks;
import dev.thresher.runtime.leader.LeaderElection;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.ProcessMetrics;
import dev.thresher.runtime.serving.HealthRegistry;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.Optional;

/// What every process of the kind has: time, numbers, health, leadership.
@Module
interface ProcessModule {

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
  static Optional<LeaderElection> election(
      CcmConfig config,
      @Guest OkHttpKubeApi guest,
      @Named(HarvesterNames.CLOUD_PROVIDER_LEASE) EventWriter events,
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
        .election()
        .map(election ->
            LeaderElection.builder(election, guest, timeline)
                .watch(guest)
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
