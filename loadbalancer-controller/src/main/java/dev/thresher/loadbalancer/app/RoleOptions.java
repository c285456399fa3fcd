package dev.thresher.loadbalancer.app;

import dev.thresher.loadbalancer.webhook.WebhookSettings;
import dev.thresher.runtime.cli.Flag;
import dev.thresher.runtime.cli.FlagGroup;
import dev.thresher.runtime.cli.UsageException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/// Which of the two programs replaced this process stands for, and the flags of the webhook's. A
/// mixin.
@FlagGroup("Webhook")
final class RoleOptions {

  private static final String UNUSED =
      "accepted as Harvester's webhook has it; no rule there or here depends on who asks";

  @Option(
      names = "--controller",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "true",
      description = "work as the controller; false for a process that only answers webhooks")
  private boolean controller = true;

  @Option(
      names = "--webhook",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "true",
      description = "answer the webhooks, in every replica; false for a process without them")
  private boolean webhook = true;

  @Option(names = "--https-port", description = "port of the webhooks")
  @Flag(env = "WEBHOOK_SERVER_HTTPS_PORT")
  private int port = 8443;

  @Option(
      names = "--webhook-bind-address",
      description = "address to listen on for the webhooks, IPv4 or IPv6; 0.0.0.0 is all of both")
  private String bindAddress = "0.0.0.0";

  @Option(
      names = "--webhook-url",
      description =
          "https://HOST:PORT by which API servers reach the webhooks; without it by the Service"
              + " harvester-load-balancer-webhook")
  private String url = "";

  @Option(
      names = "--webhook-ca-lifetime",
      description = "life of the webhooks' certificate authority, replaced at two thirds of it")
  private Duration authorityLife = Duration.ofDays(3650);

  @Option(
      names = "--webhook-certificate-lifetime",
      description = "life of the webhooks' certificate, replaced at two thirds of it")
  private Duration serverLife = Duration.ofDays(365);

  @SuppressWarnings("UnusedVariable") // Only shown by /configz.
  @Option(names = "--controller-user", description = UNUSED)
  @Flag(env = "CONTROLLER_USER_NAME")
  private String controllerUser = "harvester-load-balancer-webhook";

  @SuppressWarnings("UnusedVariable") // Only shown by /configz.
  @Option(names = "--gc-user", description = UNUSED)
  @Flag(env = "GARBAGE_COLLECTION_USER_NAME")
  private String collectorUser = "system:serviceaccount:kube-system:generic-garbage-collector";

  /// @throws UsageException if nothing is left to do
  boolean controller() {
    if (!controller && !webhook) {
      throw new UsageException(
          "--controller=false and --webhook=false leave nothing to do; leave one of them out");
    }
    return controller;
  }

  /// Empty if there are to be none.
  ///
  /// @throws UsageException if a value makes no sense
  Optional<WebhookSettings> webhook(String namespace, boolean enforcePoolScopes) {
    if (!webhook) {
      return Optional.empty();
    }
    if (port < 1 || port > 65_535) {
      throw new UsageException("--https-port must be from 1 to 65535, got " + port);
    }
    return Optional.of(
        new WebhookSettings(
            bindAddress,
            port,
            namespace,
            url(),
            life("--webhook-ca-lifetime", authorityLife),
            life("--webhook-certificate-lifetime", serverLife),
            enforcePoolScopes));
  }

  private Optional<URI> url() {
    if (url.isEmpty()) {
      return Optional.empty();
    }
    try {
      var parsed = new URI(url);
      boolean path = parsed.getPath() != null && !parsed.getPath().matches("/?");
      if ("https".equals(parsed.getScheme()) && parsed.getHost() != null && !path) {
        return Optional.of(parsed);
      }
    } catch (URISyntaxException e) {
      throw new UsageException(refused() + ": " + e.getMessage());
    }
    throw new UsageException(refused());
  }

  private String refused() {
    return "--webhook-url must be https://HOST:PORT without a path, got \"" + url + "\"";
  }

  private static Duration life(String flag, Duration life) {
    // Within a third of it the change has to reach every API server.
    if (life.compareTo(Duration.ofSeconds(30)) < 0) {
      throw new UsageException(flag + " must be at least 30s, got " + life);
    }
    return life;
  }
}
