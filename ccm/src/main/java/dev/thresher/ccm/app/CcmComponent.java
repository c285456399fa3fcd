package dev.thresher.ccm.app;

import dagger.BindsInstance;
import dagger.Component;
import dev.thresher.ccm.clusters.Guest;
import dev.thresher.ccm.controllers.lifecycle.NodeLifecycleModule;
import dev.thresher.ccm.controllers.node.NodeControllerModule;
import dev.thresher.ccm.controllers.route.RouteControllerModule;
import dev.thresher.ccm.controllers.service.ServiceControllerModule;
import dev.thresher.ccm.harvester.HarvesterModule;
import dev.thresher.ccm.harvester.HostServiceDriverModule;
import dev.thresher.ccm.kubevirt.KubeVirtModule;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.process.ProcessModule;
import jakarta.inject.Singleton;

/// Everything of one process.
@Singleton
@Component(
    modules = {
      ConfigModule.class,
      ClustersModule.class,
      DutiesModule.class,
      ProcessModule.class,
      ProvidersModule.class,
      HarvesterModule.class,
      HostServiceDriverModule.class,
      KubeVirtModule.class,
      NodeControllerModule.class,
      NodeLifecycleModule.class,
      RouteControllerModule.class,
      ServiceControllerModule.class
    })
interface CcmComponent {

  CcmProgram program();

  @Guest
  OkHttpKubeApi guest();

  Metrics metrics();

  @Component.Factory
  interface Factory {
    CcmComponent create(@BindsInstance CcmConfig config, @BindsInstance ShutdownSignal signal);
  }
}
