package dev.thresher.ccm.app;

import dev.thresher.runtime.cli.UsageException;
import dev.thresher.runtime.metrics.Metrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `--feature-gates`: what is switched on and off, by upstream's names.
///
/// A gate that upstream has retired is accepted with the value it is fixed to, so that an old
/// manifest starts; a gate of upstream's that means nothing here is accepted and said to change
/// nothing; an unknown one ends the start.
///
/// @param states by name, those that were not given included
record FeatureGates(Map<String, Boolean> states) {

  private static final Logger log = LoggerFactory.getLogger(FeatureGates.class);

  /// How settled a feature is.
  enum Stage {
    ALPHA,
    BETA,
    /// On for ever, the gate is gone upstream.
    RETIRED
  }

  /// One gate.
  ///
  /// @param preset the value when it is not given; of a retired one the only value
  /// @param meaning what it does here, or why it changes nothing
  record Gate(String name, Stage stage, boolean preset, String meaning) {}

  private static final String LOGGING = "the log is always structured";
  private static final String WEBHOOKS = "there are no webhooks";
  private static final String SERVER = "a gate of API servers, without a meaning here";

  static final List<Gate> TABLE =
      List.of(
          new Gate("CloudControllerManagerWebhook", Stage.ALPHA, false, WEBHOOKS),
          new Gate(
              "CloudControllerManagerWatchBasedRoutesReconciliation",
              Stage.ALPHA,
              false,
              "routes are looked at every --route-reconciliation-period"),
          new Gate(
              "ControllerManagerReleaseLeaderElectionLockOnExit",
              Stage.ALPHA,
              true,
              "the lease is always given back on exit"),
          new Gate(
              "CloudNodeAdditionalLabelsReconciliation",
              Stage.ALPHA,
              true,
              "--sync-node-labels says which labels follow the machine"),
          new Gate("ContextualLogging", Stage.BETA, true, LOGGING),
          new Gate("LoggingAlphaOptions", Stage.ALPHA, false, LOGGING),
          new Gate("LoggingBetaOptions", Stage.BETA, true, LOGGING),
          new Gate("NativeHistograms", Stage.ALPHA, false, "histograms have fixed buckets"),
          new Gate(
              "RemoteRequestHeaderUID", Stage.BETA, true, "--requestheader-uid-headers decides"),
          new Gate("APIServerTracing", Stage.BETA, true, SERVER),
          new Gate("APIServerIdentity", Stage.BETA, true, SERVER),
          new Gate("APIResponseCompression", Stage.BETA, true, SERVER),
          new Gate("StorageVersionAPI", Stage.ALPHA, false, SERVER),
          new Gate("StorageVersionHash", Stage.BETA, true, SERVER),
          new Gate("WatchList", Stage.BETA, true, SERVER),
          new Gate("OpenAPIEnums", Stage.BETA, true, SERVER),
          new Gate("ComponentFlagz", Stage.ALPHA, false, "/configz shows the flags"),
          new Gate("ComponentStatusz", Stage.ALPHA, false, "/readyz?verbose shows the state"),
          new Gate("SCTPSupport", Stage.RETIRED, true, "SCTP is always on since Kubernetes 1.20"),
          new Gate(
              "StableLoadBalancerNodeSet",
              Stage.RETIRED,
              true,
              "which nodes are ready never changes a balancer since Kubernetes 1.30"),
          new Gate(
              "CloudDualStackNodeIPs",
              Stage.RETIRED,
              true,
              "node addresses of both families count since Kubernetes 1.30"),
          new Gate(
              "LoadBalancerIPMode",
              Stage.RETIRED,
              true,
              "status.loadBalancer.ingress has ipMode since Kubernetes 1.32"),
          new Gate(
              "ServiceLoadBalancerClass",
              Stage.RETIRED,
              true,
              "spec.loadBalancerClass counts since Kubernetes 1.24"),
          new Gate(
              "ServiceLBNodePortControl",
              Stage.RETIRED,
              true,
              "allocateLoadBalancerNodePorts counts since Kubernetes 1.24"),
          new Gate(
              "MixedProtocolLBService",
              Stage.RETIRED,
              true,
              "a Service may mix protocols since Kubernetes 1.26"),
          new Gate(
              "ControllerManagerLeaderMigration",
              Stage.RETIRED,
              true,
              "leader migration is a flag since Kubernetes 1.24"));

  FeatureGates {
    states = Map.copyOf(states);
  }

  boolean enabled(String name) {
    Boolean state = states.get(name);
    if (state == null) {
      throw new IllegalArgumentException("no feature gate is called " + name);
    }
    return state;
  }

  /// @param items `Name=true`, `Name=false`; the last of several counts
  /// @throws UsageException for an unknown gate, a value that is none, or a retired gate that is
  ///   set to what it cannot be
  static FeatureGates parse(List<String> items) {
    Map<String, Boolean> states = new LinkedHashMap<>();
    TABLE.forEach(gate -> states.put(gate.name(), gate.preset()));
    for (String item : items) {
      if (!item.isBlank()) {
        set(states, item.strip());
      }
    }
    return new FeatureGates(states);
  }

  private static void set(Map<String, Boolean> states, String item) {
    int equals = item.indexOf('=');
    String name = equals < 0 ? item : item.substring(0, equals).strip();
    String text = equals < 0 ? "" : item.substring(equals + 1).strip();
    boolean value =
        switch (text.toLowerCase(Locale.ROOT)) {
          case "true", "1", "t" -> true;
          case "false", "0", "f" -> false;
          default ->
              throw new UsageException(
                  "--feature-gates has \"" + item + "\": want " + name + "=true or =false");
        };
    if (name.equals("AllAlpha") || name.equals("AllBeta")) {
      Stage stage = name.equals("AllAlpha") ? Stage.ALPHA : Stage.BETA;
      TABLE.stream()
          .filter(gate -> gate.stage() == stage)
          .forEach(gate -> states.put(gate.name(), value));
      return;
    }
    Gate gate =
        find(name)
            .orElseThrow(() ->
                new UsageException(
                    "--feature-gates has \""
                        + name
                        + "\", which is not known: want one of "
                        + Stream.concat(Stream.of("AllAlpha", "AllBeta"), names())
                            .collect(Collectors.joining(", "))));
    if (gate.stage() == Stage.RETIRED && value != gate.preset()) {
      throw new UsageException(
          "--feature-gates has \""
              + item
              + "\", but the gate is retired and fixed to "
              + gate.preset()
              + ": "
              + gate.meaning()
              + "; leave it out");
    }
    states.put(name, value);
    log.atInfo()
        .addKeyValue("gate", name)
        .addKeyValue("stage", gate.stage().name().toLowerCase(Locale.ROOT))
        .addKeyValue("why", gate.meaning())
        .log("feature gate accepted, it changes nothing");
  }

  private static Optional<Gate> find(String name) {
    return TABLE.stream().filter(gate -> gate.name().equals(name)).findFirst();
  }

  private static Stream<String> names() {
    return TABLE.stream().map(Gate::name);
  }

  /// `kubernetes_feature_enabled`.
  void addTo(Metrics metrics) {
    List<Metrics.Sample> samples = new ArrayList<>();
    for (Gate gate : TABLE) {
      if (gate.stage() != Stage.RETIRED) {
        samples.add(
            new Metrics.Sample(
                enabled(gate.name()) ? 1 : 0, List.of(gate.name(), gate.stage().name())));
      }
    }
    metrics.gauges(
        "kubernetes_feature_enabled",
        "Whether a feature gate is on: 1, else 0.",
        List.of("name", "stage"),
        () -> samples);
  }
}
