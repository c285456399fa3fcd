package dev.thresher.e2e.lab;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// The objects of one namespaced collection, followed by a watch: for measurements, where asking
/// again and again would cost the server more than what is measured.
///
/// Safe for use by several threads. A watch that the server ends is not begun anew.
public final class Watched implements AutoCloseable {

  private final Map<String, JsonObject> objects = new ConcurrentHashMap<>();
  private final Stream<String> lines;
  private final String path;
  private volatile String ended = "";

  Watched(String path, Stream<String> lines) {
    this.path = path;
    this.lines = lines;
    Thread.ofPlatform().daemon().name("watch " + path).start(this::read);
  }

  /// What is there, by name.
  ///
  /// @throws LabException if the watch has ended
  public Map<String, JsonObject> objects() {
    String why = ended;
    if (!why.isEmpty()) {
      throw new LabException("the watch of " + path + " ended: " + why);
    }
    return objects;
  }

  @Override
  public void close() {
    lines.close();
  }

  private void read() {
    try {
      lines.forEach(this::take);
      ended = "the server closed it";
    } catch (RuntimeException e) {
      ended = e.toString();
    }
  }

  private void take(String line) {
    JsonObject event = JsonParser.parseString(line).getAsJsonObject();
    JsonObject object = event.getAsJsonObject("object");
    switch (event.get("type").getAsString()) {
      case "ADDED", "MODIFIED" ->
          objects.put(Json.text(object, "metadata", "name").orElseThrow(), object);
      case "DELETED" -> objects.remove(Json.text(object, "metadata", "name").orElseThrow());
      default -> throw new LabException("unexpected: " + line);
    }
  }
}
