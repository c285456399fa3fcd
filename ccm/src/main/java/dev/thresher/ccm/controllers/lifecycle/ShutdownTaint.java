package dev.thresher.ccm.controllers.lifecycle;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.runtime.patch.JsonOperations;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Taint;
import java.util.List;
import java.util.Optional;

/// The patches that set and remove the taint `node.cloudprovider.kubernetes.io/shutdown`.
///
/// The list of taints is atomic for every other way of writing it, so each patch names one entry
/// and tests that it is the one that was read: a taint that somebody adds or removes at the same
/// moment is neither lost nor brought back.
final class ShutdownTaint {

  static final String EFFECT = "NoSchedule";

  private ShutdownTaint() {}

  /// @return empty if the node has it
  static Optional<Patch> add(V1Node node) {
    List<V1Taint> present = NodeView.taints(node);
    if (present.stream().anyMatch(NodeView::isShutdownTaint)) {
      return Optional.empty();
    }
    JsonObject taint = new JsonObject();
    taint.addProperty("key", KubernetesNames.TAINT_SHUTDOWN);
    taint.addProperty("effect", EFFECT);
    JsonOperations operations = JsonOperations.on(node);
    if (present.isEmpty()) {
      // There is no list to add to. A new one must not wipe one that appeared since.
      JsonArray list = new JsonArray();
      list.add(taint);
      operations.unchanged().add("/spec/taints", list);
    } else {
      operations.add("/spec/taints/-", taint);
    }
    return Optional.of(operations.patch(""));
  }

  /// @return empty if the node does not have it
  static Optional<Patch> remove(V1Node node) {
    List<V1Taint> present = NodeView.taints(node);
    for (int i = 0; i < present.size(); i++) {
      if (NodeView.isShutdownTaint(present.get(i))) {
        String entry = "/spec/taints/" + i;
        JsonOperations operations = JsonOperations.on(node);
        operations
            .test(entry + "/key", KubernetesNames.TAINT_SHUTDOWN)
            .test(entry + "/effect", EFFECT)
            .remove(entry);
        return Optional.of(operations.patch(""));
      }
    }
    return Optional.empty();
  }
}
