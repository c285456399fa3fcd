package dev.thresher.runtime.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/// The numbers of one program. There is no global registry: each program makes one and hands it on.
///
/// Asking twice for the same name gives the same metric, so that two API servers or two queues
/// share one and differ by labels; asking with other labels or as another kind is an error.
/// Thread-safe.
public final class Metrics {

  private record Entry(Object metric, List<String> labels, String help) {}

  /// What there is to know of a metric besides its values.
  ///
  /// @param kind `counter`, `gauge` or `histogram`
  public record Description(String name, String kind, List<String> labels, String help) {}

  /// One value of a callback metric with its label values.
  ///
  /// @param labels in the order in which the names were given
  public record Sample(double value, List<String> labels) {}

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Map<String, Entry> byName = new HashMap<>();
  private final Map<String, List<Supplier<? extends Iterable<Sample>>>> callbacks =
      new ConcurrentHashMap<>();

  /// A number that only grows.
  ///
  /// @param name with its `_total`
  public Counter counter(String name, String help, String... labels) {
    return once(
        name,
        Counter.class,
        List.of(labels),
        help,
        () -> Counter.builder().name(name).help(help).labelNames(labels).register(registry));
  }

  /// A number that goes up and down.
  public Gauge gauge(String name, String help, String... labels) {
    return once(
        name,
        Gauge.class,
        List.of(labels),
        help,
        () -> Gauge.builder().name(name).help(help).labelNames(labels).register(registry));
  }

  /// A distribution.
  ///
  /// @param buckets upper bounds, growing; see [#exponential(double, double, int)]
  public Histogram histogram(String name, String help, double[] buckets, String... labels) {
    return once(
        name,
        Histogram.class,
        List.of(labels),
        help,
        () ->
            Histogram.builder()
                .name(name)
                .help(help)
                .classicOnly()
                .classicUpperBounds(buckets)
                .labelNames(labels)
                .register(registry));
  }

  /// A gauge that is computed when somebody asks. The supplier must answer at once.
  public void gauge(String name, String help, DoubleSupplier value) {
    gauges(name, help, List.of(), () -> List.of(new Sample(value.getAsDouble(), List.of())));
  }

  /// Gauges of one name that are computed when somebody asks. The supplier must answer at once; a
  /// sample that it leaves out is not shown. Asked for again, the samples of all suppliers are
  /// shown; they must differ by their labels.
  public void gauges(
      String name, String help, List<String> labels, Supplier<? extends Iterable<Sample>> samples) {
    once(
        name,
        GaugeWithCallback.class,
        labels,
        help,
        () ->
            GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(labels.toArray(String[]::new))
                .callback(callback -> each(name, s -> callback.call(s.value(), labelValues(s))))
                .register(registry));
    suppliers(name).add(samples);
  }

  /// A counter that is computed when somebody asks. The supplier must answer at once.
  public void counter(String name, String help, DoubleSupplier value) {
    counters(name, help, List.of(), () -> List.of(new Sample(value.getAsDouble(), List.of())));
  }

  /// Counters of one name that are computed when somebody asks, like [#gauges].
  public void counters(
      String name, String help, List<String> labels, Supplier<? extends Iterable<Sample>> samples) {
    once(
        name,
        CounterWithCallback.class,
        labels,
        help,
        () ->
            CounterWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(labels.toArray(String[]::new))
                .callback(callback -> each(name, s -> callback.call(s.value(), labelValues(s))))
                .register(registry));
    suppliers(name).add(samples);
  }

  /// All metrics so far, by name.
  public synchronized List<Description> descriptions() {
    return byName.entrySet().stream()
        .map(entry ->
            new Description(
                entry.getKey(),
                switch (entry.getValue().metric()) {
                  case Counter _, CounterWithCallback _ -> "counter";
                  case Histogram _ -> "histogram";
                  default -> "gauge";
                },
                entry.getValue().labels(),
                entry.getValue().help()))
        .sorted(Comparator.comparing(Description::name))
        .toList();
  }

  /// `start`, `start * factor`, ... in `count` bounds.
  public static double[] exponential(double start, double factor, int count) {
    double[] bounds = new double[count];
    double bound = start;
    for (int i = 0; i < count; i++) {
      bounds[i] = bound;
      bound *= factor;
    }
    return bounds;
  }

  /// `Content-Type` of what [#write(String, OutputStream)] would write.
  ///
  /// @param accept the `Accept` header of the request, empty if there was none
  public static String contentType(String accept) {
    return writer(accept).getContentType();
  }

  /// Writes all metrics: in OpenMetrics text if `accept` asks for it, else in Prometheus text.
  public void write(String accept, OutputStream out) throws IOException {
    writer(accept).write(out, registry.scrape());
  }

  /// All metrics in Prometheus text format 0.0.4.
  public String text() {
    var out = new ByteArrayOutputStream();
    try {
      write("", out);
    } catch (IOException impossible) {
      throw new UncheckedIOException("writing metrics into memory", impossible);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static ExpositionFormatWriter writer(String accept) {
    return accept.contains("application/openmetrics-text")
        ? OpenMetricsTextFormatWriter.create()
        : PrometheusTextFormatWriter.create();
  }

  private void each(String name, Consumer<Sample> sink) {
    for (var supplier : suppliers(name)) {
      supplier.get().forEach(sink);
    }
  }

  private List<Supplier<? extends Iterable<Sample>>> suppliers(String name) {
    return callbacks.computeIfAbsent(name, _ -> new CopyOnWriteArrayList<>());
  }

  private static String[] labelValues(Sample sample) {
    return sample.labels().toArray(String[]::new);
  }

  private synchronized <M> M once(
      String name, Class<M> kind, List<String> labels, String help, Supplier<M> make) {
    Entry entry = byName.computeIfAbsent(name, n -> new Entry(make.get(), labels, help));
    if (!kind.isInstance(entry.metric()) || !entry.labels().equals(labels)) {
      throw new IllegalArgumentException(
          "metric \""
              + name
              + "\" exists as "
              + entry.metric().getClass().getSimpleName()
              + " with labels "
              + entry.labels()
              + ", wanted "
              + kind.getSimpleName()
              + " with labels "
              + labels);
    }
    return kind.cast(entry.metric());
  }
}
