package dev.thresher.runtime.cli;

import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.ConnectionSource;
import dev.thresher.runtime.delegation.AuthenticationSettings;
import dev.thresher.runtime.delegation.Delegation;
import dev.thresher.runtime.delegation.ReviewSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/// The flags of who may ask for paths that are not open to everybody. A mixin.
@FlagGroup("Authentication and authorization")
public final class DelegationOptions {

  private static final AuthenticationSettings DEFAULTS = AuthenticationSettings.DEFAULTS;
  private static final ReviewSettings TTLS = ReviewSettings.DEFAULTS;

  @Option(
      names = "--authentication-kubeconfig",
      description =
          "kubeconfig of the API server that says who a client is (tokenreviews); without it that"
              + " of --kubeconfig")
  private String authenticationKubeconfig = "";

  @Option(
      names = "--authentication-skip-lookup",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "do not look up the authorities for clients in the ConfigMap"
              + " kube-system/extension-apiserver-authentication: certificates count only with"
              + " --client-ca-file and --requestheader-client-ca-file")
  private boolean skipLookup;

  @Option(
      names = "--authentication-tolerate-lookup-failure",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "when the lookup fails treat certificates as if there were none; otherwise their bearers"
              + " are turned away until it works")
  private boolean tolerateLookupFailure;

  @Option(
      names = "--authentication-token-webhook-cache-ttl",
      description = "how long the answer about a token counts")
  private Duration tokenTtl = TTLS.token();

  @Option(
      names = "--client-ca-file",
      description =
          "PEM file: a client with a certificate of one of these authorities is the user of its"
              + " common name")
  private String clientCaFile = "";

  @Option(
      names = "--requestheader-client-ca-file",
      description =
          "PEM file: a client with a certificate of one of these authorities is a proxy that names"
              + " the user in headers")
  private String requestHeaderCaFile = "";

  @Option(
      names = "--requestheader-allowed-names",
      split = ",",
      description = "common names of proxies; empty for all of --requestheader-client-ca-file")
  private List<String> allowedNames = new ArrayList<>();

  @Option(
      names = "--requestheader-username-headers",
      split = ",",
      description = "headers with the user's name; the first that has one counts")
  private List<String> usernameHeaders = new ArrayList<>(DEFAULTS.usernameHeaders());

  @Option(
      names = "--requestheader-uid-headers",
      split = ",",
      description = "headers with the user's UID")
  private List<String> uidHeaders = new ArrayList<>();

  @Option(
      names = "--requestheader-group-headers",
      split = ",",
      description = "headers with the user's groups")
  private List<String> groupHeaders = new ArrayList<>(DEFAULTS.groupHeaders());

  @Option(
      names = "--requestheader-extra-headers-prefix",
      split = ",",
      description = "beginnings of headers with further facts of the user")
  private List<String> extraPrefixes = new ArrayList<>(DEFAULTS.extraPrefixes());

  @Option(
      names = "--authorization-kubeconfig",
      description =
          "kubeconfig of the API server that says what a client may (subjectaccessreviews); without"
              + " it that of --kubeconfig")
  private String authorizationKubeconfig = "";

  @Option(
      names = "--authorization-webhook-cache-authorized-ttl",
      description = "how long a yes to a client counts")
  private Duration authorizedTtl = TTLS.authorized();

  @Option(
      names = "--authorization-webhook-cache-unauthorized-ttl",
      description = "how long a no to a client counts")
  private Duration unauthorizedTtl = TTLS.unauthorized();

  /// @param own connection of the program, for what no kubeconfig is given for
  /// @throws UsageException if a value makes no sense
  public Delegation delegation(ClientConfig own) {
    return new Delegation(
        new AuthenticationSettings(
            clientCaFile,
            requestHeaderCaFile,
            allowedNames,
            usernameHeaders,
            uidHeaders,
            groupHeaders,
            extraPrefixes,
            skipLookup,
            tolerateLookupFailure),
        new ReviewSettings(
            notNegative("--authentication-token-webhook-cache-ttl", tokenTtl),
            notNegative("--authorization-webhook-cache-authorized-ttl", authorizedTtl),
            notNegative("--authorization-webhook-cache-unauthorized-ttl", unauthorizedTtl)),
        client(authenticationKubeconfig, own),
        client(authorizationKubeconfig, own));
  }

  private static ClientConfig client(String kubeconfig, ClientConfig own) {
    return kubeconfig.isEmpty()
        ? own
        : ClientConfig.of(own.name(), new ConnectionSource.KubeconfigFile(Path.of(kubeconfig), ""))
            .withUserAgent(own.userAgent());
  }

  private static Duration notNegative(String flag, Duration value) {
    if (value.isNegative()) {
      throw new UsageException(flag + " must not be negative, got " + GoDuration.format(value));
    }
    return value;
  }
}
