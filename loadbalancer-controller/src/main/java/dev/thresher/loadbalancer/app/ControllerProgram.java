package dev.thresher.loadbalancer.app;

import dev.thresher.loadbalancer.app.ControllersModule.Controllers;
import dev.thresher.loadbalancer.app.MachinesModule.MachineControllers;
import dev.thresher.loadbalancer.health.NetworkProber;
import dev.thresher.loadbalancer.webhook.Webhook;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.process.ControllerProcess;
import dev.thresher.runtime.process.Stages;
import dev.thresher.runtime.serving.HealthChecks;
import dev.thresher.runtime.serving.HealthRegistry;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which parts this program has; [ControllerProcess] starts and stops them.
final class ControllerProgram {

  private static final Logger log = LoggerFactory.getLogger(ControllerProgram.class);

  private final ControllerConfig config;
  private final ControllerProcess process;
  private final HealthRegistry health;
  private final OkHttpKubeApi server;
  private final Informers informers;
  private final EventWriter events;
  private final NetworkProber prober;
  private final Provider<Controllers> controllers;
  private final Provider<MachineControllers> machines;
  private final Optional<Webhook> webhook;

  @Inject
  ControllerProgram(
      ControllerConfig config,
      ControllerProcess process,
      HealthRegistry health,
      OkHttpKubeApi server,
      Informers informers,
      EventWriter events,
      NetworkProber prober,
      Provider<Controllers> controllers,
      Provider<MachineControllers> machines,
      Optional<Webhook> webhook) {
    this.config = config;
    this.process = process;
    this.health = health;
    this.server = server;
    this.informers = informers;
    this.events = events;
    this.prober = prober;
    this.controllers = controllers;
    this.machines = machines;
    this.webhook = webhook;
  }

  int run() throws InterruptedException {
    log.atInfo()
        .addKeyValue("host", server.server())
        .addKeyValue("threads", config.threads())
        .addKeyValue("holdDown", config.holdDown())
        .addKeyValue("leaderElection", config.process().election().isPresent())
        .addKeyValue("controller", config.controller())
        .addKeyValue("webhook", webhook.isPresent())
        .log("configuration");
    List<Component> working = new ArrayList<>();
    if (config.controller()) {
      health.add(HealthChecks.Kind.LIVE, "probes", prober::problem);
      working.add(prober);
      working.add(controllers.get().lastStatus());
      working.add(controllers.get().pools());
      working.add(controllers.get().kubeVipImport());
      working.add(controllers.get().loadBalancers());
      working.addAll(machines.get().all());
    }
    // Before the caches: that of the load balancers may be filled through the conversion. And it
    // stops after the lease was given back, since it bids its clients farewell first.
    List<Component> answering = new ArrayList<>(webhook.stream().toList());
    answering.add(events);
    health.add(HealthChecks.Kind.READY, "caches", () -> informers.unsynced("host"));
    webhook.ifPresent(hook -> health.add(HealthChecks.Kind.READY, "webhook", hook::problem));
    return process.run(new Stages(List.of(server), answering, List.of(informers), working));
  }
}
