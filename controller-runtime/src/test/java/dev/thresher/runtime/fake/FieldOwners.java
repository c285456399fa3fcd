package dev.thresher.runtime.fake;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Who set which field of one object: what server-side apply goes by.
///
/// Simplified: lists are one field each, except finalizers and conditions, which are merged by
/// value and by `type`.
final class FieldOwners {

  /// Writers that do not apply.
  static final String OTHERS = "";

  private final Map<String, Set<String>> ownersOf = new HashMap<>();

  /// A write that was no apply: what it changed is now the others'.
  void changed(JsonObject before, JsonObject after) {
    Map<String, JsonElement> was = leaves(before);
    Map<String, JsonElement> is = leaves(after);
    was.keySet().stream().filter(path -> !is.containsKey(path)).forEach(ownersOf::remove);
    is.forEach((path, value) -> {
      if (!value.equals(was.get(path))) {
        ownersOf.put(path, new HashSet<>(Set.of(OTHERS)));
      }
    });
  }

  /// @param current the object, null if it is to be made
  /// @throws FakeFailure 409 if a field is another's and differs, and `force` is not set
  JsonObject apply(
      @Nullable JsonObject current,
      JsonObject document,
      String manager,
      boolean force,
      String resource,
      String name) {
    Map<String, JsonElement> result = leaves(current == null ? new JsonObject() : current);
    Map<String, JsonElement> wanted = leaves(document);
    wanted.keySet().removeIf(FieldOwners::identity);
    for (Map.Entry<String, JsonElement> field : wanted.entrySet()) {
      Set<String> owners = ownersOf.computeIfAbsent(field.getKey(), p -> new HashSet<>());
      if (!field.getValue().equals(result.get(field.getKey()))) {
        boolean othersHaveIt = owners.stream().anyMatch(owner -> !owner.equals(manager));
        if (othersHaveIt && !force) {
          throw FakeFailure.conflict(
              resource, name, "Apply failed with 1 conflict: " + field.getKey());
        }
        owners.clear();
      }
      owners.add(manager);
      result.keySet().removeIf(path -> path.startsWith(field.getKey() + "\0"));
      result.put(field.getKey(), field.getValue());
    }
    ownersOf
        .entrySet()
        .removeIf(entry -> {
          if (!wanted.containsKey(entry.getKey()) && entry.getValue().remove(manager)) {
            if (entry.getValue().isEmpty()) {
              result.remove(entry.getKey());
            }
          }
          return entry.getValue().isEmpty();
        });
    JsonObject merged = tree(result);
    document.entrySet().stream()
        .filter(e -> e.getKey().equals("apiVersion") || e.getKey().equals("kind"))
        .forEach(e -> merged.add(e.getKey(), e.getValue()));
    return merged;
  }

  private static boolean identity(String path) {
    return path.equals("apiVersion")
        || path.equals("kind")
        || path.equals("metadata\0name")
        || path.equals("metadata\0namespace");
  }

  private static Map<String, JsonElement> leaves(JsonObject object) {
    Map<String, JsonElement> leaves = new TreeMap<>();
    collect("", object, leaves);
    return leaves;
  }

  private static void collect(String prefix, JsonElement at, Map<String, JsonElement> leaves) {
    switch (at) {
      case JsonObject object when !object.isEmpty() || prefix.isEmpty() ->
          object
              .entrySet()
              .forEach(field ->
                  collect(
                      prefix.isEmpty() ? field.getKey() : prefix + "\0" + field.getKey(),
                      field.getValue(),
                      leaves));
      case JsonArray array when prefix.equals("metadata\0finalizers") ->
          array.forEach(value -> leaves.put(prefix + "\0" + value.getAsString(), value));
      case JsonArray array when prefix.equals("status\0conditions") ->
          array.forEach(value -> leaves.put(prefix + "\0" + Json.text(value, "type"), value));
      default -> leaves.put(prefix, at.deepCopy());
    }
  }

  private static JsonObject tree(Map<String, JsonElement> leaves) {
    JsonObject root = new JsonObject();
    leaves.forEach((path, value) -> {
      String[] names = path.split("\0", -1);
      JsonObject at = root;
      for (int i = 0; i < names.length - 1; i++) {
        boolean list =
            i == 1
                && (path.startsWith("metadata\0finalizers\0")
                    || path.startsWith("status\0conditions\0"));
        if (list) {
          if (!(at.get(names[1]) instanceof JsonArray)) {
            at.add(names[1], new JsonArray());
          }
          at.getAsJsonArray(names[1])
              .add(value instanceof JsonPrimitive primitive ? primitive : value.deepCopy());
          return;
        }
        at = Json.child(at, names[i]);
      }
      at.add(names[names.length - 1], value.deepCopy());
    });
    return root;
  }
}
