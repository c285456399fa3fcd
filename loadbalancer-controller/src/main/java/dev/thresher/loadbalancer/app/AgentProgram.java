package dev.thresher.loadbalancer.app;

import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.loadbalancer.agent.LinuxNode;
import dev.thresher.loadbalancer.agent.ProbeAgent;
import dev.thresher.loadbalancer.agent.Reporter;
import dev.thresher.loadbalancer.health.NetworkProber;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.process.ControllerProcess;
import dev.thresher.runtime.process.Stages;
import dev.thresher.runtime.serving.HealthChecks;
import dev.thresher.runtime.serving.HealthRegistry;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Inject;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which parts the probe agent has; [ControllerProcess] starts and stops them.
final class AgentProgram {

  private static final Logger log = LoggerFactory.getLogger(AgentProgram.class);

  private static final Path BRIDGE_PARAMETERS = Path.of("/proc/sys/net/bridge");

  private final AgentConfig config;
  private final ControllerProcess process;
  private final HealthRegistry health;
  private final OkHttpKubeApi server;
  private final Informers informers;
  private final Metrics metrics;
  private final Timeline timeline;

  @Inject
  AgentProgram(
      AgentConfig config,
      ControllerProcess process,
      HealthRegistry health,
      OkHttpKubeApi server,
      Informers informers,
      Metrics metrics,
      Timeline timeline) {
    this.config = config;
    this.process = process;
    this.health = health;
    this.server = server;
    this.informers = informers;
    this.metrics = metrics;
    this.timeline = timeline;
  }

  int run() throws InterruptedException {
    log.atInfo()
        .addKeyValue("host", server.server())
        .addKeyValue("node", config.node())
        .log("configuration");
    var prober = new NetworkProber(timeline);
    var numbers = new HealthMetrics(metrics);
    var news = new Semaphore(0);
    var agent =
        new ProbeAgent(
            config.node(),
            config.process().identity(),
            new LinuxNode(BRIDGE_PARAMETERS),
            timeline,
            RandomGenerator.getDefault(),
            prober,
            numbers,
            news::release);
    var reporter = new Reporter(server, config.node(), agent::report, news, timeline);
    numbers.observe(agent::checkedBackends);
    agent.follow(informers.informer(LoadBalancerTypes.LOAD_BALANCER, Scope.ALL));
    health.add(HealthChecks.Kind.LIVE, "probes", prober::problem);
    health.add(HealthChecks.Kind.READY, "caches", () -> informers.unsynced("host"));
    health.add(HealthChecks.Kind.READY, "report", reporter::problem);
    return process.run(
        new Stages(List.of(server), List.of(), List.of(prober, informers), List.of(reporter)));
  }
}
