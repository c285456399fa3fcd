package dev.thresher.e2e.lab;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The objects of one namespaced collection, followed by a watch: for measurements, where asking
/// again and again would cost the server more than what is measured.
///
/// A busy server ends a watch that cannot follow; what is there is listed then, and the next watch
/// begins. Safe for use by several threads.
public final class Watched implements AutoCloseable {

  private final ConcurrentHashMap<String, JsonObject> objects = new ConcurrentHashMap<>();
  private final KubeApi api;
  private final String path;
  private volatile Stream<String> lines;
  private volatile boolean closed;
  private volatile String failed = "";

  Watched(KubeApi api, String path) {
    this.api = api;
    this.path = path;
    this.lines = begin();
    Thread.ofPlatform().daemon().name("watch " + path).start(this::follow);
  }

  /// What is there, by name.
  ///
  /// @throws LabException if the server cannot be asked any more
  public Map<String, JsonObject> objects() {
    if (!failed.isEmpty()) {
      throw new LabException("the watch of " + path + " ended: " + failed);
    }
    return objects;
  }

  @Override
  public void close() {
    closed = true;
    lines.close();
  }

  private void follow() {
    try {
      while (true) {
        read();
        if (closed) {
          return;
        }
        lines = begin();
      }
    } catch (RuntimeException e) {
      failed = e.toString();
    }
  }

  private Stream<String> begin() {
    JsonObject list = api.get(path);
    Map<String, JsonObject> there =
        list.getAsJsonArray("items").asList().stream()
            .map(JsonElement::getAsJsonObject)
            .collect(Collectors.toMap(Watched::name, object -> object));
    objects.putAll(there);
    objects.keySet().retainAll(there.keySet());
    return api.watch(path, Json.text(list, "metadata", "resourceVersion").orElseThrow());
  }

  /// Until the server ends it.
  private void read() {
    try (Stream<String> now = lines) {
      now.takeWhile(this::take).forEach(_ -> {});
    } catch (UncheckedIOException e) {
      // The connection broke, which is an end as any other.
      System.err.println("watch of " + path + ": " + e.getMessage());
    }
  }

  /// @return whether more may come
  private boolean take(String line) {
    JsonObject event = JsonParser.parseString(line).getAsJsonObject();
    JsonObject object = event.getAsJsonObject("object");
    switch (event.get("type").getAsString()) {
      case "ADDED", "MODIFIED" -> objects.put(name(object), object);
      case "DELETED" -> objects.remove(name(object));
      case "ERROR" -> {
        return false;
      }
      default -> throw new LabException("unexpected: " + line);
    }
    return true;
  }

  private static String name(JsonObject object) {
    return Json.text(object, "metadata", "name").orElseThrow();
  }
}
