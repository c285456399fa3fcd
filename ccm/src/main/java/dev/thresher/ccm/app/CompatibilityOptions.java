package dev.thresher.ccm.app;

import dev.thresher.runtime.cli.FlagGroup;
import java.lang.reflect.AnnotatedElement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/// Flags that change nothing here. Whoever gives one is told so once, in the log.
@FlagGroup("Accepted for compatibility")
// Whether a flag was given is asked of the parser; the values are nobody's.
@SuppressWarnings("UnusedVariable")
final class CompatibilityOptions {

  private static final Logger log = LoggerFactory.getLogger(CompatibilityOptions.class);

  private static final String ROUTES = "the provider has no routes";
  private static final String LOCAL =
      "nobody is authenticated: paths other than --authorization-always-allow-paths are for clients"
          + " on this machine only";
  private static final String CACHES =
      "machines are followed through caches, without questions to the guest agent";

  @Option(
      names = "--allow-untagged-cloud",
      arity = "0..1",
      fallbackValue = "true",
      description = "the provider has no cluster tags")
  @NoEffect("the provider has no cluster tags")
  private String allowUntaggedCloud = "";

  @Option(
      names = "--configure-cloud-routes",
      arity = "0..1",
      fallbackValue = "true",
      description = ROUTES)
  @NoEffect(ROUTES)
  private String configureCloudRoutes = "";

  @Option(names = "--route-reconciliation-period", description = ROUTES)
  @NoEffect(ROUTES)
  private String routeReconciliationPeriod = "";

  @Option(names = "--cluster-cidr", description = ROUTES)
  @NoEffect(ROUTES)
  private String clusterCidr = "";

  @Option(
      names = "--allocate-node-cidrs",
      arity = "0..1",
      fallbackValue = "true",
      description = ROUTES)
  @NoEffect(ROUTES)
  private String allocateNodeCidrs = "";

  @Option(names = "--cidr-allocator-type", description = ROUTES)
  @NoEffect(ROUTES)
  private String cidrAllocatorType = "";

  @Option(names = "--node-sync-period", description = "deprecated upstream")
  @NoEffect("it has none upstream either")
  private String nodeSyncPeriod = "";

  @Option(
      names = "--concurrent-node-status-updates",
      description = "--concurrent-node-syncs counts for all work on nodes")
  @NoEffect("--concurrent-node-syncs counts for all work on nodes")
  private String concurrentNodeStatusUpdates = "";

  @Option(names = "--min-resync-period", description = "caches need no resync")
  @NoEffect("caches need no resync")
  private String minResyncPeriod = "";

  @Option(names = "--controller-start-interval", description = "controllers start together")
  @NoEffect("controllers start together")
  private String controllerStartInterval = "";

  @Option(names = "--feature-gates", description = "there are no feature gates")
  @NoEffect("there are no feature gates")
  private String featureGates = "";

  @Option(
      names = "--profiling",
      arity = "0..1",
      fallbackValue = "true",
      description = "jcmd and JDK Flight Recorder profile the program")
  @NoEffect("jcmd and JDK Flight Recorder profile the program")
  private String profiling = "";

  @Option(
      names = "--contention-profiling",
      arity = "0..1",
      fallbackValue = "true",
      description = "jcmd and JDK Flight Recorder profile the program")
  @NoEffect("jcmd and JDK Flight Recorder profile the program")
  private String contentionProfiling = "";

  @Option(
      names = "--disable-http2-serving",
      arity = "0..1",
      fallbackValue = "true",
      description = "the port speaks HTTP/1.1")
  @NoEffect("the port speaks HTTP/1.1")
  private String disableHttp2Serving = "";

  @Option(names = "--http2-max-streams-per-connection", description = "the port speaks HTTP/1.1")
  @NoEffect("the port speaks HTTP/1.1")
  private String http2MaxStreams = "";

  @Option(names = "--authentication-kubeconfig", description = LOCAL)
  @NoEffect(LOCAL)
  private String authenticationKubeconfig = "";

  @Option(
      names = "--authentication-skip-lookup",
      arity = "0..1",
      fallbackValue = "true",
      description = LOCAL)
  @NoEffect(LOCAL)
  private String authenticationSkipLookup = "";

