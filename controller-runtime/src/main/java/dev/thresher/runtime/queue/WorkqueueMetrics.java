package dev.thresher.runtime.queue;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.Metrics.Sample;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/// The metrics of a queue under the names that Kubernetes components use, with the label `name`.
public final class WorkqueueMetrics implements QueueMetrics {

  /// Those of client-go: 10 ns to 10 s.
  private static final double[] BUCKETS = Metrics.exponential(1e-8, 10, 10);

  private final Metrics metrics;
  private final String queue;
  private final CounterDataPoint adds;
  private final CounterDataPoint retries;
  private final DistributionDataPoint waited;
  private final DistributionDataPoint worked;

  private WorkqueueMetrics(Metrics metrics, String queue) {
    this.metrics = metrics;
    this.queue = queue;
    adds =
        metrics
            .counter("workqueue_adds_total", "Keys that came into the queue.", "name")
            .labelValues(queue);
    retries =
        metrics
            .counter("workqueue_retries_total", "Keys that came back after a failure.", "name")
            .labelValues(queue);
    waited =
        metrics
            .histogram(
                "workqueue_queue_duration_seconds",
                "How long a key waited for a worker, in seconds.",
                BUCKETS,
                "name")
            .labelValues(queue);
    worked =
        metrics
            .histogram(
                "workqueue_work_duration_seconds",
                "How long the work on a key took, in seconds.",
                BUCKETS,
                "name")
            .labelValues(queue);
  }

  /// @param queue value of the label `name`, unique among the queues of the program
  public static QueueMetrics of(Metrics metrics, String queue) {
    return new WorkqueueMetrics(metrics, queue);
  }

  @Override
  public void observe(Supplier<Snapshot> look) {
    gauge("workqueue_depth", "Keys that wait for a worker.", look, Snapshot::depth);
    gauge(
        "workqueue_unfinished_work_seconds",
        "Time spent so far on keys that are being worked on, in sum. Grows when a worker is stuck.",
        look,
        s -> s.unfinishedNanos() / 1e9);
    gauge(
        "workqueue_longest_running_processor_seconds",
        "Time spent so far on the key that takes longest.",
        look,
        s -> s.longestNanos() / 1e9);
  }

  private void gauge(
      String name, String help, Supplier<Snapshot> look, ToDoubleFunction<Snapshot> value) {
    metrics.gauges(
        name,
        help,
        List.of("name"),
        () -> List.of(new Sample(value.applyAsDouble(look.get()), List.of(queue))));
  }

  @Override
  public void added() {
    adds.inc();
  }

  @Override
  public void taken(long waitedNanos) {
    waited.observe(waitedNanos / 1e9);
  }

  @Override
  public void done(long workedNanos) {
    worked.observe(workedNanos / 1e9);
  }

  @Override
  public void retried() {
    retries.inc();
  }
}
