package dev.thresher.ccm.app;

import dagger.Module;
import dagger.Provides;
import dev.thresher.ccm.cloudprovider.CloudProvider;
import dev.thresher.ccm.cloudprovider.measured.MeasuredProvider;
import dev.thresher.ccm.harvester.HarvesterProvider;
import dev.thresher.ccm.harvester.LoadBalancerDriver;
import dev.thresher.ccm.kubevirt.KubeVirtConfig;
import dev.thresher.ccm.kubevirt.KubeVirtProvider;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Provider;
import jakarta.inject.Singleton;

/// Chooses the provider. The others are never made, so that no cache of theirs is filled and no
/// right of theirs is needed.
@Module
interface ProvidersModule {

  @Provides
  @Singleton
  static CloudProvider provider(
      CloudChoice choice,
      Provider<HarvesterProvider> harvester,
      Provider<KubeVirtProvider> kubevirt,
      Metrics metrics,
      Timeline timeline) {
    CloudProvider chosen =
        switch (choice) {
          case CloudChoice.Harvester _ -> harvester.get();
          case CloudChoice.KubeVirt _ -> kubevirt.get();
        };
    return new MeasuredProvider(chosen, metrics, timeline);
  }

  @Provides
  static CloudChoice choice(CcmConfig config) {
    return config.cloud();
  }

  @Provides
  static LoadBalancerDriver driver(CloudChoice choice) {
    return switch (choice) {
      case CloudChoice.Harvester(LoadBalancerDriver driver) -> driver;
      case CloudChoice.KubeVirt _ ->
          throw new IllegalStateException("the provider kubevirt has no choice of drivers");
    };
  }

  @Provides
  static LoadBalancerDriver.HostServices hostServices(LoadBalancerDriver driver) {
    return switch (driver) {
      case LoadBalancerDriver.HostServices services -> services;
      case LoadBalancerDriver.BalancerObjects _ ->
          throw new IllegalStateException("another driver was chosen");
    };
  }

  @Provides
  static KubeVirtConfig kubevirt(CloudChoice choice) {
    return switch (choice) {
      case CloudChoice.KubeVirt(KubeVirtConfig config) -> config;
      case CloudChoice.Harvester _ ->
          throw new IllegalStateException("another provider was chosen");
    };
  }
}
