package dev.thresher.e2e.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Prints each step with its time as it happens, and a table at the end. Remembers whether all of
/// it held.
final class Story {

  private record Row(String what, String value, boolean held) {}

  private final PrintStream out;
  private final long start = System.nanoTime();
  private final List<Row> rows = new ArrayList<>();

  Story(PrintStream out) {
    this.out = out;
  }

  void chapter(String title) {
    out.printf(Locale.ROOT, "%n%s%n", title);
    out.flush();
  }

  void step(String what) {
    out.printf(Locale.ROOT, "%9.3f s  %s%n", (System.nanoTime() - start) / 1e9, what);
    out.flush();
  }

  /// A figure for the table.
  void figure(String what, Duration value) {
    rows.add(new Row(what, millis(value), true));
    step(what + ": " + millis(value));
  }

  /// A claim for the table that holds or does not.
  void check(String what, boolean held, String found) {
    rows.add(new Row(what, found, held));
    step((held ? "ok: " : "FAILED: ") + what + " (" + found + ")");
  }

  /// Prints the table.
  ///
  /// @return whether everything held
  boolean end() {
    int width = rows.stream().mapToInt(r -> r.what.length()).max().orElse(0);
    out.println();
    for (Row row : rows) {
      out.printf(
          Locale.ROOT,
          "  %-" + width + "s  %-24s %s%n",
          row.what,
          row.value,
          row.held ? "" : "FAILED");
    }
    boolean held = rows.stream().allMatch(Row::held);
    out.printf("%n%s%n", held ? "All of it held." : "Not all of it held.");
    out.flush();
    return held;
  }

  static String millis(Duration duration) {
    return String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6);
  }
}
