package dev.thresher.ccm.app;

import dev.thresher.ccm.duties.Duty;
import dev.thresher.runtime.cli.UsageException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// Which controllers run, from `--controllers`.
///
/// `*` stands for all that are on by default, `name` switches one on, `-name` off; the first item
/// that names a controller counts, and without `*` only named ones run. Names are upstream's, of
/// today and from before 1.28.
///
/// @param running to be started
record ControllerSelection(Set<Duty> running) {

  ControllerSelection {
    running = Set.copyOf(running);
  }

  /// Those that another program runs left out.
  ControllerSelection without(Predicate<Duty> elsewhere) {
    return new ControllerSelection(
        running.stream().filter(elsewhere.negate()).collect(Collectors.toUnmodifiableSet()));
  }

  /// @throws UsageException for a name that nobody knows
  static ControllerSelection parse(List<String> items) {
    List<String> given = items.stream().map(String::strip).filter(i -> !i.isEmpty()).toList();
    for (String item : given) {
      String name = item.startsWith("-") ? item.substring(1) : item;
      if (!name.equals("*") && Duty.of(name).isEmpty()) {
        throw new UsageException(
            "--controllers has \""
                + item
                + "\"; want *, or one of "
                + Arrays.stream(Duty.values()).map(Duty::text).toList()
                + ", with - in front to switch it off");
      }
    }
    Set<Duty> running = EnumSet.noneOf(Duty.class);
    for (Duty name : Duty.values()) {
      Optional<String> named =
          given.stream()
              .filter(item ->
                  Duty.of(item.startsWith("-") ? item.substring(1) : item)
                      .filter(name::equals)
                      .isPresent())
              .findFirst();
      boolean on = named.map(item -> !item.startsWith("-")).orElse(given.contains("*"));
      if (on) {
        running.add(name);
      }
    }
    return new ControllerSelection(running);
  }
}
