package dev.thresher.loadbalancer.app;

import dagger.Module;
import dagger.Provides;
import dev.thresher.loadbalancer.machines.MachineControl;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Singleton;
import java.util.List;

/// What looks after the host's virtual machines.
@Module
interface MachinesModule {

  /// The controllers, connected to what they watch.
  record MachineControllers(List<Controller<?>> all) {}

  @Provides
  @Singleton
  static MachineControllers controllers(
      OkHttpKubeApi server,
      Informers informers,
      EventWriter events,
      Leadership leadership,
      Metrics metrics,
      Timeline timeline) {
    var control = new MachineControl(server.fenced(leadership::held), informers, events);
    return new MachineControllers(control.controllers(leadership, metrics, timeline));
  }
}
