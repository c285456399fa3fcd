package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Whose address a Service is to have.
///
/// A Service may name another one that shares an address itself; then it shares the address at the
/// end of the chain. A chain that never ends is refused, for each Service in it.
sealed interface Share {

  /// Its own.
  record None() implements Share {}

  /// That of another Service.
  ///
  /// @param primary the end of the chain, which has an address of its own
  record Of(V1Service primary) implements Share {}

  /// That of another Service, which cannot be: the Service stays as it is.
  record Refused(Notice why) implements Share {}

  String MISSING = "PrimaryServiceMissing";

  /// Longest value of a label.
  int MAX_LABEL = 63;

  /// @param services finds the Services of the guest
  static Share of(V1Service service, Function<ObjectKey, Optional<V1Service>> services) {
    if (named(service).isEmpty()) {
      return new None();
    }
    Set<ObjectKey> path = new LinkedHashSet<>();
    V1Service at = service;
    while (true) {
      path.add(ObjectKey.of(at));
      String value = named(at);
      if (value.isEmpty()) {
        return new Of(at);
      }
      Optional<ObjectKey> next = parse(value);
      if (next.isEmpty()) {
        return refused(
            "AnnotationInvalid", at, value, "; want the Service to share with as namespace/name");
      }
      if (path.contains(next.get())) {
        return refused(
            "PrimaryServiceCycle",
            at,
            value,
            ", which leads back to itself: "
                + path.stream().map(ObjectKey::toString).collect(Collectors.joining(" -> "))
                + " -> "
                + next.get()
                + "; remove the annotation from the one that is to have the address");
      }
      Optional<V1Service> found = services.apply(next.get());
      if (found.isEmpty() || found.get().getMetadata().getDeletionTimestamp() != null) {
        return refused(
            MISSING,
            at,
            value,
            found.isEmpty()
                ? ": there is no such Service; create it, or remove the annotation"
                : ": that Service is being deleted; remove the annotation");
      }
      if (!isBalanced(found.get())) {
        return refused(
            "PrimaryServiceInvalid",
            at,
            value,
            ": that Service is not of type LoadBalancer, or another implementation serves it;"
                + " name one that has an address");
      }
      at = found.get();
    }
  }

  /// The label of a Service that shares, as Harvester has it; empty if it is longer than labels may
  /// be.
  static Optional<String> label(ObjectKey primary) {
    String label = primary.namespace() + "." + primary.name();
    return label.length() <= MAX_LABEL ? Optional.of(label) : Optional.empty();
  }

  /// Whether a Service has the label.
  static boolean isMarked(V1Service service) {
    Map<String, String> labels = service.getMetadata().getLabels();
    return labels != null && labels.containsKey(HarvesterNames.PRIMARY_SERVICE);
  }

  /// The annotation, empty if there is none.
  static String named(V1Service service) {
    return Annotations.of(service, HarvesterNames.PRIMARY_SERVICE).strip();
  }

  /// The Service that the annotation names; empty if it names none.
  static Optional<ObjectKey> parse(String value) {
    String[] parts = value.split("/", -1);
    return parts.length == 2 && !parts[0].isBlank() && !parts[1].isBlank()
        ? Optional.of(ObjectKey.of(parts[0].strip(), parts[1].strip()))
        : Optional.empty();
  }

  private static boolean isBalanced(V1Service service) {
    var spec = service.getSpec();
    String named = spec == null ? null : spec.getLoadBalancerClass();
    return spec != null
        && "LoadBalancer".equals(spec.getType())
        && (named == null || named.isEmpty());
  }

  private static Refused refused(String reason, V1Service at, String value, String rest) {
    return new Refused(
        new Notice(
            reason,
            "annotation "
                + HarvesterNames.PRIMARY_SERVICE
                + " of Service "
                + ObjectKey.of(at)
                + " is \""
                + value
                + "\""
                + rest));
  }
}
