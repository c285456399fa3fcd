package dev.thresher.runtime.patch;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The documents that the programs send again and again.
///
/// Those that replace a list carry the `resourceVersion` they were computed from, so that a
/// concurrent change is a conflict and not a loss.
public final class Patches {

  private Patches() {}

  /// Adds a finalizer, empty if it is there already.
  public static Optional<Patch> addFinalizer(KubernetesObject seen, String finalizer) {
    return finalizersWith(seen, finalizer).map(all -> finalizerList(seen, all));
  }

  /// The finalizers of an object with one more, empty if it is there: for a patch that says more.
  public static Optional<JsonArray> finalizersWith(KubernetesObject seen, String finalizer) {
    List<String> present = finalizers(seen);
    if (present.contains(finalizer)) {
      return Optional.empty();
    }
    JsonArray all = strings(present);
    all.add(finalizer);
    return Optional.of(all);
  }

  /// Takes a finalizer away, empty if it is not there.
  public static Optional<Patch> removeFinalizer(KubernetesObject seen, String finalizer) {
    List<String> present = finalizers(seen);
    if (!present.contains(finalizer)) {
      return Optional.empty();
    }
    return Optional.of(
        finalizerList(seen, strings(present.stream().filter(f -> !f.equals(finalizer)).toList())));
  }

  /// Sets annotations; an empty value removes the key.
  public static Patch annotations(Map<String, Optional<String>> changes) {
    return metadataMap("annotations", changes);
  }

  /// Sets labels; an empty value removes the key.
  public static Patch labels(Map<String, Optional<String>> changes) {
    return metadataMap("labels", changes);
  }

  /// Sets `status.loadBalancer.ingress` of a Service, on the status subresource.
  public static Patch serviceIngress(List<V1LoadBalancerIngress> ingress) {
    JsonArray list = new JsonArray();
    for (V1LoadBalancerIngress point : ingress) {
      JsonObject entry = new JsonObject();
      if (point.getIp() != null) {
        entry.addProperty("ip", point.getIp());
      }
      if (point.getHostname() != null) {
        entry.addProperty("hostname", point.getHostname());
      }
      if (point.getIpMode() != null) {
        entry.addProperty("ipMode", point.getIpMode());
      }
      list.add(entry);
    }
    JsonObject loadBalancer = new JsonObject();
    loadBalancer.add("ingress", list);
    return new Patch.Merge(nest(loadBalancer, "status", "loadBalancer"), "status");
  }

  /// Wraps a value into nested objects: `nest(v, "a", "b")` is `{"a":{"b":v}}`.
  public static JsonObject nest(JsonElement value, String... path) {
    JsonElement inner = value;
    for (int i = path.length - 1; i >= 0; i--) {
      JsonObject outer = new JsonObject();
      outer.add(path[i], inner);
      inner = outer;
    }
    return inner.getAsJsonObject();
  }

  /// A merge patch of the object as it was seen: if it has changed since, the answer is a conflict.
  ///
  /// @param document what is to change; it gets the version
  public static Patch.Merge merge(KubernetesObject seen, JsonObject document) {
    return merge(seen.getMetadata().getResourceVersion(), document, "");
  }

  /// As above.
  ///
  /// @param version `metadata.resourceVersion` of the object
  /// @param subresource such as `status`, empty for the object itself
  public static Patch.Merge merge(String version, JsonObject document, String subresource) {
    JsonObject metadata =
        document.get("metadata") instanceof JsonObject present ? present : new JsonObject();
    metadata.addProperty("resourceVersion", version);
    document.add("metadata", metadata);
    return new Patch.Merge(document, subresource);
  }

  private static List<String> finalizers(KubernetesObject seen) {
    List<String> present = seen.getMetadata().getFinalizers();
    return present == null ? List.of() : present;
  }

  private static JsonArray strings(List<String> values) {
    JsonArray array = new JsonArray();
    values.forEach(array::add);
    return array;
  }

  private static Patch finalizerList(KubernetesObject seen, JsonArray all) {
    return merge(seen, nest(all, "metadata", "finalizers"));
  }

  private static Patch metadataMap(String field, Map<String, Optional<String>> changes) {
    JsonObject map = new JsonObject();
    changes.forEach((key, value) ->
        map.add(
            key,
            value
                .<JsonElement>map(com.google.gson.JsonPrimitive::new)
                .orElse(com.google.gson.JsonNull.INSTANCE)));
    return new Patch.Merge(nest(map, "metadata", field), "");
  }
}
