package dev.thresher.loadbalancer.webhook;

import com.google.gson.JsonObject;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.Metrics.Sample;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.runtime.tls.CertifiedKey;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/// The numbers of the webhooks.
final class WebhookMetrics {

  /// 0.1 ms to 13 s.
  private static final double[] BUCKETS = Metrics.exponential(0.0001, 2, 18);

  private static final Set<String> RESOURCES = Set.of("loadbalancers", "ippools");
  private static final Set<String> OPERATIONS = Set.of("CREATE", "UPDATE", "DELETE", "CONVERT");

  private final Counter requests;
  private final Histogram duration;
  private final Timeline timeline;

  /// @param document the answer
  /// @param allowed whether the operation may be
  record Answer(JsonObject document, boolean allowed) {}

  WebhookMetrics(Metrics metrics, Timeline timeline, CertificateKeeper keeper) {
    this.timeline = timeline;
    requests =
        metrics.counter(
            "thresher_webhook_requests_total",
            "Questions of API servers; allowed is true, false, or error for one that could not be"
                + " answered.",
            "webhook",
            "resource",
            "operation",
            "allowed");
    duration =
        metrics.histogram(
            "thresher_webhook_duration_seconds",
            "Time that an answer took, in seconds.",
            BUCKETS,
            "webhook");
    metrics.gauges(
        "thresher_webhook_certificate_expiry_timestamp_seconds",
        "When the serving certificate of the webhooks ends, in seconds since 1970.",
        List.of(),
        () ->
            keeper.held().stream()
                .map(WebhookMetrics::expiry)
                .map(seconds -> new Sample(seconds, List.of()))
                .toList());
    metrics.gauge(
        "thresher_webhook_registered",
        "1 if the API servers have been told of the webhooks, else 0.",
        () -> keeper.registered() ? 1 : 0);
  }

  JsonObject measured(String webhook, Review review, Supplier<Answer> answering) {
    return measured(webhook, review.resource(), review.operation(), answering);
  }

  JsonObject measured(
      String webhook, String resource, String operation, Supplier<Answer> answering) {
    long begin = timeline.nanoTime();
    String allowed = "error";
    try {
      Answer answer = answering.get();
      allowed = String.valueOf(answer.allowed());
      return answer.document();
    } finally {
      duration.labelValues(webhook).observe((timeline.nanoTime() - begin) / 1e9);
      requests
          .labelValues(webhook, known(RESOURCES, resource), known(OPERATIONS, operation), allowed)
          .inc();
    }
  }

  private static String known(Set<String> values, String value) {
    return values.contains(value) ? value : "other";
  }

  private static double expiry(CertifiedKey key) {
    return key.chain().getFirst().getNotAfter().toInstant().getEpochSecond();
  }
}
