package dev.thresher.runtime.fake;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/// Reading of JSON documents.
final class Json {

  private Json() {}

  /// The string at a path of field names, empty if there is none.
  static String text(JsonElement from, String... path) {
    JsonElement at = from;
    for (String name : path) {
      if (!(at instanceof JsonObject object) || !object.has(name)) {
        return "";
      }
      at = object.get(name);
    }
    return at.isJsonPrimitive() ? at.getAsString() : "";
  }

  /// The object in a field; it is made if it is missing.
  static JsonObject child(JsonObject parent, String name) {
    if (!(parent.get(name) instanceof JsonObject)) {
      parent.add(name, new JsonObject());
    }
    return parent.getAsJsonObject(name);
  }

  static JsonArray array(JsonObject parent, String name) {
    return parent.get(name) instanceof JsonArray array ? array : new JsonArray();
  }
}