  @Option(
      names = "--authentication-tolerate-lookup-failure",
      arity = "0..1",
      fallbackValue = "true",
      description = LOCAL)
  @NoEffect(LOCAL)
  private String authenticationTolerateLookupFailure = "";

  @Option(names = "--authentication-token-webhook-cache-ttl", description = LOCAL)
  @NoEffect(LOCAL)
  private String authenticationTokenWebhookCacheTtl = "";

  @Option(names = "--client-ca-file", description = LOCAL)
  @NoEffect(LOCAL)
  private String clientCaFile = "";

  @Option(names = "--requestheader-client-ca-file", description = LOCAL)
  @NoEffect(LOCAL)
  private String requestHeaderClientCaFile = "";

  @Option(names = "--requestheader-allowed-names", description = LOCAL)
  @NoEffect(LOCAL)
  private String requestHeaderAllowedNames = "";

  @Option(names = "--requestheader-username-headers", description = LOCAL)
  @NoEffect(LOCAL)
  private String requestHeaderUsernameHeaders = "";

  @Option(names = "--requestheader-uid-headers", description = LOCAL)
  @NoEffect(LOCAL)
  private String requestHeaderUidHeaders = "";

  @Option(names = "--requestheader-group-headers", description = LOCAL)
  @NoEffect(LOCAL)
  private String requestHeaderGroupHeaders = "";

  @Option(names = "--requestheader-extra-headers-prefix", description = LOCAL)
  @NoEffect(LOCAL)
  private String requestHeaderExtraHeadersPrefix = "";

  @Option(names = "--authorization-kubeconfig", description = LOCAL)
  @NoEffect(LOCAL)
  private String authorizationKubeconfig = "";

  @Option(names = "--authorization-webhook-cache-authorized-ttl", description = LOCAL)
  @NoEffect(LOCAL)
  private String authorizationAuthorizedTtl = "";

  @Option(names = "--authorization-webhook-cache-unauthorized-ttl", description = LOCAL)
  @NoEffect(LOCAL)
  private String authorizationUnauthorizedTtl = "";

  @Option(names = "--webhook-bind-address", description = "there are no webhooks")
  @NoEffect("there are no webhooks")
  private String webhookBindAddress = "";

  @Option(names = "--webhook-secure-port", description = "there are no webhooks")
  @NoEffect("there are no webhooks")
  private String webhookSecurePort = "";

  @Option(names = "--webhook-cert-dir", description = "there are no webhooks")
  @NoEffect("there are no webhooks")
  private String webhookCertDir = "";

  @Option(
      names = "--disable-vmi-controller",
      arity = "0..1",
      fallbackValue = "true",
      description = CACHES)
  @NoEffect(CACHES)
  private String disableVmiController = "";

  @Option(
      names = "--disable-hostname-lookup",
      arity = "0..1",
      fallbackValue = "true",
      description = CACHES)
  @NoEffect(CACHES)
  private String disableHostnameLookup = "";

  @Option(
      names = "--show-full-help-on-error",
      arity = "0..1",
      fallbackValue = "true",
      description = "--help shows all flags")
  @NoEffect("--help shows all flags")
  private String showFullHelpOnError = "";

  /// Tells about each such flag that was given.
  void report(ParseResult parsed) {
    given(parsed)
        .forEach((flag, why) ->
            log.atInfo()
                .addKeyValue("flag", flag)
                .addKeyValue("why", why)
                .log("flag accepted for compatibility, it changes nothing"));
  }

  /// The flags that were given, with the reason why each changes nothing.
  Map<String, String> given(ParseResult parsed) {
    Map<String, String> given = new LinkedHashMap<>();
    for (OptionSpec option : parsed.matchedOptions()) {
      noEffect(option).ifPresent(why -> given.put(option.longestName(), why.value()));
    }
    return given;
  }

  private static Optional<NoEffect> noEffect(ArgSpec flag) {
    return flag.userObject() instanceof AnnotatedElement field
        ? Optional.ofNullable(field.getAnnotation(NoEffect.class))
        : Optional.empty();
  }
}
