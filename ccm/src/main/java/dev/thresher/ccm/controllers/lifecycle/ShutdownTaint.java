package dev.thresher.ccm.controllers.lifecycle;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Taint;
import java.util.List;
import java.util.Objects;
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
    JsonArray operations = forThisNode(node);
    if (present.isEmpty()) {
      // There is no list to add to. A new one must not wipe one that appeared since.
      operations.add(
          operation(
              "test",
              "/metadata/resourceVersion",
              text(Objects.requireNonNull(node.getMetadata().getResourceVersion()))));
      JsonArray list = new JsonArray();
      list.add(taint);
      operations.add(operation("add", "/spec/taints", list));
    } else {
      operations.add(operation("add", "/spec/taints/-", taint));
    }
    return Optional.of(new Patch.Json(operations, ""));
  }

  /// @return empty if the node does not have it
  static Optional<Patch> remove(V1Node node) {
    List<V1Taint> present = NodeView.taints(node);
    for (int i = 0; i < present.size(); i++) {
      if (NodeView.isShutdownTaint(present.get(i))) {
        String entry = "/spec/taints/" + i;
        JsonArray operations = forThisNode(node);
        operations.add(operation("test", entry + "/key", text(KubernetesNames.TAINT_SHUTDOWN)));
        operations.add(operation("test", entry + "/effect", text(EFFECT)));
        JsonObject remove = new JsonObject();
        remove.addProperty("op", "remove");
        remove.addProperty("path", entry);
        operations.add(remove);
        return Optional.of(new Patch.Json(operations, ""));
      }
    }
    return Optional.empty();
  }

  private static JsonArray forThisNode(V1Node node) {
    JsonArray operations = new JsonArray();
    operations.add(
        operation(
            "test", "/metadata/uid", text(Objects.requireNonNull(node.getMetadata().getUid()))));
    return operations;
  }

  private static JsonObject operation(String op, String path, JsonElement value) {
    JsonObject operation = new JsonObject();
    operation.addProperty("op", op);
    operation.addProperty("path", path);
    operation.add("value", value);
    return operation;
  }

  private static JsonPrimitive text(String value) {
    return new JsonPrimitive(value);
  }
}
