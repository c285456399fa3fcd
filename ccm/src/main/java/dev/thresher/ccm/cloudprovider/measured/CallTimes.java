package dev.thresher.ccm.cloudprovider.measured;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.function.Function;
import java.util.function.Supplier;

/// Measures calls of a provider.
final class CallTimes {

  /// 0.1 ms to 26 s: a look into a cache, and a cloud that hardly answers.
  private static final double[] BUCKETS = Metrics.exponential(0.0001, 4, 10);

  private final Timeline timeline;
  private final Histogram seconds;

  CallTimes(Metrics metrics, Timeline timeline) {
    this.timeline = timeline;
    this.seconds =
        metrics.histogram(
            "thresher_cloud_call_seconds",
            "Time of a call of a controller to the cloud provider, by method and by what came of"
                + " it; error if it failed.",
            BUCKETS,
            "method",
            "outcome");
  }

  /// @param outcome a word for the answer
  <T> T measure(String method, Supplier<T> call, Function<T, String> outcome) {
    long start = timeline.nanoTime();
    T answer;
    try {
      answer = call.get();
    } catch (RuntimeException e) {
      observe(method, "error", start);
      throw e;
    }
    observe(method, outcome.apply(answer), start);
    return answer;
  }

  private void observe(String method, String outcome, long start) {
    seconds.labelValues(method, outcome).observe((timeline.nanoTime() - start) / 1e9);
  }
}
