package dev.thresher.runtime.cli;

import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.leader.LeaderElectionConfig;
import java.time.Duration;
import picocli.CommandLine.Option;

/// The flags of leader election. A mixin; the program gives its own names as defaults.
@FlagGroup("Leader election")
public final class LeaderElectionOptions {

  @Option(
      names = "--leader-elect",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "work only while holding a lease, so that of several replicas one works; =false for a"
              + " single replica")
  private boolean elect;

  @Option(
      names = "--leader-elect-lease-duration",
      description =
          "how long others wait after the last renewal they saw before they take over from a leader"
              + " that died")
  private Duration leaseDuration = Duration.ofSeconds(15);

  @Option(
      names = "--leader-elect-renew-deadline",
      description =
          "how long the leader tries to renew before it gives up and exits; less than the lease"
              + " duration")
  private Duration renewDeadline = Duration.ofSeconds(10);

  @Option(
      names = "--leader-elect-retry-period",
      description = "time between tries to acquire or renew; less than the renew deadline")
  private Duration retryPeriod = Duration.ofSeconds(2);

  @Option(
      names = "--leader-elect-resource-lock",
      description = "kind of the lock object; only \"leases\" is supported")
  private String resourceLock = "leases";

  @Option(names = "--leader-elect-resource-name", description = "name of the lease")
  private String resourceName;

  @Option(names = "--leader-elect-resource-namespace", description = "namespace of the lease")
  private String resourceNamespace;

  /// @param name default of the lease's name
  /// @param namespace default of the lease's namespace
  public LeaderElectionOptions(boolean elect, String name, String namespace) {
    this.elect = elect;
    this.resourceName = name;
    this.resourceNamespace = namespace;
  }

  public boolean elect() {
    return elect;
  }

  /// @param identity `holderIdentity`, unique among the candidates; see
  ///   [LeaderElectionConfig#uniqueIdentity()]
  /// @throws UsageException if the values do not fit together
  public LeaderElectionConfig config(String identity) {
    if (!resourceLock.equals("leases")) {
      throw new UsageException(
          "--leader-elect-resource-lock must be \"leases\", got \"" + resourceLock + "\"");
    }
    if (resourceName.isEmpty() || resourceNamespace.isEmpty()) {
      throw new UsageException(
          "--leader-elect-resource-name and --leader-elect-resource-namespace must not be empty");
    }
    try {
      return new LeaderElectionConfig(
          ObjectKey.of(resourceNamespace, resourceName),
          identity,
          leaseDuration,
          renewDeadline,
          retryPeriod);
    } catch (IllegalArgumentException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }
}
