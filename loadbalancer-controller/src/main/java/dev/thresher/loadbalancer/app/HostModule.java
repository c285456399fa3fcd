package dev.thresher.loadbalancer.app;

import dagger.Module;
import dagger.Provides;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.RemoteInformers;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.process.LeaseHome;
import dev.thresher.runtime.process.ProcessConfig;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Singleton;

/// The one cluster.
@Module
interface HostModule {

  /// Component name of Events, as the Go controller's user agent has it.
  String EVENT_SOURCE = "harvester-load-balancer";

  @Provides
  static ProcessConfig process(ControllerConfig config) {
    return config.process();
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
    return new EventWriter(server, EVENT_SOURCE, config.process().identity(), timeline, metrics);
  }

  @Provides
  static LeaseHome leaseHome(OkHttpKubeApi server, EventWriter events) {
    return new LeaseHome(server, events);
  }
}
