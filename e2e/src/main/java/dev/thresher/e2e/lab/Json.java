package dev.thresher.e2e.lab;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Collection;
import java.util.Date;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Kubernetes objects as plain JSON.
final class Json {
  static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

  private Json() {}

  /// @param pairs name, value, name, value, …; a value is a string, number, boolean, element, map
  ///   or collection, or null to leave the pair out
  static JsonObject object(@Nullable Object... pairs) {
    var object = new JsonObject();
    for (int i = 0; i < pairs.length; i += 2) {
      Object value = pairs[i + 1];
      if (value != null) {
        object.add(String.valueOf(pairs[i]), element(value));
      }
    }
    return object;
  }

  static JsonArray array(Object... values) {
    var array = new JsonArray();
    for (Object value : values) {
      array.add(element(value));
    }
    return array;
  }

  static JsonElement element(@Nullable Object value) {
    return switch (value) {
      case null -> JsonNull.INSTANCE;
      case JsonElement e -> e;
      case String s -> new JsonPrimitive(s);
      case Number n -> new JsonPrimitive(n);
      case Boolean b -> new JsonPrimitive(b);
      case Map<?, ?> m -> {
        var object = new JsonObject();
        m.forEach((k, v) -> object.add(String.valueOf(k), element(v)));
        yield object;
      }
      case Collection<?> c -> array(c.toArray());
      case Date d -> new JsonPrimitive(d.toInstant().toString());
      default -> new JsonPrimitive(value.toString());
    };
  }

  /// The text at a path of field names, if all of it is there.
  static Optional<String> text(JsonObject object, String... path) {
    return at(object, path).filter(JsonElement::isJsonPrimitive).map(JsonElement::getAsString);
  }

  static Optional<JsonElement> at(JsonObject object, String... path) {
    JsonElement here = object;
    for (String field : path) {
      if (!(here instanceof JsonObject o) || !o.has(field)) {
        return Optional.empty();
      }
      here = o.get(field);
    }
    return Optional.of(here);
  }
}
