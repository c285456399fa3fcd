package dev.thresher.runtime.serving;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.Metrics.Sample;
import dev.thresher.runtime.serving.HealthRegistry.Verdict;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/// How often each check was good or bad when somebody asked, for `/metrics/slis` (KEP-3466).
/// Thread-safe.
final class HealthSlis {

  private record Check(String name, String page) {}

  private record Outcome(Check check, boolean good) {}

  private final Metrics metrics = new Metrics();
  private final ConcurrentMap<Check, Boolean> last = new ConcurrentHashMap<>();
  private final ConcurrentMap<Outcome, LongAdder> counts = new ConcurrentHashMap<>();

  HealthSlis() {
    metrics.gauges(
        "kubernetes_healthcheck",
        "Whether the check was good when it was last asked: 1, else 0.",
        List.of("name", "type"),
        () ->
            last.entrySet().stream()
                .map(entry ->
                    new Sample(
                        entry.getValue() ? 1 : 0,
                        List.of(entry.getKey().name(), entry.getKey().page())))
                .toList());
    metrics.counters(
        "kubernetes_healthchecks_total",
        "How often the check was good (success) or not (error).",
        List.of("name", "type", "status"),
        () ->
            counts.entrySet().stream()
                .map(entry ->
                    new Sample(
                        entry.getValue().sum(),
                        List.of(
                            entry.getKey().check().name(),
                            entry.getKey().check().page(),
                            entry.getKey().good() ? "success" : "error")))
                .toList());
  }

  /// @param page without the slash: `readyz`
  void observe(String page, List<Verdict> verdicts) {
    for (Verdict verdict : verdicts) {
      var check = new Check(verdict.name(), page);
      last.put(check, verdict.healthy());
      counts
          .computeIfAbsent(new Outcome(check, verdict.healthy()), _ -> new LongAdder())
          .increment();
    }
  }

  Metrics metrics() {
    return metrics;
  }

  void reset() {
    last.clear();
    counts.clear();
  }
}
