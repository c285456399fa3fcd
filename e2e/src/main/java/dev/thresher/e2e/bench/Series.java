package dev.thresher.e2e.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Several measurements of one thing.
final class Series {

  private final String what;
  private final String unit;
  private final List<Double> values = new ArrayList<>();

  Series(String what, String unit) {
    this.what = what;
    this.unit = unit;
  }

  String what() {
    return what;
  }

  void add(double value) {
    values.add(value);
  }

  /// In milliseconds.
  void add(Duration duration) {
    values.add(duration.toNanos() / 1e6);
  }

  int count() {
    return values.size();
  }

  double median() {
    List<Double> sorted = values.stream().sorted().toList();
    int n = sorted.size();
    return n % 2 == 1 ? sorted.get(n / 2) : (sorted.get(n / 2 - 1) + sorted.get(n / 2)) / 2;
  }

  /// The value that so many of a hundred do not exceed.
  double percentile(int of100) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get(Math.max(0, (int) Math.ceil(sorted.size() * of100 / 100.0) - 1));
  }

  double max() {
    return values.stream().mapToDouble(v -> v).max().orElseThrow();
  }

  double min() {
    return values.stream().mapToDouble(v -> v).min().orElseThrow();
  }

  /// A row of a Markdown table: what, minimum, median, maximum, number of runs.
  String row() {
    return String.format(
        Locale.ROOT,
        "| %s | %.1f | **%.1f** | %.1f | %s | %d |",
        what,
        min(),
        median(),
        max(),
        unit,
        count());
  }

  static String header() {
    return "| what | min | median | max | unit | runs |\n|---|---|---|---|---|---|";
  }
}
