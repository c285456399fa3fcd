package dev.thresher.runtime.delegation;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.Optional;
import java.util.function.Supplier;

/// Reviews: questions to the API server that are created like objects and kept by nobody.
final class Reviews {

  private static final double[] BUCKETS = {0.25, 0.5, 0.7, 1, 1.5, 3, 5, 10};

  private final Supplier<KubeApi> server;
  private final String path;
  private final Timeline timeline;
  private final Counter requests;
  private final Histogram seconds;

  /// @param server asked for when there is a question
  /// @param kind `authn` or `authz`, part of the metrics' names
  Reviews(Supplier<KubeApi> server, String path, String kind, Metrics metrics, Timeline timeline) {
    this.server = server;
    this.path = path;
    this.timeline = timeline;
    this.requests =
        metrics.counter(
            "apiserver_delegated_" + kind + "_request_total",
            "Questions to the API server about clients, by status; <error> without an answer.",
            "code");
    this.seconds =
        metrics.histogram(
            "apiserver_delegated_" + kind + "_request_duration_seconds",
            "Time of questions to the API server about clients.",
            BUCKETS,
            "code");
  }

  static JsonObject document(String apiVersion, String kind, JsonObject spec) {
    var review = new JsonObject();
    review.addProperty("apiVersion", apiVersion);
    review.addProperty("kind", kind);
    review.add("spec", spec);
    return review;
  }

  /// @throws KubeApiException if there is no answer
  JsonObject status(JsonObject review) {
    long start = timeline.nanoTime();
    String code = "<error>";
    try {
      JsonObject status = ask(review);
      code = "201";
      return status;
    } catch (KubeApiException e) {
      code = e.status() == 0 ? code : String.valueOf(e.status());
      throw e;
    } finally {
      requests.labelValues(code).inc();
      seconds.labelValues(code).observe((timeline.nanoTime() - start) / 1e9);
    }
  }

  private JsonObject ask(JsonObject review) {
    return server
        .get()
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
