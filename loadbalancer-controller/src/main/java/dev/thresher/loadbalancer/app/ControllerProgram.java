package dev.thresher.loadbalancer.app;

import dev.thresher.loadbalancer.app.ControllersModule.Controllers;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.leader.LeaderElection;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.lifecycle.Lifecycle;
import dev.thresher.runtime.lifecycle.Program;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.serving.Endpoint;
import dev.thresher.runtime.serving.HealthChecks;
import dev.thresher.runtime.serving.HealthRegistry;
import dev.thresher.runtime.serving.OpsServer;
import dev.thresher.runtime.time.SystemTimeline;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The parts in the order of their start; they stop in the reverse one.
///
/// Caches fill before leadership and stay full without it, so that a standby takes over at once;
/// the controllers wait for both. On the way down the controllers stop before the lease is given
/// back, so that two processes never allocate at the same time.
final class ControllerProgram {

  private static final Logger log = LoggerFactory.getLogger(ControllerProgram.class);

  /// Less than the 30 s that Kubernetes gives a pod.
  private static final Duration GRACE = Duration.ofSeconds(20);

  private final ControllerConfig config;
  private final ShutdownSignal signal;
  private final SystemTimeline timeline;
  private final Metrics metrics;
  private final HealthRegistry health;
  private final OkHttpKubeApi server;
  private final Informers informers;
  private final EventWriter events;
  private final Optional<LeaderElection> election;
  private final Controllers controllers;

  @Inject
  ControllerProgram(
      ControllerConfig config,
      ShutdownSignal signal,
      SystemTimeline timeline,
      Metrics metrics,
      HealthRegistry health,
      OkHttpKubeApi server,
      Informers informers,
      EventWriter events,
      Optional<LeaderElection> election,
      Controllers controllers) {
    this.config = config;
    this.signal = signal;
    this.timeline = timeline;
    this.metrics = metrics;
    this.health = health;
    this.server = server;
    this.informers = informers;
    this.events = events;
    this.election = election;
    this.controllers = controllers;
  }

  int run() throws InterruptedException {
    log.atInfo()
        .addKeyValue("host", server.server())
        .addKeyValue("threads", config.threads())
        .addKeyValue("holdDown", config.holdDown())
        .addKeyValue("leaderElection", election.isPresent())
        .log("configuration");
    return Program.run(Lifecycle.of(components()), signal, GRACE);
  }

  private List<Component> components() {
    checks();
    List<Component> all = new ArrayList<>();
    config.serving().ifPresent(endpoint -> all.add(opsServer(endpoint)));
    all.add(timeline);
    all.add(server);
    all.add(events);
    election.ifPresent(all::add);
    all.add(informers);
    all.add(controllers.pools());
    all.add(controllers.loadBalancers());
    return all;
  }

  private void checks() {
    election.ifPresent(
        elected -> health.add(HealthChecks.Kind.LIVE, "leaderElection", elected::health));
    health.add(HealthChecks.Kind.READY, "caches", this::unsynced);
  }

  private Optional<String> unsynced() {
    return controllers.control().caches().stream().allMatch(Informer::hasSynced)
        ? Optional.empty()
        : Optional.of("not all caches of the host cluster are filled");
  }

  private OpsServer opsServer(Endpoint endpoint) {
    return OpsServer.builder(endpoint)
        .access(config.access())
        .health(health)
        .metrics(metrics)
        .configz(config::flags)
        .logLevel()
        .build();
  }
}
