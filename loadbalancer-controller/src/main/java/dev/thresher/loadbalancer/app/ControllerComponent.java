package dev.thresher.loadbalancer.app;

import dagger.BindsInstance;
import dagger.Component;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.process.ProcessModule;
import jakarta.inject.Singleton;

/// Everything of one process.
@Singleton
@Component(
    modules = {
      ProcessModule.class,
      HostModule.class,
      ControllerModule.class,
      ControllersModule.class,
      MachinesModule.class,
      WebhookModule.class
    })
interface ControllerComponent {

  ControllerProgram program();

  OkHttpKubeApi server();

  ControllersModule.Controllers controllers();

  Metrics metrics();

  @Component.Factory
  interface Factory {
    ControllerComponent create(
        @BindsInstance ControllerConfig config, @BindsInstance ShutdownSignal signal);
  }
}
