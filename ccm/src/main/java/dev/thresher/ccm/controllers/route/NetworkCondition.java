package dev.thresher.ccm.controllers.route;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.patch.JsonOperations;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeCondition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// Writes the condition `NetworkUnavailable` of a Node, and no other.
final class NetworkCondition {

  private static final String TYPE = "NetworkUnavailable";

  /// The kubelet writes conditions, too; then the patch is made again from what the server has.
  private static final int TRIES = 5;

  private final KubeApi guest;

  NetworkCondition(KubeApi guest) {
    this.guest = guest;
  }

  /// @param available whether all routes of the node are there
  /// @return whether anything was written
  boolean write(V1Node node, boolean available, Instant now) {
    V1Node seen = node;
    for (int attempt = 1; ; attempt++) {
      Optional<Patch> patch = patch(seen, available, now);
      if (patch.isEmpty()) {
        return false;
      }
      try {
        return guest.patch(CoreTypes.NODE, ObjectKey.of(node), patch.get()).isPresent();
      } catch (KubeApiException e) {
        if (!e.is(Reason.CONFLICT) || attempt == TRIES) {
          throw e;
        }
      }
      Optional<V1Node> fresh = guest.get(CoreTypes.NODE, ObjectKey.of(node));
      if (fresh.isEmpty()
          || !Objects.equals(fresh.get().getMetadata().getUid(), node.getMetadata().getUid())) {
        return false;
      }
      seen = fresh.get();
    }
  }

  /// @return empty if status and reason are right already
  static Optional<Patch> patch(V1Node node, boolean available, Instant now) {
    String status = available ? "False" : "True";
    String reason = available ? "RouteCreated" : "NoRouteCreated";
    List<V1NodeCondition> present = conditions(node);
    int place = -1;
    for (int i = 0; i < present.size(); i++) {
      if (TYPE.equals(present.get(i).getType())) {
        place = i;
      }
    }
    if (place >= 0
        && status.equals(present.get(place).getStatus())
        && reason.equals(present.get(place).getReason())) {
      return Optional.empty();
    }
    JsonObject condition = new JsonObject();
    condition.addProperty("type", TYPE);
    condition.addProperty("status", status);
    condition.addProperty("reason", reason);
    condition.addProperty(
        "message",
        available ? "RouteController created a route" : "RouteController failed to create a route");
    String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
    condition.addProperty("lastHeartbeatTime", time);
    condition.addProperty("lastTransitionTime", time);

    JsonOperations operations = JsonOperations.on(node);
    if (place >= 0) {
      String entry = "/status/conditions/" + place;
      operations.test(entry + "/type", TYPE).replace(entry, condition);
    } else {
      // Two writers that append at the same moment would leave the condition there twice.
      operations.unchanged();
      if (present.isEmpty()) {
        if (node.getStatus() == null) {
          operations.add("/status", new JsonObject());
        }
        JsonArray list = new JsonArray();
        list.add(condition);
        operations.add("/status/conditions", list);
      } else {
        operations.add("/status/conditions/-", condition);
      }
    }
    return Optional.of(operations.patch("status"));
  }

  private static List<V1NodeCondition> conditions(V1Node node) {
    var status = node.getStatus();
    List<V1NodeCondition> conditions = status == null ? null : status.getConditions();
    return conditions == null ? List.of() : conditions;
  }
}
