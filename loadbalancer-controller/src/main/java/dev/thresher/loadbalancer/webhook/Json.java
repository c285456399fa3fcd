package dev.thresher.loadbalancer.webhook;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Collection;
import java.util.Optional;

/// Reads documents of which nothing is certain: what is absent or of another kind reads as empty.
final class Json {

  private Json() {}

  static JsonObject object(JsonObject from, String field) {
    return from.get(field) instanceof JsonObject found ? found : new JsonObject();
  }

  static Optional<JsonArray> array(JsonObject from, String field) {
    return Optional.ofNullable(from.get(field)).flatMap(Json::array);
  }

  static Optional<JsonArray> array(JsonElement element) {
    return element instanceof JsonArray array ? Optional.of(array) : Optional.empty();
  }

  static JsonArray array(Collection<String> texts) {
    var array = new JsonArray();
    texts.forEach(array::add);
    return array;
  }

  /// The text of a text, number or boolean.
  static String text(JsonObject from, String field) {
    return Optional.ofNullable(from.get(field)).flatMap(Json::text).orElse("");
  }

  static Optional<String> text(JsonElement element) {
    return element.isJsonPrimitive() ? Optional.of(element.getAsString()) : Optional.empty();
  }
}
