package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.LoadBalancerName;
import dev.thresher.api.names.ThresherNames;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Which `LoadBalancer` objects belong to a Service.
///
/// The Service's UID decides. It is in the object's annotation, or, for objects of Harvester's
/// cloud provider, in the checksum at the end of the name; so an object is found again after the
/// cluster got another name.
final class Ownership {

  private Ownership() {}

  /// The Service of an object; empty if the object is not one of a Service.
  record Claim(String cluster, String serviceNamespace, String serviceName) {

    static Optional<Claim> of(LoadBalancer balancer) {
      Map<String, String> labels =
          Objects.requireNonNullElse(balancer.getMetadata().getLabels(), Map.of());
      String namespace = labels.getOrDefault(HarvesterNames.SERVICE_NAMESPACE_LABEL, "");
      String name = labels.getOrDefault(HarvesterNames.SERVICE_NAME_LABEL, "");
      return namespace.isEmpty() || name.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new Claim(labels.getOrDefault(HarvesterNames.CLUSTER_LABEL, ""), namespace, name));
    }
  }

  /// Whether an object is that of the Service with this UID.
  static boolean isOf(
      LoadBalancer balancer, String serviceNamespace, String serviceName, String serviceUid) {
    Map<String, String> annotations =
        Objects.requireNonNullElse(balancer.getMetadata().getAnnotations(), Map.of());
    String recorded = annotations.getOrDefault(ThresherNames.SERVICE_UID, "");
    if (!recorded.isEmpty()) {
      return recorded.equals(serviceUid);
    }
    Optional<Claim> claim = Claim.of(balancer);
    String cluster = claim.map(Claim::cluster).orElse("");
    return claim.isPresent()
        && claim.get().serviceNamespace().equals(serviceNamespace)
        && claim.get().serviceName().equals(serviceName)
        && LoadBalancerName.of(cluster, serviceNamespace, serviceName, serviceUid)
            .equals(balancer.getMetadata().getName());
  }

  /// Of several objects the one that has worked longest: it has the address that clients know.
  static <T extends LoadBalancer> Optional<T> choose(List<T> own) {
    return own.stream()
        .min(
            Comparator.<T, Boolean>comparing(
                    balancer -> balancer.getMetadata().getDeletionTimestamp() != null)
                .thenComparing(balancer -> Balancer.of(balancer).allocated().isEmpty())
                .thenComparing(balancer ->
                    Optional.ofNullable(balancer.getMetadata().getCreationTimestamp())
                        .map(time -> time.toInstant().toString())
                        .orElse(""))
                .thenComparing(balancer -> balancer.getMetadata().getName()));
  }
}
