package dev.thresher.loadbalancer.app;

import dev.thresher.runtime.cli.BuildInfo;
import dev.thresher.runtime.cli.EffectiveFlags;
import dev.thresher.runtime.cli.Flag;
import dev.thresher.runtime.cli.FlagGroup;
import dev.thresher.runtime.cli.KubeconfigOptions;
import dev.thresher.runtime.cli.LoggingOptions;
import dev.thresher.runtime.cli.ServingOptions;
import dev.thresher.runtime.cli.UsageException;
import dev.thresher.runtime.leader.LeaderElectionConfig;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.process.ProcessConfig;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The command line of `loadbalancer-controller probe-agent`.
@Command(
    name = "loadbalancer-controller probe-agent",
    description =
        "Checks back ends from the node it runs on, for load balancers with spec.healthCheck.from"
            + " node, and tells loadbalancer-controller what it finds and what the node is like.")
@FlagGroup("Probe agent")
final class ProbeAgentCommand implements Callable<Integer> {

  /// By this the program is told what it is to be.
  static final String NAME = "probe-agent";

  /// Beside that of the controller, which may run on the same node's network.
  static final int DEFAULT_PORT = 10271;

  private static final Logger log = LoggerFactory.getLogger(ProbeAgentCommand.class);

  private static final Pattern NODE_NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

  private final Map<String, String> environment;

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--node-name", description = "name of the Node that this process runs on")
  @Flag(env = "NODE_NAME")
  private String node = "";

  @Mixin private final KubeconfigOptions kubeconfig = new KubeconfigOptions(20, 30);
  @Mixin private final ServingOptions serving = new ServingOptions(DEFAULT_PORT);
  @Mixin private final LoggingOptions logging = new LoggingOptions();

  private final Run run;

  /// What is done with a configuration that was understood; returns the exit status.
  interface Run {
    int with(AgentConfig config) throws InterruptedException;
  }

  ProbeAgentCommand(Map<String, String> environment) {
    this(
        environment,
        config ->
            DaggerAgentComponent.factory()
                .create(config, ShutdownSignal.install())
                .program()
                .run());
  }

  /// @param run for tests: in place of the program
  ProbeAgentCommand(Map<String, String> environment, Run run) {
    this.environment = environment;
    this.run = run;
  }

  @Override
  public Integer call() throws InterruptedException {
    logging.apply();
    BuildInfo build = BuildInfo.load();
    log.atInfo()
        .addKeyValue("version", build.version())
        .addKeyValue("commit", build.commit())
        .addKeyValue("java", Runtime.version())
        .log("loadbalancer-controller probe-agent starts");
    return run.with(config(build));
  }

  private AgentConfig config(BuildInfo build) {
    if (!NODE_NAME.matcher(node).matches()) {
      throw new UsageException(
          "--node-name must be the name of a Node, got \""
              + node
              + "\"; give it, or set NODE_NAME from spec.nodeName of the pod");
    }
    return new AgentConfig(
        kubeconfig
            .client("host", environment)
            .withUserAgent(build.userAgent("loadbalancer-controller-probe-agent")),
        node,
        new ProcessConfig(
            LeaderElectionConfig.uniqueIdentity(),
            Optional.empty(),
            serving.endpoint(),
            serving.access(),
            Optional.empty(),
            EffectiveFlags.json(Objects.requireNonNull(spec, "picocli sets it"))));
  }
}
