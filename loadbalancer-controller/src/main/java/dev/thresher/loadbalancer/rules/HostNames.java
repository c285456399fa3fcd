package dev.thresher.loadbalancer.rules;

import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.DnsLabel;
import dev.thresher.loadbalancer.ipam.Placement;
import java.util.Optional;

/// Whether the host Service can have the name of its load balancer, which may be a DNS subdomain.
///
/// Up to Kubernetes 1.35 the name of a Service is a label of RFC 1035, from 1.36 on (feature
/// `RelaxedServiceNameValidation`, KEP 5311) one of RFC 1123, which may begin with a digit. Refused
/// is what no version takes; what only some take is a warning.
final class HostNames {

  private HostNames() {}

  static Optional<Violation> check(LoadBalancer object) {
    return name(object)
        .filter(name -> !DnsLabel.is(name))
        .map(name ->
            new Violation(
                "metadata.name",
                name,
                "a name that a Service of the host can have: at most 63 lower-case letters, digits"
                    + " and dashes, with a letter first and no dash last",
                "create the LoadBalancer under another name; for a guest's Service, change"
                    + " --cluster-name of its cloud provider or use placement guest"));
  }

  /// What only newer hosts take.
  static Verdict warn(LoadBalancer object) {
    return name(object)
        .filter(name -> DnsLabel.is(name) && Character.isDigit(name.charAt(0)))
        .map(name ->
            Verdict.warn(
                "metadata.name: \""
                    + name
                    + "\" begins with a digit, which Kubernetes before 1.36 refuses for the host"
                    + " Service; let it begin with a letter"))
        .orElse(Verdict.PASS);
  }

  /// Empty if there is no host Service, or if the API server is still to make the name up.
  private static Optional<String> name(LoadBalancer object) {
    return Asked.placement(object).value() == Placement.HOST
        ? Optional.ofNullable(object.getMetadata().getName()).filter(name -> !name.isEmpty())
        : Optional.empty();
  }
}
