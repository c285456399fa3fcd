package dev.thresher.loadbalancer.app;

import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.runtime.cli.BuildInfo;
import dev.thresher.runtime.cli.EffectiveFlags;
import dev.thresher.runtime.cli.KubeconfigOptions;
import dev.thresher.runtime.cli.LeaderElectionOptions;
import dev.thresher.runtime.cli.LoggingOptions;
import dev.thresher.runtime.cli.ServingOptions;
import dev.thresher.runtime.leader.LeaderElectionConfig;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.process.ProcessConfig;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// The command line of `loadbalancer-controller`.
@Command(
    name = "loadbalancer-controller",
    description =
        "Owner of LoadBalancer and IPPool on a Harvester host: gives addresses, makes host Services"
            + " and EndpointSlices, and answers the admission and conversion webhooks. With \"report\""
            + " as first argument it prints what there is and what does not fit, and ends.")
final class ControllerCommand implements Callable<Integer> {

  /// Free among the ports of Kubernetes' own programs (10248 to 10260).
  static final int DEFAULT_PORT = 10270;

  private static final Logger log = LoggerFactory.getLogger(ControllerCommand.class);

  private final Map<String, String> environment;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private final ControllerOptions controller = new ControllerOptions();

  @Mixin private final RoleOptions roles = new RoleOptions();

  // A burst of a thousand load balancers is three thousand writes.
  @Mixin private final KubeconfigOptions kubeconfig = new KubeconfigOptions(500, 1000);

  @Mixin
  private final LeaderElectionOptions election =
      new LeaderElectionOptions(
          true, HarvesterNames.LOAD_BALANCER_LEASE, KubernetesNames.KUBE_SYSTEM);

  @Mixin private final ServingOptions serving = new ServingOptions(DEFAULT_PORT);
  @Mixin private final LoggingOptions logging = new LoggingOptions();

  private final Run run;

  /// What is done with a configuration that was understood; returns the exit status.
  interface Run {
    int with(ControllerConfig config) throws InterruptedException;
  }

  ControllerCommand(Map<String, String> environment) {
    this(environment, ControllerCommand::start);
  }

  private static int start(ControllerConfig config) throws InterruptedException {
    ControllerComponent parts =
        DaggerControllerComponent.factory().create(config, ShutdownSignal.install());
    // The lease is waited for, and the first handshake takes as long as making everything else.
    parts.server().connectAhead();
    return parts.program().run();
  }

  /// @param run for tests: in place of the program
  ControllerCommand(Map<String, String> environment, Run run) {
    this.environment = environment;
    this.run = run;
  }

  @Override
  public Integer call() throws InterruptedException {
    logging.apply();
    controller.applyDebug();
    BuildInfo build = BuildInfo.load();
    log.atInfo()
        .addKeyValue("version", build.version())
        .addKeyValue("commit", build.commit())
        .addKeyValue("java", Runtime.version())
        .log("loadbalancer-controller starts");
    return run.with(config(build));
  }

  private ControllerConfig config(BuildInfo build) {
    String identity = LeaderElectionConfig.uniqueIdentity();
    return new ControllerConfig(
        kubeconfig
            .client("host", environment)
            .withUserAgent(build.userAgent("loadbalancer-controller")),
        controller.threads(),
        controller.holdDown(),
        controller.enforcePoolScopes(),
        controller.networkAwareGlobalPools(),
        controller.nobody(),
        roles.controller(),
        roles.webhook(controller.namespace(), controller.enforcePoolScopes()),
        new ProcessConfig(
            identity,
            election.elect() && roles.controller()
                ? Optional.of(election.config(identity))
                : Optional.empty(),
            serving.endpoint(),
            serving.access(),
            Optional.empty(),
            EffectiveFlags.json(Objects.requireNonNull(spec, "picocli sets it"))));
  }
}
