package dev.thresher.loadbalancer.app;

import dagger.Module;
import dagger.Provides;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.process.LeaseHome;
import dev.thresher.runtime.process.ProcessConfig;

/// What is the probe agent's own.
@Module
interface AgentModule {

  @Provides
  static ProcessConfig process(AgentConfig config) {
    return config.process();
  }

  @Provides
  static ClientConfig client(AgentConfig config) {
    return config.host();
  }

  /// Every agent works: there is no lease, and nothing to say about one.
  @Provides
  static LeaseHome leaseHome(OkHttpKubeApi server) {
    return new LeaseHome(server, (regarding, type, reason, message) -> {});
  }
}
