package dev.thresher.ccm.controllers.node;

import com.google.gson.JsonObject;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.ccm.cloudprovider.InstanceMetadata;
import dev.thresher.runtime.patch.JsonOperations;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Taint;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The one patch that ends a Node's `uninitialized` taint: provider ID, labels and the taint in one
/// write.
///
/// Each entry of the taint list that goes is tested to be what it was when it was read, so that a
/// taint somebody added meanwhile is never lost: the list is atomic for every other way of writing
/// it (https://github.com/kubernetes/kubernetes/pull/131096).
public final class NodeInitialization {

  private NodeInitialization() {}

  /// What to send.
  public sealed interface Plan {

    record Send(Patch patch) implements Plan {}

    record Impossible(String message) implements Plan {}
  }

  /// Only the key of the taint counts.
  public static boolean isDue(V1Node node) {
    return taints(node).stream().anyMatch(NodeInitialization::isUninitialized);
  }

  public static Plan plan(V1Node node, InstanceMetadata metadata) {
    String present = providerId(node);
    if (present.isEmpty() && metadata.providerId().isEmpty()) {
      return new Plan.Impossible(
          "neither the node nor the cloud has a provider ID for node \""
              + node.getMetadata().getName()
              + "\"; it keeps its taint "
              + KubernetesNames.TAINT_UNINITIALIZED);
    }
    JsonOperations operations = JsonOperations.on(node);
    List<V1Taint> taints = taints(node);
    for (int i = taints.size() - 1; i >= 0; i--) {
      if (isUninitialized(taints.get(i))) {
        String entry = "/spec/taints/" + i;
        operations.test(entry + "/key", taints.get(i).getKey()).remove(entry);
      }
    }
    if (present.isEmpty()) {
      operations.add("/spec/providerID", metadata.providerId());
    }
    addLabels(operations, node, NodeLabels.initial(node, metadata));
    return new Plan.Send(operations.patch(""));
  }

  /// A patch of these labels alone, for the Node with this UID only.
  static Patch labels(V1Node node, Map<String, String> changes) {
    JsonOperations operations = JsonOperations.on(node);
    addLabels(operations, node, changes);
    return operations.patch("");
  }

  private static void addLabels(
      JsonOperations operations, V1Node node, Map<String, String> changes) {
    if (changes.isEmpty()) {
      return;
    }
    Map<String, String> present = node.getMetadata().getLabels();
    if (present == null || present.isEmpty()) {
      // There may be no map to add to. A new map must not wipe one that appeared since.
      JsonObject map = new JsonObject();
      changes.forEach(map::addProperty);
      operations.unchanged().add("/metadata/labels", map);
      return;
    }
    changes.forEach(
        (key, value) -> operations.add("/metadata/labels/" + JsonOperations.escape(key), value));
  }

  private static boolean isUninitialized(V1Taint taint) {
    return KubernetesNames.TAINT_UNINITIALIZED.equals(taint.getKey());
  }

  private static List<V1Taint> taints(V1Node node) {
    var spec = node.getSpec();
    List<V1Taint> taints = spec == null ? null : spec.getTaints();
    return taints == null ? List.of() : taints;
  }

  private static String providerId(V1Node node) {
    var spec = node.getSpec();
    return spec == null ? "" : Objects.requireNonNullElse(spec.getProviderID(), "");
  }
}
