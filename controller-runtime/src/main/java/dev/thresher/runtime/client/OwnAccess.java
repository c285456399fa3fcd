package dev.thresher.runtime.client;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.runtime.patch.Patches;
import java.util.Optional;

/// What the account of this process may do, by SelfSubjectAccessReview.
public final class OwnAccess {

  private static final String PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

  private OwnAccess() {}

  /// Blocks for one request.
  ///
  /// @param group API group, empty for the core group
  /// @param resource plural name
  /// @param namespace empty for all namespaces, and for resources without namespaces
  /// @throws KubeApiException if the server cannot be asked
  public static boolean isAllowed(
      KubeApi server, String group, String resource, String verb, String namespace) {
    JsonObject attributes = new JsonObject();
    if (!namespace.isEmpty()) {
      attributes.addProperty("namespace", namespace);
    }
    attributes.addProperty("verb", verb);
    attributes.addProperty("group", group);
    attributes.addProperty("resource", resource);
    JsonObject review = Patches.nest(attributes, "spec", "resourceAttributes");
    review.addProperty("apiVersion", "authorization.k8s.io/v1");
    review.addProperty("kind", "SelfSubjectAccessReview");
    return server
        .request("POST", PATH, Optional.of(review))
        .map(answer -> answer.get("status"))
        .filter(status ->
            status instanceof JsonObject verdict
                && verdict.get("allowed") instanceof JsonPrimitive allowed
                && allowed.getAsBoolean())
        .isPresent();
  }
}
