package dev.thresher.runtime.client;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.thresher.runtime.client.KubeApiException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What an answer other than success means, from its HTTP status and its `Status` object.
final class Failures {

  /// The `Status` of an answer, as far as it matters.
  ///
  /// @param reason `metav1.StatusReason`, empty if the body was no `Status`
  /// @param named whether the `Status` is about one object, not about a missing resource type
  record Status(
      int code, String reason, String message, boolean named, Optional<Duration> retryAfter) {}

  private Failures() {}

  /// @param retryAfter value of the header in seconds, empty if there was none
  static Status read(int code, String body, String retryAfter) {
    JsonObject status = object(body);
    JsonObject details = child(status, "details");
    String message = text(status, "message");
    for (JsonElement cause : array(details, "causes")) {
      String more = cause.isJsonObject() ? text(cause.getAsJsonObject(), "message") : "";
      if (!more.isEmpty() && !message.contains(more)) {
        message = message + "; " + more;
      }
    }
    String seconds =
        retryAfter.isEmpty() && details.has("retryAfterSeconds")
            ? details.get("retryAfterSeconds").getAsString()
            : retryAfter;
    return new Status(
        code,
        text(status, "reason"),
        message.isEmpty() ? abbreviated(body) : message,
        !text(details, "name").isEmpty(),
        seconds.matches("\\d{1,6}")
            ? Optional.of(Duration.ofSeconds(Integer.parseInt(seconds)))
            : Optional.empty());
  }

  /// @param jsonPatch the request was a JSON patch with a `test`
  static Reason reason(Status status, boolean jsonPatch) {
    return switch (status.code()) {
      case 401 -> Reason.UNAUTHORIZED;
      case 403 -> Reason.FORBIDDEN;
      case 404 -> Reason.NOT_FOUND;
      case 409 -> status.reason().equals("AlreadyExists") ? Reason.ALREADY_EXISTS : Reason.CONFLICT;
      case 410 -> Reason.GONE;
      case 422 -> jsonPatch && patchDidNotFit(status) ? Reason.CONFLICT : Reason.INVALID;
      case 429 -> Reason.THROTTLED;
      default -> status.code() >= 400 && status.code() < 500 ? Reason.INVALID : Reason.SERVER_ERROR;
    };
  }

  static KubeApiException exception(String what, Status status, boolean jsonPatch) {
    return new KubeApiException(
        reason(status, jsonPatch),
        status.code(),
        what + ": " + status.code() + " " + status.reason() + ": " + status.message(),
        status.retryAfter(),
        null);
  }

  /// The object was not as the patch expected: a `test` failed or a path is missing. The server has
  /// no reason of its own for it and says nothing of what did not fit; but it does not name the
  /// object either, as it does when validation refuses the outcome.
  private static boolean patchDidNotFit(Status status) {
    return !status.named();
  }

  private static JsonObject object(String body) {
    try {
      JsonElement parsed = JsonParser.parseString(body);
      return parsed.isJsonObject() ? parsed.getAsJsonObject() : new JsonObject();
    } catch (JsonParseException _) {
      // Proxies and the server's own "404 page not found" answer in plain text.
      return new JsonObject();
    }
  }

  private static JsonObject child(JsonObject parent, String name) {
    return parent.get(name) instanceof JsonObject child ? child : new JsonObject();
  }

  private static Iterable<JsonElement> array(JsonObject parent, String name) {
    return parent.get(name) instanceof com.google.gson.JsonArray array ? array : List.of();
  }

  private static String text(JsonObject object, String name) {
    return object.get(name) instanceof com.google.gson.JsonPrimitive text ? text.getAsString() : "";
  }

  private static String abbreviated(String body) {
    String line = body.strip().replaceAll("\\s+", " ");
    return line.length() > 200 ? line.substring(0, 200) + "..." : line;
  }
}
