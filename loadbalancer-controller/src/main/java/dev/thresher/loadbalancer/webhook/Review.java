package dev.thresher.loadbalancer.webhook;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.thresher.api.json.LenientJson;
import dev.thresher.loadbalancer.rules.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.Base64;
import java.util.Optional;

/// The question of an API server: `admission.k8s.io/v1` `AdmissionReview`.
///
/// @param uid of the question, which the answer repeats
/// @param resource plural name, without its group
/// @param operation `CREATE`, `UPDATE`, `DELETE` or `CONNECT`
/// @param namespace empty for an object of the cluster
/// @param name may be empty while the object is being created
/// @param object as it is to be, empty for a deletion
/// @param oldObject as it is now, empty for a creation
record Review(
    String uid,
    String resource,
    String operation,
    String namespace,
    String name,
    JsonObject object,
    JsonObject oldObject) {

  /// @throws MalformedException if it is no such question
  static Review read(JsonObject document) {
    JsonObject request = Envelope.ADMISSION.request(document);
    String uid = Json.text(request, "uid");
    if (uid.isEmpty()) {
      throw new MalformedException("request.uid: want the UID of the question, got \"\"");
    }
    return new Review(
        uid,
        Json.text(Json.object(request, "resource"), "resource"),
        Json.text(request, "operation"),
        Json.text(request, "namespace"),
        Json.text(request, "name"),
        Json.object(request, "object"),
        Json.object(request, "oldObject"));
  }

  /// The object as a model. What has no metadata yet gets some, so that nobody has to ask.
  ///
  /// @return empty if a field is of another kind than the schema says, which [Unreadable] tells
  <T> Optional<T> model(JsonObject document, Class<T> type) {
    JsonObject whole = document.deepCopy();
    JsonObject metadata = Json.object(whole, "metadata");
    if (Json.text(metadata, "name").isEmpty()) {
      metadata.addProperty("name", name);
    }
    if (Json.text(metadata, "namespace").isEmpty() && !namespace.isEmpty()) {
      metadata.addProperty("namespace", namespace);
    }
    whole.add("metadata", metadata);
    try {
      return Optional.ofNullable(LenientJson.gson().fromJson(whole, type));
    } catch (JsonParseException | IllegalArgumentException | DateTimeException _) {
      return Optional.empty();
    }
  }

  /// Lets it pass, changed by a JSON patch.
  JsonObject allowed(JsonArray patch) {
    JsonObject response = response(true);
    if (!patch.isEmpty()) {
      response.addProperty("patchType", "JSONPatch");
      response.addProperty(
          "patch",
          Base64.getEncoder().encodeToString(patch.toString().getBytes(StandardCharsets.UTF_8)));
    }
    return Envelope.ADMISSION.answer(response);
  }

  JsonObject answered(Verdict verdict) {
    JsonObject response = response(verdict.allowed());
    if (!verdict.allowed()) {
      var status = new JsonObject();
      status.addProperty("status", "Failure");
      status.addProperty("message", verdict.message());
      status.addProperty("reason", "Forbidden");
      status.addProperty("code", 403);
      response.add("status", status);
    }
    if (!verdict.warnings().isEmpty()) {
      response.add("warnings", Json.array(verdict.warnings()));
    }
    return Envelope.ADMISSION.answer(response);
  }

  private JsonObject response(boolean allowed) {
    var response = new JsonObject();
    response.addProperty("uid", uid);
    response.addProperty("allowed", allowed);
    return response;
  }
}
