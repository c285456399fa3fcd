package dev.thresher.ccm.app;

import dagger.Module;
import dagger.Provides;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.clusters.ClusterName;
import dev.thresher.ccm.controllers.lifecycle.NodeLifecycleController;
import dev.thresher.ccm.controllers.lifecycle.NodeLifecycleModule;
import dev.thresher.ccm.controllers.node.LabelSync;
import dev.thresher.ccm.controllers.node.NodeController;
import dev.thresher.ccm.controllers.route.RouteController;
import dev.thresher.ccm.controllers.service.ServiceController;
import dev.thresher.ccm.harvester.loadbalancer.Placement;
import dev.thresher.ccm.harvester.loadbalancer.StraySettings;
import dev.thresher.ccm.harvester.nodes.NodeAddressPolicy;
import dev.thresher.ccm.harvester.nodes.NodePolicy;
import dev.thresher.runtime.process.ProcessConfig;
import jakarta.inject.Named;

/// Hands each part its piece of the configuration.
@Module
interface ConfigModule {

  @Provides
  static ProcessConfig process(CcmConfig config) {
    return config.process();
  }

  @Provides
  static ClusterName cluster(CcmConfig config) {
    return config.cluster();
  }

  @Provides
  static Placement placement(CcmConfig config) {
    return config.placement();
  }

  @Provides
  static NodeAddressPolicy addresses(CcmConfig config) {
    return config.machines().addresses();
  }

  @Provides
  static NodePolicy machines(CcmConfig config) {
    return config.machines();
  }

  @Provides
  static NodeController.Settings nodes(CcmConfig config) {
    return config.nodes();
  }

  @Provides
  static NodeLifecycleController.Settings lifecycle(CcmConfig config) {
    return config.lifecycle();
  }

  @Provides
  @Named(NodeLifecycleModule.CONFIRMATION_LEASE)
  static ObjectKey confirmationLease(CcmConfig config) {
    return config.lease();
  }

  @Provides
  static RouteController.Settings routes(CcmConfig config) {
    return config.routes();
  }

  @Provides
  static LabelSync labelSync(CcmConfig config) {
    return config.labelSync();
  }

  @Provides
  static StraySettings strays(CcmConfig config) {
    return config.strays();
  }

  @Provides
  static ServiceController.Settings services(CcmConfig config) {
    return config.services();
  }
}
