package dev.thresher.runtime.fake;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.List;

/// RFC 6902, without regard to speed.
final class JsonPatch {

  private JsonPatch() {}

  /// @throws FakeFailure with status 422 if the patch does not fit
  static JsonObject apply(JsonObject to, JsonArray operations) {
    JsonElement document = to.deepCopy();
    for (JsonElement element : operations) {
      JsonObject operation = element.getAsJsonObject();
      String path = operation.get("path").getAsString();
      document =
          switch (operation.get("op").getAsString()) {
            case "add" -> put(document, path, operation.get("value"), true);
            case "replace" -> put(document, path, operation.get("value"), false);
            case "remove" -> remove(document, path);
            case "test" -> test(document, path, operation.get("value"));
            case "move" -> {
              String from = operation.get("from").getAsString();
              JsonElement value = get(document, from);
              yield put(remove(document, from), path, value, true);
            }
            case "copy" ->
                put(document, path, get(document, operation.get("from").getAsString()), true);
            default ->
                throw FakeFailure.badRequest("unknown op " + operation.get("op").getAsString());
          };
    }
    return document.getAsJsonObject();
  }

  private static JsonElement test(JsonElement document, String path, JsonElement wanted) {
    JsonElement found;
    try {
      found = get(document, path);
    } catch (FakeFailure _) {
      throw FakeFailure.patchDoesNotFit(
          "error in test for path: '" + path + "': missing value: test failed");
    }
    if (!found.equals(wanted)) {
      throw FakeFailure.patchDoesNotFit("testing value " + path + " failed: test failed");
    }
    return document;
  }

  private static JsonElement get(JsonElement document, String path) {
    JsonElement at = document;
    for (String name : names(path)) {
      at = step(at, name, path);
    }
    return at.deepCopy();
  }

  private static JsonElement put(
      JsonElement document, String path, JsonElement value, boolean mayBeNew) {
    List<String> names = names(path);
    if (names.isEmpty()) {
      return value.deepCopy();
    }
    JsonElement parent = document;
    for (String name : names.subList(0, names.size() - 1)) {
      parent = step(parent, name, path);
    }
    String last = names.getLast();
    switch (parent) {
      case JsonObject object -> {
        if (!mayBeNew && !object.has(last)) {
          throw missing("replace", path);
        }
        object.add(last, value.deepCopy());
      }
      case JsonArray array -> {
        if (mayBeNew) {
          insert(array, last.equals("-") ? array.size() : position(last, path), value, path);
        } else {
          step(array, last, path);
          array.set(position(last, path), value.deepCopy());
        }
      }
      default -> throw missing("add", path);
    }
    return document;
  }

  private static JsonElement remove(JsonElement document, String path) {
    List<String> names = names(path);
    JsonElement parent = document;
    for (String name : names.subList(0, names.size() - 1)) {
      parent = step(parent, name, path);
    }
    step(parent, names.getLast(), path);
    switch (parent) {
      case JsonObject object -> object.remove(names.getLast());
      case JsonArray array -> array.remove(position(names.getLast(), path));
      default -> throw missing("remove", path);
    }
    return document;
  }

  private static void insert(JsonArray array, int at, JsonElement value, String path) {
    if (at > array.size()) {
      throw missing("add", path);
    }
    array.add(value.deepCopy());
    for (int i = array.size() - 1; i > at; i--) {
      JsonElement moved = array.get(i - 1);
      array.set(i - 1, array.get(i));
      array.set(i, moved);
    }
  }

  private static JsonElement step(JsonElement at, String name, String path) {
    return switch (at) {
      case JsonObject object when object.has(name) -> object.get(name);
      case JsonArray array when position(name, path) < array.size() ->
          array.get(position(name, path));
      default -> throw missing("doc", path);
    };
  }

  private static int position(String name, String path) {
    if (!name.matches("\\d{1,6}")) {
      throw missing("doc", path);
    }
    return Integer.parseInt(name);
  }

  private static List<String> names(String path) {
    return path.isEmpty()
        ? List.of()
        : Arrays.stream(path.substring(1).split("/", -1))
            .map(name -> name.replace("~1", "/").replace("~0", "~"))
            .toList();
  }

  private static FakeFailure missing(String operation, String path) {
    return FakeFailure.patchDoesNotFit(
        operation
            + " operation does not apply: doc is missing path: \""
            + path
            + "\": missing path");
  }
}
