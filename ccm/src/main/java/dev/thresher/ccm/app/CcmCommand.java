package dev.thresher.ccm.app;

import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.ccm.duties.Duty;
import dev.thresher.ccm.duties.LeaderMigration;
import dev.thresher.ccm.duties.LeaderMigration.Term;
import dev.thresher.runtime.cli.BuildInfo;
import dev.thresher.runtime.cli.Compatibility;
import dev.thresher.runtime.cli.DelegationOptions;
import dev.thresher.runtime.cli.EffectiveFlags;
import dev.thresher.runtime.cli.KubeconfigOptions;
import dev.thresher.runtime.cli.LeaderElectionOptions;
import dev.thresher.runtime.cli.LoggingOptions;
import dev.thresher.runtime.cli.ServingOptions;
import dev.thresher.runtime.client.ClientConfig;
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

/// The command line of `ccm`.
@Command(
    name = "ccm",
    description =
        "Cloud controller manager of a guest cluster whose nodes are virtual machines of a Harvester"
            + " host.")
final class CcmCommand implements Callable<Integer> {

  private static final Logger log = LoggerFactory.getLogger(CcmCommand.class);

  private final Map<String, String> environment;
  private final Run run;

  /// What happens once the flags are understood.
  interface Run {
    int with(CcmConfig config) throws InterruptedException;
  }

  @Spec private @Nullable CommandSpec spec;

  @Mixin private final CloudOptions cloud = new CloudOptions();
  @Mixin private final ControllerOptions controllers = new ControllerOptions();
  @Mixin private final NodeOptions nodes = new NodeOptions();

  @Mixin private final KubeconfigOptions kubeconfig = new KubeconfigOptions(500, 1000);

  @Mixin
  private final LeaderElectionOptions election =
      new LeaderElectionOptions(
          true, HarvesterNames.CLOUD_PROVIDER_LEASE, KubernetesNames.KUBE_SYSTEM);

  @Mixin private final LeaderMigrationOptions migration = new LeaderMigrationOptions();
  @Mixin private final ServingOptions serving = new ServingOptions(10258);
  @Mixin private final DelegationOptions delegation = new DelegationOptions();
  @Mixin private final LoggingOptions logging = new LoggingOptions();

  CcmCommand(Map<String, String> environment) {
    this(environment, CcmCommand::start);
  }

  CcmCommand(Map<String, String> environment, Run run) {
    this.environment = environment;
    this.run = run;
  }

  private static int start(CcmConfig config) throws InterruptedException {
    CcmComponent parts = DaggerCcmComponent.factory().create(config, ShutdownSignal.install());
    // The lease is waited for, and the first handshake takes as long as making everything else.
    parts.guest().connectAhead();
    return parts.program().run();
  }

  @Override
  public Integer call() throws InterruptedException {
    logging.apply();
    BuildInfo build = BuildInfo.load();
    log.atInfo()
        .addKeyValue("version", build.version())
        .addKeyValue("commit", build.commit())
        .addKeyValue("java", Runtime.version())
        .log("ccm starts");
    CcmConfig config = config(build);
    Compatibility.report(spec().commandLine().getParseResult());
    return run.with(config);
  }

  private CcmConfig config(BuildInfo build) {
    String identity = LeaderElectionConfig.uniqueIdentity();
    String agent = build.userAgent("ccm");
    CloudChoice choice = cloud.choice(nodes.machines());
    Optional<LeaderMigration> moving = migration.migration(election.elect());
    ControllerSelection running =
        controllers
            .selection()
            .without(duty -> moving.filter(plan -> plan.term(duty) == Term.ELSEWHERE).isPresent());
    ClientConfig guest = kubeconfig.client("guest", environment).withUserAgent(agent);
    return new CcmConfig(
        guest,
        controllers.ownAccounts(),
        cloud.host(choice, environment).withUserAgent(agent),
        choice,
        cloud.cluster(),
        cloud.placement(),
        cloud.strays(running.running().contains(Duty.SERVICE), election.config(identity).lease()),
        nodes.machines(),
        nodes.settings(),
        controllers.lifecycle(),
        controllers.services(),
        controllers.routes(),
        controllers.labelSync(),
        running,
        controllers.featureGates(),
        moving,
        election.config(identity).lease(),
        new ProcessConfig(
            identity,
            election.elect() ? Optional.of(election.config(identity)) : Optional.empty(),
            serving.endpoint(),
            serving.access(),
            Optional.of(delegation.delegation(guest)),
            ConfigurationDocument.of(EffectiveFlags.json(spec()), moving)));
  }

  private CommandSpec spec() {
    return Objects.requireNonNull(spec, "picocli sets it");
  }
}
