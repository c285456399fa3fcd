package dev.thresher.runtime.client;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.thresher.api.ResourceType;
import dev.thresher.api.json.LenientJson;
import io.kubernetes.client.common.KubernetesObject;
import java.time.DateTimeException;

/// Objects as JSON and as models.
public final class Models {

  private Models() {}

  /// Reads an object. What the server leaves out of the items of a list, `kind` and `apiVersion`,
  /// is filled in; `managedFields`, often the larger half of an object, are dropped.
  ///
  /// @param json is changed
  /// @throws JsonParseException if the object does not fit the model
  public static <T extends KubernetesObject> T read(ResourceType<T> type, JsonObject json) {
    if (!json.has("kind")) {
      json.addProperty("kind", type.kind());
    }
    if (!json.has("apiVersion")) {
      json.addProperty("apiVersion", type.apiVersion());
    }
    if (!(json.get("metadata") instanceof JsonObject metadata) || !metadata.has("name")) {
      throw new JsonParseException(type.kind() + " without metadata.name");
    }
    metadata.remove("managedFields");
    try {
      return LenientJson.gson().fromJson(json, type.model());
    } catch (JsonParseException
        | IllegalArgumentException
        | IllegalStateException
        | DateTimeException e) {
      // The adapters of the models throw whatever their parsers throw.
      throw new JsonParseException(
          type.kind() + " \"" + metadata.get("name").getAsString() + "\": " + e.getMessage(), e);
    }
  }

  /// Writes a model for a create.
  static JsonObject write(ResourceType<?> type, KubernetesObject object) {
    JsonElement json = LenientJson.gson().toJsonTree(object);
    JsonObject document = json.getAsJsonObject();
    document.addProperty("kind", type.kind());
    document.addProperty("apiVersion", type.apiVersion());
    return document;
  }
}
