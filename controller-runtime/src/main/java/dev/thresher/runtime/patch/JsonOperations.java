package dev.thresher.runtime.patch;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.kubernetes.client.common.KubernetesObject;
import java.util.Objects;

/// The operations of a JSON patch (RFC 6902), in order. The first one tests the UID, so that
/// another object of the same name is left alone. Not thread-safe.
public final class JsonOperations {

  private final KubernetesObject seen;
  private final JsonArray operations = new JsonArray();

  private JsonOperations(KubernetesObject seen) {
    this.seen = seen;
  }

  /// @param seen the object as it was read, with a UID
  public static JsonOperations on(KubernetesObject seen) {
    return new JsonOperations(seen)
        .test("/metadata/uid", Objects.requireNonNull(seen.getMetadata().getUid()));
  }

  /// Tests that nothing at all has changed: for a new map or list that must not wipe one that
  /// appeared since.
  public JsonOperations unchanged() {
    return test(
        "/metadata/resourceVersion",
        Objects.requireNonNull(seen.getMetadata().getResourceVersion()));
  }

  public JsonOperations test(String path, String value) {
    return operation("test", path, new JsonPrimitive(value));
  }

  public JsonOperations add(String path, JsonElement value) {
    return operation("add", path, value);
  }

  public JsonOperations add(String path, String value) {
    return add(path, new JsonPrimitive(value));
  }

  public JsonOperations replace(String path, JsonElement value) {
    return operation("replace", path, value);
  }

  public JsonOperations remove(String path) {
    JsonObject operation = new JsonObject();
    operation.addProperty("op", "remove");
    operation.addProperty("path", path);
    operations.add(operation);
    return this;
  }

  /// @param subresource empty for the object itself
  public Patch patch(String subresource) {
    return new Patch.Json(operations.deepCopy(), subresource);
  }

  /// A key as part of a path (RFC 6901, section 3).
  public static String escape(String key) {
    return key.replace("~", "~0").replace("/", "~1");
  }

  private JsonOperations operation(String op, String path, JsonElement value) {
    JsonObject operation = new JsonObject();
    operation.addProperty("op", op);
    operation.addProperty("path", path);
    operation.add("value", value);
    operations.add(operation);
    return this;
  }
}
