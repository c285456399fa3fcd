package dev.thresher.loadbalancer.webhook;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.names.HarvesterNames;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What the webhooks were told.
///
/// @param host IP address to listen on, `0.0.0.0` for all of both families
/// @param port to listen on, 0 for any free one
/// @param namespace of the Service and the Secrets
/// @param url where API servers reach this process, empty for by the Service
/// @param authorityLife life of the certificate authority
/// @param serverLife life of the server's certificate
/// @param enforcePoolScopes see [dev.thresher.loadbalancer.rules.LoadBalancerRules.Surroundings]
public record WebhookSettings(
    String host,
    int port,
    String namespace,
    Optional<URI> url,
    Duration authorityLife,
    Duration serverLife,
    boolean enforcePoolScopes) {

  /// Of the Service, the Secrets (with a suffix) and both configurations.
  static final String NAME = HarvesterNames.LOAD_BALANCER_WEBHOOK;

  /// That a change of the configurations reaches every API server takes a second, seldom more.
  private static final Duration SETTLING = Duration.ofMinutes(5);

  private static final Duration LOOKS = Duration.ofSeconds(15);

  /// Names that the server's certificate is for, the first of them as API servers ask for it.
  List<String> names() {
    var names = new ArrayList<String>();
    names.add(NAME + "." + namespace + ".svc");
    url.map(URI::getHost)
        .map(name -> name.startsWith("[") ? name.substring(1, name.length() - 1) : name)
        .map(name -> IpAddress.tryParse(name).map(IpAddress::toString).orElse(name))
        .ifPresent(names::add);
    return names;
  }

  /// How often to look whether all is as it should be: often enough for the shortest life.
  Duration betweenLooks() {
    Duration shortest = serverLife.compareTo(authorityLife) < 0 ? serverLife : authorityLife;
    Duration part = shortest.dividedBy(20);
    return part.compareTo(LOOKS) < 0 ? part : LOOKS;
  }

  CertificatePlan.Lives lives() {
    Duration tenth = authorityLife.dividedBy(10);
    return new CertificatePlan.Lives(
        authorityLife, serverLife, tenth.compareTo(SETTLING) < 0 ? tenth : SETTLING);
  }
}
