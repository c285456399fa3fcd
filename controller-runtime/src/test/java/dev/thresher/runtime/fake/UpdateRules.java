package dev.thresher.runtime.fake;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import java.util.List;

/// What a write makes of an object.
final class UpdateRules {

  /// What no writer can change.
  private static final List<String> FIXED =
      List.of(
          "uid",
          "creationTimestamp",
          "resourceVersion",
          "generation",
          "namespace",
          "deletionTimestamp",
          "deletionGracePeriodSeconds");

  private UpdateRules() {}

  /// @param changed what the writer wants
  /// @param status the write goes to the status subresource
  /// @return the object after the write, still with its old version; equal to `current` if nothing
  ///   changes
  /// @throws FakeFailure if the writer saw an older object, or adds a finalizer to a deleted one
  static JsonObject outcome(
      FakeResource resource,
      ObjectKey key,
      JsonObject current,
      JsonObject changed,
      boolean status) {
    if (isAnother(current, changed, "resourceVersion") || isAnother(current, changed, "uid")) {
      throw FakeFailure.conflict(
          resource.resource(),
          key.name(),
          "the object has been modified; please apply your changes to the latest version and try"
              + " again");
    }
    JsonObject next = status ? current.deepCopy() : changed;
    if (resource.statusSubresource()) {
      JsonObject statusFrom = status ? changed : current;
      next.remove("status");
      if (statusFrom.has("status")) {
        next.add("status", statusFrom.get("status").deepCopy());
      }
    }
    keep(current, next);
    name(resource, key, next);
    JsonObject metadata = Json.child(next, "metadata");
    if (!Json.text(metadata, "deletionTimestamp").isEmpty()) {
      refuseNewFinalizers(resource, key, current, metadata);
    }
    if (!specOf(next).equals(specOf(current))) {
      String generation = Json.text(current, "metadata", "generation");
      metadata.addProperty("generation", generation.isEmpty() ? 2 : Long.parseLong(generation) + 1);
    }
    return next;
  }

  /// Whether this write takes the last finalizer from a deleted object.
  static boolean isLast(JsonObject object) {
    return !Json.text(object, "metadata", "deletionTimestamp").isEmpty()
        && Json.array(Json.child(object, "metadata"), "finalizers").isEmpty();
  }

  /// Puts back what no writer can change.
  static void keep(JsonObject before, JsonObject next) {
    JsonObject old = Json.child(before, "metadata");
    JsonObject metadata = Json.child(next, "metadata");
    for (String field : FIXED) {
      if (old.has(field)) {
        metadata.add(field, old.get(field).deepCopy());
      } else {
        metadata.remove(field);
      }
    }
  }

  static void name(FakeResource resource, ObjectKey key, JsonObject object) {
    object.addProperty("apiVersion", resource.apiVersion());
    object.addProperty("kind", resource.kind());
    Json.child(object, "metadata").addProperty("name", key.name());
  }

  private static boolean isAnother(JsonObject current, JsonObject changed, String field) {
    String wanted = Json.text(changed, "metadata", field);
    return !wanted.isEmpty() && !wanted.equals(Json.text(current, "metadata", field));
  }

  private static void refuseNewFinalizers(
      FakeResource resource, ObjectKey key, JsonObject current, JsonObject metadata) {
    JsonArray before = Json.array(Json.child(current, "metadata"), "finalizers");
    Json.array(metadata, "finalizers")
        .forEach(finalizer -> {
          if (!before.contains(finalizer)) {
            throw FakeFailure.invalid(
                resource.resource(),
                key.name(),
                "metadata.finalizers: Forbidden: no new finalizers can be added if the object"
                    + " is being deleted");
          }
        });
  }

  private static JsonObject specOf(JsonObject object) {
    JsonObject copy = object.deepCopy();
    copy.remove("metadata");
    copy.remove("status");
    return copy;
  }
}
