package dev.thresher.runtime.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricsTest {

  private final Metrics metrics = new Metrics();

  @Test
  void writesEveryKindUnderExactlyItsName() {
    metrics.counter("adds_total", "Adds.", "name").labelValues("a").inc(2);
    metrics.gauge("depth", "Depth.").set(3);
    metrics
        .histogram("wait_seconds", "Wait.", Metrics.exponential(1, 10, 2), "name")
        .labelValues("a")
        .observe(5);
    metrics.gauge("age_seconds", "Age.", () -> 7);
    metrics.counter("cpu_seconds_total", "CPU.", () -> 8);
    metrics.gauges(
        "check", "Check.", List.of("name"), () -> List.of(new Metrics.Sample(1, List.of("x"))));

    assertThat(metrics.text().lines())
        .contains(
            "adds_total{name=\"a\"} 2.0",
            "depth 3.0",
            "wait_seconds_bucket{name=\"a\",le=\"1.0\"} 0",
            "wait_seconds_bucket{name=\"a\",le=\"10.0\"} 1",
            "wait_seconds_bucket{name=\"a\",le=\"+Inf\"} 1",
            "wait_seconds_sum{name=\"a\"} 5.0",
            "age_seconds 7.0",
            "cpu_seconds_total 8.0",
            "check{name=\"x\"} 1.0");
  }

  @Test
  void givesTheSameMetricForTheSameName() {
    metrics.counter("calls_total", "Calls.", "host").labelValues("a").inc();
    metrics.counter("calls_total", "Calls.", "host").labelValues("b").inc();

    assertThat(metrics.text().lines())
        .contains("calls_total{host=\"a\"} 1.0", "calls_total{host=\"b\"} 1.0");
  }

  @Test
  void refusesOneNameForTwoThings() {
    metrics.counter("calls_total", "Calls.", "host");

    assertThatThrownBy(() -> metrics.counter("calls_total", "Calls.", "verb"))
        .hasMessageContaining("calls_total")
        .hasMessageContaining("[host]")
        .hasMessageContaining("[verb]");
    assertThatThrownBy(() -> metrics.gauge("calls_total", "Calls.", "host"))
        .hasMessageContaining("Counter");
  }

  @Test
  void choosesTheFormatThatIsAskedFor() {
    assertThat(Metrics.contentType("")).startsWith("text/plain; version=0.0.4");
    assertThat(Metrics.contentType("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"))
        .startsWith("application/openmetrics-text");
  }

  @Test
  void tellsWhatTheProcessUses() {
    ProcessMetrics.addTo(metrics);

    assertThat(metrics.text())
        .contains("process_cpu_seconds_total ")
        .contains("process_resident_memory_bytes ")
        .contains("process_start_time_seconds ")
        .contains("process_open_fds ")
        .contains("process_threads ")
        .contains("jvm_heap_used_bytes ");
  }

  @Test
  void leavesOutWhatTheSystemDoesNotOffer() {
    ProcessMetrics.addTo(metrics, Path.of("/nonexistent"));

    assertThat(metrics.text())
        .doesNotContain("process_resident_memory_bytes ")
        .contains("jvm_heap_max_bytes ");
  }
}
