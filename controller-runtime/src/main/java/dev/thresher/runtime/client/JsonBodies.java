package dev.thresher.runtime.client;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonReader;
import dev.thresher.runtime.client.WatchApi.RawPage;
import java.io.IOException;
import java.io.Reader;
import java.util.Optional;
import java.util.function.Consumer;

/// Reads the bodies of answers.
final class JsonBodies {

  private JsonBodies() {}

  static JsonObject object(Reader body) {
    return JsonParser.parseReader(body).getAsJsonObject();
  }

  /// Reads a list item by item, so that a page is never in memory twice.
  static RawPage list(Reader body, Consumer<JsonObject> item) throws IOException {
    var reader = new JsonReader(body);
    JsonObject metadata = new JsonObject();
    reader.beginObject();
    while (reader.hasNext()) {
      switch (reader.nextName()) {
        case "metadata" -> metadata = JsonParser.parseReader(reader).getAsJsonObject();
        case "items" -> items(reader, item);
        default -> reader.skipValue();
      }
    }
    reader.endObject();
    String token = text(metadata, "continue");
    return new RawPage(
        text(metadata, "resourceVersion"), token.isEmpty() ? Optional.empty() : Optional.of(token));
  }

  private static void items(JsonReader reader, Consumer<JsonObject> item) throws IOException {
    if (reader.peek() == com.google.gson.stream.JsonToken.NULL) {
      // Go writes an empty list as null where nobody made one.
      reader.nextNull();
      return;
    }
    reader.beginArray();
    while (reader.hasNext()) {
      item.accept(JsonParser.parseReader(reader).getAsJsonObject());
    }
    reader.endArray();
  }

  private static String text(JsonObject object, String field) {
    return object.has(field) && object.get(field).isJsonPrimitive()
        ? object.get(field).getAsString()
        : "";
  }
}
