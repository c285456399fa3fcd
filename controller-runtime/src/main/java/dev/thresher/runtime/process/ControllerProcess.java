package dev.thresher.runtime.process;

import dev.thresher.runtime.delegation.ReviewServers;
import dev.thresher.runtime.leader.LeaderElection;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.lifecycle.Lifecycle;
import dev.thresher.runtime.lifecycle.Program;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.serving.Access;
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

/// A program that elects a leader, from its first part to its exit status.
///
/// The port for operators comes first and goes last, so that a standby and a program that is stuck
/// answer, too. Then connections, Events, election, caches, controllers; they stop in the reverse
/// order: the controllers before the lease is given back, so that two processes never work at the
/// same time, and the connection after it.
public final class ControllerProcess {

  /// Less than the 30 s that Kubernetes gives a pod.
  private static final Duration GRACE = Duration.ofSeconds(20);

  private final ProcessConfig config;
  private final ShutdownSignal signal;
  private final SystemTimeline timeline;
  private final Metrics metrics;
  private final HealthRegistry health;
  private final Optional<LeaderElection> election;

  @Inject
  ControllerProcess(
      ProcessConfig config,
      ShutdownSignal signal,
      SystemTimeline timeline,
      Metrics metrics,
      HealthRegistry health,
      Optional<LeaderElection> election) {
    this.config = config;
    this.signal = signal;
    this.timeline = timeline;
    this.metrics = metrics;
    this.health = health;
    this.election = election;
  }

  /// Runs until the end is asked for. To be called once.
  ///
  /// @return the exit status
  public int run(Stages stages) throws InterruptedException {
    election.ifPresent(
        elected -> health.add(HealthChecks.Kind.LIVE, "leaderElection", elected::health));
    return Program.run(Lifecycle.of(components(stages)), signal, GRACE);
  }

  List<Component> components(Stages stages) {
    List<Component> all = new ArrayList<>();
    Optional<ReviewServers> reviews =
        config.delegation().map(delegation -> new ReviewServers(delegation, timeline, metrics));
    reviews.ifPresent(all::add);
    config.endpoint().ifPresent(endpoint -> all.add(opsServer(endpoint, reviews)));
    all.add(timeline);
    all.addAll(stages.servers());
    all.addAll(stages.events());
    election.ifPresent(elected -> {
      all.add(elected);
      all.add(new HeadStart(elected));
    });
    all.addAll(stages.caches());
    all.addAll(stages.controllers());
    return all;
  }

  private OpsServer opsServer(Endpoint endpoint, Optional<ReviewServers> reviews) {
    Access access =
        reviews.map(servers -> config.access().others(servers.access())).orElseGet(config::access);
    return OpsServer.builder(endpoint)
        .access(access)
        .health(health)
        .metrics(metrics)
        .configz(config::flags)
        .logLevel()
        .build();
  }
}
