package dev.thresher.ccm.kubevirt;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/// Zone and region of the host's nodes, which the machines on them share.
final class HostNodes {

  /// Both may be empty.
  record Place(String zone, String region) {
    static final Place UNKNOWN = new Place("", "");
  }

  private final Optional<Informer<V1Node>> nodes;

  /// @param nodes empty where zones are not wanted
  HostNodes(Optional<Informer<V1Node>> nodes) {
    this.nodes = nodes;
  }

  Place of(String hostNode) {
    return hostNode.isEmpty()
        ? Place.UNKNOWN
        : nodes
            .flatMap(cache -> cache.get(ObjectKey.cluster(hostNode)))
            .map(HostNodes::place)
            .orElse(Place.UNKNOWN);
  }

  /// Hears the name of a host node whose place is new or another.
  void onChange(Consumer<String> hostNode) {
    nodes.ifPresent(cache ->
        cache.onChange(change -> {
          if (matters(change)) {
            hostNode.accept(Objects.requireNonNull(change.object().getMetadata().getName()));
          }
        }));
  }

  private static boolean matters(Change<V1Node> change) {
    return switch (change) {
      case Change.Added<V1Node> _ -> true;
      case Change.Updated<V1Node>(V1Node before, V1Node now) -> !place(before).equals(place(now));
      case Change.Deleted<V1Node> _ -> false;
    };
  }

  private static Place place(V1Node node) {
    Map<String, String> labels =
        Objects.requireNonNullElse(node.getMetadata().getLabels(), Map.of());
    return new Place(
        labels.getOrDefault(KubernetesNames.LABEL_ZONE, ""),
        labels.getOrDefault(KubernetesNames.LABEL_REGION, ""));
  }
}
