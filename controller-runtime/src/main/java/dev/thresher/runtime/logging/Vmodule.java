package dev.thresher.runtime.logging;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/// The value of `--vmodule`: `pattern=N,…`, verbosity for loggers by name.
///
/// A pattern is compared with the whole name of a logger, with its last part (the class), and with
/// each package in it (`leader=5` for everything in package `leader`); `*` stands for any
/// characters. The first pattern that fits counts.
public final class Vmodule {

  public static final Vmodule NONE = new Vmodule(List.of());

  private static final Splitter PARTS = Splitter.on(CharMatcher.anyOf(".$"));

  private final List<Entry> entries;

  private record Entry(Pattern pattern, int verbosity) {}

  private Vmodule(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /// @throws IllegalArgumentException if an item is not `pattern=N` with N of 0 or more
  public static Vmodule parse(String text) {
    var entries = new ArrayList<Entry>();
    for (String item : Splitter.on(',').split(text)) {
      if (item.isBlank()) {
        continue;
      }
      int equals = item.lastIndexOf('=');
      if (equals <= 0 || !item.substring(equals + 1).strip().matches("\\d{1,3}")) {
        throw new IllegalArgumentException(
            "want \"pattern=N,...\", for example \"leader=5,KeyedQueue=4\", got \"" + item + "\"");
      }
      String glob = item.substring(0, equals).strip();
      String regex = Pattern.quote(glob).replace("*", "\\E.*\\Q");
      entries.add(
          new Entry(Pattern.compile(regex), Integer.parseInt(item.substring(equals + 1).strip())));
    }
    return new Vmodule(entries);
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  /// The verbosity for a logger, empty if no pattern fits.
  OptionalInt verbosity(String logger) {
    for (Entry entry : entries) {
      if (entry.pattern.matcher(logger).matches()) {
        return OptionalInt.of(entry.verbosity);
      }
      for (String part : PARTS.split(logger)) {
        if (entry.pattern.matcher(part).matches()) {
          return OptionalInt.of(entry.verbosity);
        }
      }
    }
    return OptionalInt.empty();
  }
}
