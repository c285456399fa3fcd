package dev.thresher.runtime.fake;

import com.google.gson.JsonObject;

/// The store refuses, as an API server would.
///
/// The status and the reason are those of `metav1.Status`.
public final class FakeFailure extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final int code;
  private final String reason;
  private final String resource;
  private final String objectName;

  FakeFailure(int code, String reason, String message, String resource, String objectName) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.resource = resource;
    this.objectName = objectName;
  }

  static FakeFailure notFound(String resource, String name) {
    return new FakeFailure(
        404, "NotFound", resource + " \"" + name + "\" not found", resource, name);
  }

  static FakeFailure noSuchResource() {
    return new FakeFailure(
        404, "NotFound", "the server could not find the requested resource", "", "");
  }

  static FakeFailure conflict(String resource, String name, String why) {
    return new FakeFailure(
        409,
        "Conflict",
        "Operation cannot be fulfilled on " + resource + " \"" + name + "\": " + why,
        resource,
        name);
  }

  static FakeFailure gone(String message) {
    return new FakeFailure(410, "Expired", message, "", "");
  }

  static FakeFailure invalid(String resource, String name, String why) {
    return new FakeFailure(422, "Invalid", why, resource, name);
  }

  static FakeFailure badRequest(String why) {
    return new FakeFailure(400, "BadRequest", why, "", "");
  }

  /// A JSON patch that does not fit: status 422 without the name of an object. The real server does
  /// not even say what did not fit.
  static FakeFailure patchDoesNotFit(String why) {
    return new FakeFailure(422, "Invalid", why, "", "");
  }

  public int code() {
    return code;
  }

  public String reason() {
    return reason;
  }

  boolean isAboutAnObject() {
    return !objectName.isEmpty();
  }

  /// The `metav1.Status`.
  JsonObject status() {
    JsonObject details = new JsonObject();
    if (!objectName.isEmpty()) {
      details.addProperty("name", objectName);
      details.addProperty("kind", resource);
    }
    JsonObject status = new JsonObject();
    status.addProperty("kind", "Status");
    status.addProperty("apiVersion", "v1");
    status.addProperty("status", "Failure");
    status.addProperty("message", getMessage());
    status.addProperty("reason", reason);
    status.add("details", details);
    status.addProperty("code", code);
    return status;
  }
}
