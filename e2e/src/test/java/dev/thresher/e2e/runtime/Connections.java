package dev.thresher.e2e.runtime;

import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.ConnectionSource;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.SystemTimeline;
import java.nio.file.Path;
import java.time.Duration;

/// Clients of a control plane, with their numbers.
final class Connections implements AutoCloseable {

  private final SystemTimeline timeline = new SystemTimeline();
  private final Metrics metrics = new Metrics();
  private final OkHttpKubeApi api;

  Connections(Path kubeconfig, Duration callTimeout) {
    api =
        new OkHttpKubeApi(
            ClientConfig.of("test", new ConnectionSource.KubeconfigFile(kubeconfig, ""))
                .withRate(2000, 2000)
                .withTimeouts(callTimeout, callTimeout),
            timeline,
            metrics);
  }

  OkHttpKubeApi api() {
    return api;
  }

  SystemTimeline timeline() {
    return timeline;
  }

  Metrics metrics() {
    return metrics;
  }

  /// The value of a sample, 0 if there is none.
  ///
  /// @param sample as it is printed, up to the value
  double number(String sample) {
    return metrics
        .text()
        .lines()
        .filter(line -> line.startsWith(sample + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(sample.length() + 1)))
        .findFirst()
        .orElse(0);
  }

  @Override
  public void close() {
    api.stop();
    timeline.stop();
  }
}
