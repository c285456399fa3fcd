package dev.thresher.ccm.controllers.service;

import dev.thresher.api.names.KubernetesNames;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Taint;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// The nodes that take part in load balancing.
///
/// The same for every traffic policy, and independent of readiness (KEP 3458): what must not be cut
/// off while it drains stays in, and health is for the balancer to find out: what a provider hands
/// on of the members may be fewer.
///
/// @param nodes the members, by name
/// @param digest equal for two sets if their members have the same names and provider IDs
public record NodeSet(List<V1Node> nodes, String digest) {

  /// Values of the exclusion label that include the node after all (since 1.34).
  private static final Set<String> FALSE = Set.of("0", "f", "F", "false", "False", "FALSE");

  public NodeSet {
    nodes = List.copyOf(nodes);
  }

  /// The members among all nodes.
  public static NodeSet of(List<V1Node> all) {
    List<V1Node> members =
        all.stream()
            .filter(NodeSet::takesPart)
            .sorted(Comparator.comparing(node -> node.getMetadata().getName()))
            .toList();
    StringBuilder digest = new StringBuilder();
    for (V1Node node : members) {
      var spec = node.getSpec();
      digest
          .append(node.getMetadata().getName())
          .append('=')
          .append(spec == null ? "" : Objects.requireNonNullElse(spec.getProviderID(), ""))
          .append('\n');
    }
    return new NodeSet(members, digest.toString());
  }

  static boolean takesPart(V1Node node) {
    if (node.getMetadata().getDeletionTimestamp() != null) {
      return false;
    }
    Map<String, String> labels = node.getMetadata().getLabels();
    String excluded =
        labels == null ? null : labels.get(KubernetesNames.EXCLUDE_FROM_LOAD_BALANCERS);
    if (excluded != null && !FALSE.contains(excluded)) {
      return false;
    }
    var spec = node.getSpec();
    List<V1Taint> taints = spec == null ? null : spec.getTaints();
    return taints == null
        || taints.stream()
            .noneMatch(taint -> KubernetesNames.TAINT_TO_BE_DELETED.equals(taint.getKey()));
  }
}
