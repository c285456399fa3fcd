package dev.thresher.runtime.delegation;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import java.util.Optional;

/// Reviews: questions to the API server that are created like objects and kept by nobody.
final class Reviews {

  private Reviews() {}

  static JsonObject document(String apiVersion, String kind, JsonObject spec) {
    var review = new JsonObject();
    review.addProperty("apiVersion", apiVersion);
    review.addProperty("kind", kind);
    review.add("spec", spec);
    return review;
  }

  /// @throws KubeApiException if there is no answer
  static JsonObject status(KubeApi server, String path, JsonObject review) {
    return server
        .request("POST", path, Optional.of(review))
        .filter(answer -> answer.get("status") instanceof JsonObject)
        .map(answer -> answer.getAsJsonObject("status"))
        .orElseThrow(() ->
            new KubeApiException(
                Reason.SERVER_ERROR,
                0,
                "POST " + path + ": the answer has no status",
                Optional.empty(),
                null));
  }

  static String text(JsonObject object, String key) {
    JsonElement value = object.get(key);
    return value != null && value.isJsonPrimitive() ? value.getAsString() : "";
  }
}
