package dev.thresher.runtime.fake;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Versions, the changes that made them, and those who watch. Not thread-safe: the store locks.
final class FakeHistory {

  /// One change.
  private record Change(
      long version,
      FakeResource resource,
      @Nullable JsonObject before,
      @Nullable JsonObject after) {}

  private record Watcher(
      FakeResource resource, Predicate<JsonObject> selector, Consumer<JsonObject> listener) {}

  /// Ends what [#watch] began.
  interface Watch {
    void end();
  }

  private final List<Change> changes = new ArrayList<>();
  private final List<Watcher> watchers = new ArrayList<>();
  private long version = 1000;
  private long compacted = 1000;

  /// Of the newest change.
  long version() {
    return version;
  }

  /// Forgets all versions but the newest.
  void compact() {
    compacted = version;
    changes.clear();
  }

  /// Gives the change a version, which is written into the object, and tells the watchers.
  ///
  /// @param before null if the object is new; it gets the version if there is no `after`
  /// @param after null if the object is gone
  void add(FakeResource resource, @Nullable JsonObject before, @Nullable JsonObject after) {
    version++;
    JsonObject versioned = after == null ? before : after;
    if (versioned != null) {
      Json.child(versioned, "metadata").addProperty("resourceVersion", Long.toString(version));
    }
    var change = new Change(version, resource, before, after);
    changes.add(change);
    List.copyOf(watchers).forEach(watcher -> tell(watcher, change));
  }

  /// @param from version after which changes are told
  /// @throws FakeFailure 410 if they are forgotten
  Watch watch(
      FakeResource resource,
      Predicate<JsonObject> selector,
      long from,
      Consumer<JsonObject> listener) {
    if (from < compacted) {
      throw FakeFailure.gone("too old resource version: " + from + " (" + compacted + ")");
    }
    var watcher = new Watcher(resource, selector, listener);
    changes.stream()
        .filter(change -> change.version() > from)
        .forEach(change -> tell(watcher, change));
    watchers.add(watcher);
    return () -> watchers.remove(watcher);
  }

  /// Tells every watcher the newest version.
  void bookmark() {
    for (Watcher watcher : List.copyOf(watchers)) {
      JsonObject metadata = new JsonObject();
      metadata.addProperty("resourceVersion", Long.toString(version));
      JsonObject object = new JsonObject();
      object.addProperty("kind", watcher.resource().kind());
      object.addProperty("apiVersion", watcher.resource().apiVersion());
      object.add("metadata", metadata);
      watcher.listener().accept(event("BOOKMARK", object));
    }
  }

  private static void tell(Watcher watcher, Change change) {
    if (!watcher.resource().equals(change.resource())) {
      return;
    }
    JsonObject before = change.before();
    JsonObject after = change.after();
    boolean was = before != null && watcher.selector().test(before);
    if (after != null && watcher.selector().test(after)) {
      watcher.listener().accept(event(was ? "MODIFIED" : "ADDED", after.deepCopy()));
    } else if (was && before != null) {
      // The last state that the watcher may see, with the version of the change.
      JsonObject last = before.deepCopy();
      Json.child(last, "metadata").addProperty("resourceVersion", Long.toString(change.version()));
      watcher.listener().accept(event("DELETED", last));
    }
  }

  private static JsonObject event(String type, JsonObject object) {
    JsonObject event = new JsonObject();
    event.addProperty("type", type);
    event.add("object", object);
    return event;
  }
}
