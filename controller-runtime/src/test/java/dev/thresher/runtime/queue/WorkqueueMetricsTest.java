package dev.thresher.runtime.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class WorkqueueMetricsTest {

  @Test
  void showsEveryQueueUnderTheUsualNames() throws Exception {
    var timeline = new VirtualTimeline();
    var metrics = new Metrics();
    var service = queue(metrics, timeline, "service");
    var node = queue(metrics, timeline, "node");
    service.add("a");
    service.add("b");
    timeline.advance(Duration.ofSeconds(2));
    service.take();
    node.addBackoff("n", Priority.NEW);
    timeline.advance(Duration.ofSeconds(3));
    service.take();
    service.done("b");

    assertThat(metrics.text().lines())
        .contains(
            "workqueue_depth{name=\"service\"} 0.0",
            "workqueue_depth{name=\"node\"} 1.0",
            "workqueue_adds_total{name=\"service\"} 2.0",
            "workqueue_adds_total{name=\"node\"} 1.0",
            "workqueue_retries_total{name=\"node\"} 1.0",
            "workqueue_queue_duration_seconds_sum{name=\"service\"} 7.0",
            "workqueue_queue_duration_seconds_count{name=\"service\"} 2",
            "workqueue_work_duration_seconds_count{name=\"service\"} 1",
            "workqueue_unfinished_work_seconds{name=\"service\"} 3.0",
            "workqueue_longest_running_processor_seconds{name=\"service\"} 3.0",
            "workqueue_longest_running_processor_seconds{name=\"node\"} 0.0");
  }

  private static KeyedQueue<String> queue(Metrics metrics, VirtualTimeline timeline, String name) {
    return new KeyedQueue<>(Backoff.DEFAULT, timeline, WorkqueueMetrics.of(metrics, name));
  }
}
