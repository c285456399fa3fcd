package dev.thresher.loadbalancer.app;

import dagger.Module;
import dagger.Provides;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.RemoteInformers;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Singleton;

/// The one cluster, for the controller and for the probe agent.
@Module
interface HostModule {

  @Provides
  @Singleton
  static OkHttpKubeApi server(ClientConfig config, Timeline timeline, Metrics metrics) {
    return new OkHttpKubeApi(config, timeline, metrics);
  }

  @Provides
  @Singleton
  static Informers informers(OkHttpKubeApi server, Timeline timeline, Metrics metrics) {
    return new RemoteInformers(server, timeline, metrics);
  }
}
