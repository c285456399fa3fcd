package dev.thresher.e2e.lab;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Every version of the objects of one collection, in the order of the server: for what must hold
/// at every moment, and not only whenever somebody looks.
///
/// A server ends a watch after half an hour at the latest, after which nothing can be said any
/// more. Safe for use by several threads.
public final class History implements AutoCloseable {

  /// @param type `ADDED`, `MODIFIED`, or `DELETED` with what was there last
  public record Change(String type, JsonObject object) {

    private String text(String field) {
      return Json.text(object, "metadata", field).orElseThrow();
    }
  }

  private final KubeApi api;
  private final String path;
  private final List<Change> changes = new ArrayList<>();
  private final Stream<String> lines;
  private volatile String ended = "";

  History(KubeApi api, String path) {
    this.api = api;
    this.path = path;
    JsonObject list = api.get(path);
    for (JsonElement element : list.getAsJsonArray("items")) {
      changes.add(new Change("ADDED", element.getAsJsonObject()));
    }
    lines = api.watch(path, Json.text(list, "metadata", "resourceVersion").orElseThrow());
    Thread.ofPlatform().daemon().name("history of " + path).start(this::follow);
  }

  /// What became of the object of a name, from the beginning up to what the server has now.
  ///
  /// @throws LabException if the watch has ended
  public List<Change> of(String name) {
    return Await.value(
        "the watch of " + path + " to follow",
        Await.PATIENCE,
        () -> {
          String newest =
              api.find(path + "/" + name)
                  .flatMap(object -> Json.text(object, "metadata", "resourceVersion"))
                  .orElse("");
          List<Change> seen = all().stream().filter(one -> one.text("name").equals(name)).toList();
          boolean gone = seen.isEmpty() || seen.getLast().type().equals("DELETED");
          String last = gone ? "" : seen.getLast().text("resourceVersion");
          return last.equals(newest) ? Optional.of(seen) : Optional.empty();
        });
  }

  /// What was heard so far.
  ///
  /// @throws LabException if the watch has ended
  public List<Change> all() {
    if (!ended.isEmpty()) {
      throw new LabException("the watch of " + path + " ended: " + ended);
    }
    synchronized (changes) {
      return List.copyOf(changes);
    }
  }

  @Override
  public void close() {
    lines.close();
  }

  private void follow() {
    try (lines) {
      lines.forEach(line -> {
        JsonObject event = JsonParser.parseString(line).getAsJsonObject();
        String type = event.get("type").getAsString();
        if (type.equals("ERROR")) {
          throw new LabException(line);
        }
        synchronized (changes) {
          changes.add(new Change(type, event.getAsJsonObject("object")));
        }
      });
      ended = "by the server";
    } catch (UncheckedIOException | LabException e) {
      ended = e.toString();
    }
  }
}
