package dev.thresher.runtime.client;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.runtime.patch.Patch;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// One request, independent of the connection it goes over.
///
/// @param verb HTTP method
/// @param path begins with `/`, with the query
/// @param contentType empty if there is no body
/// @param body empty if there is none
/// @param jsonPatchWithTest a 422 may mean that the `test` failed
record HttpRequest(
    String verb, String path, String contentType, String body, boolean jsonPatchWithTest) {

  private static final String JSON = "application/json";

  static HttpRequest get(String path) {
    return new HttpRequest("GET", path, "", "", false);
  }

  static HttpRequest of(String verb, String path, Optional<JsonObject> body) {
    return new HttpRequest(
        verb, path, body.isPresent() ? JSON : "", body.map(JsonObject::toString).orElse(""), false);
  }

  static HttpRequest delete(String path, Precondition precondition) {
    JsonObject conditions = new JsonObject();
    precondition.uid().ifPresent(uid -> conditions.addProperty("uid", uid));
    precondition
        .resourceVersion()
        .ifPresent(version -> conditions.addProperty("resourceVersion", version));
    if (conditions.isEmpty()) {
      return new HttpRequest("DELETE", path, "", "", false);
    }
    JsonObject options = new JsonObject();
    options.addProperty("apiVersion", "v1");
    options.addProperty("kind", "DeleteOptions");
    options.add("preconditions", conditions);
    return new HttpRequest("DELETE", path, JSON, options.toString(), false);
  }

  static HttpRequest patch(ResourceType<?> type, ObjectKey key, Patch patch) {
    String path =
        patch.subresource().isEmpty() ? type.path(key) : type.path(key) + "/" + patch.subresource();
    String body = patch.document().toString();
    return switch (patch) {
      case Patch.Json json ->
          new HttpRequest("PATCH", path, "application/json-patch+json", body, hasTest(json));
      case Patch.Merge _ ->
          new HttpRequest("PATCH", path, "application/merge-patch+json", body, false);
      case Patch.Apply apply ->
          new HttpRequest(
              "PATCH",
              path
                  + "?fieldManager="
                  + encode(apply.fieldManager())
                  + (apply.force() ? "&force=true" : ""),
              // Every JSON document is YAML.
              "application/apply-patch+yaml",
              identified(apply.document(), type, key).toString(),
              false);
    };
  }

  static HttpRequest list(String collectionPath, ListQuery query) {
    var parameters = new StringBuilder();
    parameter(parameters, "labelSelector", query.labelSelector());
    parameter(parameters, "fieldSelector", query.fieldSelector());
    parameter(parameters, "limit", query.limit() > 0 ? Integer.toString(query.limit()) : "");
    parameter(parameters, "continue", query.continueToken().orElse(""));
    return get(collectionPath + parameters);
  }

  static HttpRequest watch(String collectionPath, WatchQuery query) {
    var parameters = new StringBuilder("?watch=true&allowWatchBookmarks=true");
    parameter(parameters, "resourceVersion", query.resourceVersion());
    parameter(parameters, "timeoutSeconds", Long.toString(query.timeout().toSeconds()));
    parameter(parameters, "labelSelector", query.labelSelector());
    parameter(parameters, "fieldSelector", query.fieldSelector());
    return get(collectionPath + parameters);
  }

  /// For messages: what was done to what, without the query, which may be long.
  String describe(String server) {
    int query = path.indexOf('?');
    return verb + " " + server + (query < 0 ? path : path.substring(0, query));
  }

  /// An applied document must say what it is, although the path says so already.
  private static JsonObject identified(JsonObject document, ResourceType<?> type, ObjectKey key) {
    JsonObject whole = document.deepCopy();
    whole.addProperty("apiVersion", type.apiVersion());
    whole.addProperty("kind", type.kind());
    if (!(whole.get("metadata") instanceof JsonObject)) {
      whole.add("metadata", new JsonObject());
    }
    JsonObject metadata = whole.getAsJsonObject("metadata");
    metadata.addProperty("name", key.name());
    if (type.namespaced()) {
      metadata.addProperty("namespace", key.namespace());
    }
    return whole;
  }

  private static boolean hasTest(Patch.Json patch) {
    for (JsonElement operation : patch.document()) {
      if (operation instanceof JsonObject object
          && object.get("op") instanceof JsonPrimitive op
          && op.getAsString().equals("test")) {
        return true;
      }
    }
    return false;
  }

  private static void parameter(StringBuilder to, String name, String value) {
    if (!value.isEmpty()) {
      to.append(to.isEmpty() ? '?' : '&').append(name).append('=').append(encode(value));
    }
  }

  private static String encode(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }
}
