package dev.thresher.vip.nodes;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;

/// What an API server says it serves (`APIResourceList`).
final class Discovery {

  private Discovery() {}

  /// True if the list of a group's resources has this one.
  static boolean lists(JsonObject resources, String plural) {
    if (resources.get("resources") instanceof JsonArray list) {
      for (JsonElement element : list) {
        if (element instanceof JsonObject resource
            && resource.get("name") instanceof JsonPrimitive name
            && name.getAsString().equals(plural)) {
          return true;
        }
      }
    }
    return false;
  }
}
