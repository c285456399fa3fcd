package dev.thresher.vip.linux;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Names of interfaces, the preferred one first; `*` in a name stands for any letters, also none.
///
/// @param patterns none means nothing is said
public record InterfaceNames(List<String> patterns) {

  /// Nothing is said.
  public static final InterfaceNames NONE = new InterfaceNames(List.of());

  private static final String AUTO = "auto";

  public InterfaceNames {
    patterns = List.copyOf(patterns);
  }

  /// Reads a comma-separated list; empty and `auto` say nothing.
  public static InterfaceNames parse(String text) {
    String bare = text.strip();
    if (bare.isEmpty() || bare.equals(AUTO)) {
      return NONE;
    }
    // One name is usual, and this is asked for every address and node.
    return bare.indexOf(',') < 0
        ? new InterfaceNames(List.of(bare))
        : new InterfaceNames(
            Arrays.stream(text.split(",", -1))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .toList());
  }

  public boolean isEmpty() {
    return patterns.isEmpty();
  }

  /// The one name, if there is one and it stands for itself only.
  public Optional<String> single() {
    return patterns.size() == 1 && patterns.getFirst().indexOf('*') < 0
        ? Optional.of(patterns.getFirst())
        : Optional.empty();
  }

  public boolean matches(String name) {
    return rank(name).isPresent();
  }

  /// True if the name itself is in the list, not only a pattern that it matches.
  public boolean names(String name) {
    return patterns.contains(name);
  }

  /// Place of the first pattern that matches, 0 is the preferred one.
  public OptionalInt rank(String name) {
    for (int i = 0; i < patterns.size(); i++) {
      if (matches(patterns.get(i), name)) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  private static boolean matches(String pattern, String name) {
    List<String> parts = List.of(pattern.split("\\*", -1));
    if (parts.size() == 1) {
      return pattern.equals(name);
    }
    String last = parts.getLast();
    if (!name.startsWith(parts.getFirst())) {
      return false;
    }
    int at = parts.getFirst().length();
    for (String middle : parts.subList(1, parts.size() - 1)) {
      int found = name.indexOf(middle, at);
      if (found < 0) {
        return false;
      }
      at = found + middle.length();
    }
    return name.length() - last.length() >= at && name.endsWith(last);
  }

  /// The list as [#parse] takes it.
  @Override
  public String toString() {
    return String.join(",", patterns);
  }
}
