package dev.thresher.e2e.ccm;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Set;
import java.util.TreeSet;

/// What became of an object: paths that changed or went, and paths that came. Pure.
///
/// @param changed `path: before → after`
/// @param added paths of the topmost new fields
record Shape(Set<String> changed, Set<String> added) {

  /// Written by the API server at every change.
  private static final Set<String> BOOKKEEPING =
      Set.of("/metadata/resourceVersion", "/metadata/managedFields", "/metadata/generation");

  static Shape between(JsonObject before, JsonObject after) {
    var shape = new Shape(new TreeSet<>(), new TreeSet<>());
    shape.compare("", before, after);
    return shape;
  }

  private void compare(String path, JsonElement before, JsonElement after) {
    if (before instanceof JsonObject one && after instanceof JsonObject other) {
      fields(path, one, other);
    } else if (before instanceof JsonArray one
        && after instanceof JsonArray other
        && one.size() == other.size()) {
      for (int i = 0; i < one.size(); i++) {
        compare(path + "/" + i, one.get(i), other.get(i));
      }
    } else if (!before.equals(after)) {
      changed.add(path + ": " + before + " → " + after);
    }
  }

  private void fields(String path, JsonObject before, JsonObject after) {
    for (String field : before.keySet()) {
      String at = path + "/" + field;
      if (BOOKKEEPING.contains(at)) {
        continue;
      }
      if (after.has(field)) {
        compare(at, before.get(field), after.get(field));
      } else {
        changed.add(at + " went: " + before.get(field));
      }
    }
    for (String field : after.keySet()) {
      if (!before.has(field) && !BOOKKEEPING.contains(path + "/" + field)) {
        added.add(path + "/" + field);
      }
    }
  }
}
