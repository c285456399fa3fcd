package dev.thresher.loadbalancer.app;

import dev.thresher.loadbalancer.app.ControllersModule.Controllers;
import dev.thresher.loadbalancer.health.NetworkProber;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.process.ControllerProcess;
import dev.thresher.runtime.process.Stages;
import dev.thresher.runtime.serving.HealthChecks;
import dev.thresher.runtime.serving.HealthRegistry;
import jakarta.inject.Inject;
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
  private final Controllers controllers;

  @Inject
  ControllerProgram(
      ControllerConfig config,
      ControllerProcess process,
      HealthRegistry health,
      OkHttpKubeApi server,
      Informers informers,
      EventWriter events,
      NetworkProber prober,
      Controllers controllers) {
    this.config = config;
    this.process = process;
    this.health = health;
    this.server = server;
    this.informers = informers;
    this.events = events;
    this.prober = prober;
    this.controllers = controllers;
  }

  int run() throws InterruptedException {
    log.atInfo()
        .addKeyValue("host", server.server())
        .addKeyValue("threads", config.threads())
        .addKeyValue("holdDown", config.holdDown())
        .addKeyValue("leaderElection", config.process().election().isPresent())
        .log("configuration");
    health.add(HealthChecks.Kind.READY, "caches", this::unsynced);
    health.add(HealthChecks.Kind.LIVE, "probes", prober::problem);
    return process.run(
        new Stages(
            List.of(server),
            List.of(events),
            List.of(informers),
            List.of(prober, controllers.pools(), controllers.loadBalancers())));
  }

  private Optional<String> unsynced() {
    return controllers.control().caches().stream().allMatch(Informer::hasSynced)
        ? Optional.empty()
        : Optional.of("not all caches of the host cluster are filled");
  }
}
