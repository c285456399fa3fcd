package dev.thresher.ccm.controllers.node;

import dev.thresher.api.names.KubernetesNames;
import dev.thresher.ccm.cloudprovider.InstanceMetadata;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Which labels of a Node must change. Every method returns only those that differ.
public final class NodeLabels {

  private record Pair(String beta, String stable) {}

  private static final List<Pair> PAIRS =
      List.of(
          new Pair(KubernetesNames.LABEL_ZONE_BETA, KubernetesNames.LABEL_ZONE),
          new Pair(KubernetesNames.LABEL_REGION_BETA, KubernetesNames.LABEL_REGION),
          new Pair(KubernetesNames.LABEL_INSTANCE_TYPE_BETA, KubernetesNames.LABEL_INSTANCE_TYPE));

  private NodeLabels() {}

  /// For a Node that is being initialised: type, zone, region and the cloud's own overwrite, others
  /// are only added.
  static Map<String, String> initial(V1Node node, InstanceMetadata metadata) {
    Map<String, String> present = present(node);
    Map<String, String> wanted = new LinkedHashMap<>();
    putBoth(
        wanted,
        KubernetesNames.LABEL_INSTANCE_TYPE_BETA,
        KubernetesNames.LABEL_INSTANCE_TYPE,
        metadata.instanceType());
    putTopology(wanted, metadata);
    metadata
        .additionalLabels()
        .forEach((key, value) -> {
          if (!isReserved(key) && !present.containsKey(key)) {
            wanted.putIfAbsent(key, value);
          }
        });
    putFollowed(wanted, metadata);
    return differing(present, wanted);
  }

  /// For a Node in service. A value that the cloud does not give any more stays.
  static Map<String, String> refreshed(V1Node node, InstanceMetadata metadata, LabelSync sync) {
    Map<String, String> wanted = new LinkedHashMap<>();
    switch (sync) {
      case NONE -> {}
      case TOPOLOGY -> {
        putTopology(wanted, metadata);
        putFollowed(wanted, metadata);
      }
      case ALL -> {
        putBoth(
            wanted,
            KubernetesNames.LABEL_INSTANCE_TYPE_BETA,
            KubernetesNames.LABEL_INSTANCE_TYPE,
            metadata.instanceType());
        putTopology(wanted, metadata);
        metadata
            .additionalLabels()
            .forEach((key, value) -> {
              if (!isReserved(key)) {
                wanted.putIfAbsent(key, value);
              }
            });
        putFollowed(wanted, metadata);
      }
    }
    return differing(present(node), wanted);
  }

  /// The stable key of each pair follows the older one, where a Node has that: upstream still takes
  /// the older one for the source of truth.
  static Map<String, String> stableFromBeta(V1Node node) {
    Map<String, String> present = present(node);
    Map<String, String> wanted = new LinkedHashMap<>();
    for (Pair pair : PAIRS) {
      String beta = present.get(pair.beta);
      if (beta != null) {
        wanted.put(pair.stable, beta);
      }
    }
    return differing(present, wanted);
  }

  /// Keys in a namespace of Kubernetes, `kubernetes.io`, `k8s.io` or below: not a provider's to
  /// give.
  static boolean isReserved(String key) {
    int slash = key.indexOf('/');
    if (slash < 0) {
      return false;
    }
    String namespace = key.substring(0, slash);
    return List.of("kubernetes.io", "k8s.io").stream()
        .anyMatch(domain -> namespace.equals(domain) || namespace.endsWith("." + domain));
  }

  private static void putTopology(Map<String, String> wanted, InstanceMetadata metadata) {
    putBoth(wanted, KubernetesNames.LABEL_ZONE_BETA, KubernetesNames.LABEL_ZONE, metadata.zone());
    putBoth(
        wanted, KubernetesNames.LABEL_REGION_BETA, KubernetesNames.LABEL_REGION, metadata.region());
  }

  private static void putFollowed(Map<String, String> wanted, InstanceMetadata metadata) {
    metadata
        .followedLabels()
        .forEach((key, value) -> {
          if (!isReserved(key)) {
            wanted.put(key, value);
          }
        });
  }

  private static void putBoth(
      Map<String, String> wanted, String beta, String stable, String value) {
    if (!value.isEmpty()) {
      wanted.put(beta, value);
      wanted.put(stable, value);
    }
  }

  private static Map<String, String> differing(
      Map<String, String> present, Map<String, String> wanted) {
    Map<String, String> changes = new LinkedHashMap<>();
    wanted.forEach((key, value) -> {
      if (!Objects.equals(present.get(key), value)) {
        changes.put(key, value);
      }
    });
    return changes;
  }

  private static Map<String, String> present(V1Node node) {
    Map<String, String> labels = node.getMetadata().getLabels();
    return labels == null ? Map.of() : labels;
  }
}
