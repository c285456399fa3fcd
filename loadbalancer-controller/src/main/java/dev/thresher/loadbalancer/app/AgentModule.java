package dev.thresher.loadbalancer.app;

import dagger.Module;
import dagger.Provides;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.RemoteInformers;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.process.LeaseHome;
import dev.thresher.runtime.process.ProcessConfig;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Singleton;

/// The host cluster as the probe agent sees it.
@Module
interface AgentModule {

  @Provides
  static ProcessConfig process(AgentConfig config) {
    return config.process();
  }

  @Provides
  @Singleton
  static OkHttpKubeApi server(AgentConfig config, Timeline timeline, Metrics metrics) {
    return new OkHttpKubeApi(config.host(), timeline, metrics);
  }

  @Provides
  @Singleton
  static Informers informers(OkHttpKubeApi server, Timeline timeline, Metrics metrics) {
    return new RemoteInformers(server, timeline, metrics);
  }

  /// Every agent works: there is no lease, and nothing to say about one.
  @Provides
  static LeaseHome leaseHome(OkHttpKubeApi server) {
    return new LeaseHome(server, (regarding, type, reason, message) -> {});
  }
}
