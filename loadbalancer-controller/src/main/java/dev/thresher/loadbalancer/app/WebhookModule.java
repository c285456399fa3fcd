package dev.thresher.loadbalancer.app;

import dagger.Module;
import dagger.Provides;
import dev.thresher.loadbalancer.webhook.Webhook;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Singleton;
import java.util.Optional;

/// The webhooks, which every replica has.
@Module
interface WebhookModule {

  @Provides
  @Singleton
  static Optional<Webhook> webhook(
      ControllerConfig config,
      OkHttpKubeApi server,
      Informers informers,
      Timeline timeline,
      Metrics metrics) {
    return config
        .webhook()
        .map(settings -> new Webhook(settings, server, informers, timeline, metrics));
  }
}
