package dev.thresher.loadbalancer.app;

import dagger.Module;
import dagger.Provides;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.process.LeaseHome;
import dev.thresher.runtime.process.ProcessConfig;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Singleton;

/// What is the controller's own.
@Module
interface ControllerModule {

  /// Component name of Events, as the Go controller's user agent has it.
  String EVENT_SOURCE = "harvester-load-balancer";

  @Provides
  static ProcessConfig process(ControllerConfig config) {
    return config.process();
  }

  @Provides
  static ClientConfig client(ControllerConfig config) {
    return config.host();
  }

  @Provides
  @Singleton
  static EventWriter events(
      OkHttpKubeApi server, ControllerConfig config, Timeline timeline, Metrics metrics) {
    return new EventWriter(server, EVENT_SOURCE, config.process().identity(), timeline, metrics);
  }

  @Provides
  static LeaseHome leaseHome(OkHttpKubeApi server, EventWriter events) {
    return new LeaseHome(server, events);
  }
}
