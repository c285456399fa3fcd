package dev.thresher.loadbalancer.app;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.runtime.cli.Flag;
import dev.thresher.runtime.cli.FlagGroup;
import dev.thresher.runtime.cli.UsageException;
import dev.thresher.runtime.logging.Logging;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/// The program's own flags. A mixin.
@FlagGroup("Load balancer")
final class ControllerOptions {

  private static final int DEBUG_VERBOSITY = 6;

  @Option(
      names = {"--threads", "--threadiness"},
      description =
          "load balancers that are worked on at the same time; Harvester's controller has 2 because"
              + " each waits for its writes, here a waiting one costs next to nothing")
  @Flag(env = "THREADINESS")
  private int threads = 8;

  @Option(
      names = "--hold-down",
      description =
          "how long a released address is given to nobody but its last owner; 0 gives it away at once,"
              + " as Harvester's controller does; 1m where pools are exchanged or nearly full, since a"
              + " guest may still answer for the address")
  private Duration holdDown = Duration.ZERO;

  @Option(
      names = "--enforce-pool-scopes",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "refuse load balancers that name a pool whose scopes leave them out; without it that is a"
              + " warning, and as in Harvester whoever names a pool may take from it")
  private boolean enforcePoolScopes;

  @Option(
      names = "--network-aware-global-pools",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "a global pool, too, serves its own network only; without it, as in Harvester, it serves"
              + " every network as the last resort")
  private boolean networkAwareGlobalPools;

  /// Harvester's controller has 10.52.0.255 in any case: load-balancer-harvester,
  /// `pkg/lb/servicelb/manager.go`.
  @Option(
      names = "--placeholder-endpoints",
      description =
          "endpoint of a host Service that has no machine which can take traffic: at most one IPv4"
              + " and one IPv6 address that nobody has, comma separated; auto takes the last address"
              + " of the lowest pod network of the nodes, which is Harvester's 10.52.0.255 where the"
              + " cluster has its default pod network; none leaves such slices empty, which kube-vip"
              + " does not stand but vip-manager does")
  private String placeholders = "auto";

  @Option(
      names = "--namespace",
      description =
          "namespace of the webhooks' Service and Secrets; the lease has"
              + " --leader-elect-resource-namespace")
  @Flag(env = "NAMESPACE")
  private String namespace = "harvester-system";

  @Option(
      names = "--debug",
      arity = "0..1",
      fallbackValue = "true",
      description = "the same as -v 6")
  @Flag(env = "DEBUG")
  private boolean debug;

  @Option(
      names = "--loglevel",
      description = "of Harvester's programs: info, or debug for -v 6; others count as info")
  @Flag(env = "LOGLEVEL")
  private String logLevel = "info";

  int threads() {
    if (threads < 1 || threads > 1000) {
      throw new UsageException("--threads must be from 1 to 1000, got " + threads);
    }
    return threads;
  }

  Duration holdDown() {
    if (holdDown.isNegative()) {
      throw new UsageException("--hold-down must not be negative, got " + holdDown);
    }
    return holdDown;
  }

  boolean enforcePoolScopes() {
    return enforcePoolScopes;
  }

  boolean networkAwareGlobalPools() {
    return networkAwareGlobalPools;
  }

  /// The addresses of `--placeholder-endpoints` by family; empty for those of the nodes.
  Optional<Map<IpFamily, IpAddress>> nobody() {
    var nobody = new EnumMap<IpFamily, IpAddress>(IpFamily.class);
    if (placeholders.equals("auto")) {
      return Optional.empty();
    }
    if (placeholders.equals("none")) {
      return Optional.of(nobody);
    }
    for (String part : placeholders.split(",", -1)) {
      Optional<IpAddress> address = IpAddress.tryParse(part.strip()).filter(IpAddress::isReachable);
      if (address.isEmpty() || nobody.put(address.get().family(), address.get()) != null) {
        throw new UsageException(
            "--placeholder-endpoints must be auto, none, or at most one IPv4 and one IPv6 address that an"
                + " endpoint can have, got \""
                + placeholders
                + "\"");
      }
    }
    return Optional.of(nobody);
  }

  String namespace() {
    return namespace;
  }

  /// After the flags of logging were applied.
  void applyDebug() {
    boolean wanted =
        switch (logLevel.toLowerCase(Locale.ROOT)) {
          case "debug", "trace" -> true;
          case "info", "warn", "warning", "error", "fatal", "panic" -> debug;
          default ->
              throw new UsageException(
                  "--loglevel must be one of trace, debug, info, warn, error, got \""
                      + logLevel
                      + "\"");
        };
    if (wanted && Logging.verbosity() < DEBUG_VERBOSITY) {
      Logging.setVerbosity(DEBUG_VERBOSITY);
    }
  }
}
