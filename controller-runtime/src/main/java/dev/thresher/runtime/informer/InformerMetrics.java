package dev.thresher.runtime.informer;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.Metrics.Sample;
import io.prometheus.metrics.core.metrics.Counter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/// The numbers of the caches on one server.
final class InformerMetrics {

  private static final List<String> LABELS = List.of("server", "resource", "scope");

  private final Map<List<String>, ObjectCache<?>> caches = new ConcurrentHashMap<>();
  private final Counter lists;
  private final Counter watches;
  private final Counter bookmarks;
  private final Counter malformed;

  InformerMetrics(Metrics metrics) {
    String[] labels = LABELS.toArray(String[]::new);
    lists =
        metrics.counter(
            "thresher_informer_lists_total",
            "Full lists of a resource; more than one means that the server had forgotten the"
                + " version last seen.",
            labels);
    watches =
        metrics.counter(
            "thresher_informer_watches_total",
            "Watches begun, by the end of the one before: first, done = by the server in order,"
                + " broken, silent, gone.",
            "server",
            "resource",
            "scope",
            "after");
    bookmarks =
        metrics.counter(
            "thresher_informer_bookmarks_total", "Versions told without an event.", labels);
    malformed =
        metrics.counter(
            "thresher_informer_malformed_objects_total",
            "Objects that could not be read and were left as they were last read.",
            labels);
    gauge(
        metrics,
        "thresher_informer_last_event_age_seconds",
        "Time since an event, a bookmark, a list, or a watch that was accepted.",
        cache -> cache.sinceLastEvent().toNanos() / 1e9);
    gauge(metrics, "thresher_informer_objects", "Objects in the cache.", ObjectCache::size);
    gauge(
        metrics,
        "thresher_informer_synced",
        "1 once the first list has been heard by all handlers.",
        cache -> cache.hasSynced() ? 1 : 0);
  }

  /// The numbers of one cache.
  One of(String server, String resource, Scope scope, ObjectCache<?> cache) {
    List<String> labels = List.of(server, resource, scope.toString());
    caches.put(labels, cache);
    return new One(labels);
  }

  final class One {
    private final String[] labels;

    private One(List<String> labels) {
      this.labels = labels.toArray(String[]::new);
    }

    void listed() {
      lists.labelValues(labels).inc();
    }

    void watching(String after) {
      watches.labelValues(labels[0], labels[1], labels[2], after).inc();
    }

    void bookmarked() {
      bookmarks.labelValues(labels).inc();
    }

    void malformed() {
      malformed.labelValues(labels).inc();
    }
  }

  private void gauge(
      Metrics metrics, String name, String help, ToDoubleFunction<ObjectCache<?>> value) {
    metrics.gauges(
        name,
        help,
        LABELS,
        () ->
            caches.entrySet().stream()
                .map(entry -> new Sample(value.applyAsDouble(entry.getValue()), entry.getKey()))
                .toList());
  }
}
