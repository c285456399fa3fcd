package dev.thresher.e2e.soak.vip;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What came of all mishaps of one kind.
final class Row {

  static final String HEADER =
      "| mishap | times | longest time without an answer: min | median | max | all well after it was"
          + " mended, median | max | faults |\n"
          + "|---|---|---|---|---|---|---|---|";

  private final String what;
  private final List<Duration> gaps = new ArrayList<>();
  private final List<Duration> settled = new ArrayList<>();
  private int faults;

  Row(String what) {
    this.what = what;
  }

  /// @param gap the longest of any address
  /// @param mended until all was well again
  void add(Duration gap, Duration mended, int newFaults) {
    gaps.add(gap);
    settled.add(mended);
    faults += newFaults;
  }

  @Override
  public String toString() {
    gaps.sort(null);
    settled.sort(null);
    return String.format(
        Locale.ROOT,
        "| %s | %d | %d ms | %d ms | %d ms | %d ms | %d ms | %s |",
        what,
        gaps.size(),
        gaps.getFirst().toMillis(),
        gaps.get(gaps.size() / 2).toMillis(),
        gaps.getLast().toMillis(),
        settled.get(settled.size() / 2).toMillis(),
        settled.getLast().toMillis(),
        faults == 0 ? "0" : "**" + faults + "**");
  }
}
