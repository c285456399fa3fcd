package dev.thresher.ccm.app;

import dev.thresher.runtime.cli.UsageException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Which controllers run, from `--controllers`.
///
/// `*` stands for all that are on by default, `name` switches one on, `-name` off; the first item
/// that names a controller counts, and without `*` only named ones run. Names are upstream's, of
/// today and from before 1.28.
///
/// @param running to be started
record ControllerSelection(Set<Name> running) {

  /// A controller of the framework.
  enum Name {
    NODE("cloud-node-controller", "cloud-node"),
    NODE_LIFECYCLE("cloud-node-lifecycle-controller", "cloud-node-lifecycle"),
    SERVICE("service-lb-controller", "service"),
    ROUTE("node-route-controller", "route");

    private final String text;
    private final String alias;

    Name(String text, String alias) {
      this.text = text;
      this.alias = alias;
    }

    String text() {
      return text;
    }

    /// The name before 1.28, which metrics still have.
    String alias() {
      return alias;
    }

    private static Optional<Name> of(String text) {
      return Arrays.stream(values())
          .filter(name -> name.text.equals(text) || name.alias.equals(text))
          .findFirst();
    }
  }

  ControllerSelection {
    running = Set.copyOf(running);
  }

  /// @throws UsageException for a name that nobody knows
  static ControllerSelection parse(List<String> items) {
    List<String> given = items.stream().map(String::strip).filter(i -> !i.isEmpty()).toList();
    for (String item : given) {
      String name = item.startsWith("-") ? item.substring(1) : item;
      if (!name.equals("*") && Name.of(name).isEmpty()) {
        throw new UsageException(
            "--controllers has \""
                + item
                + "\"; want *, or one of "
                + Arrays.stream(Name.values()).map(Name::text).toList()
                + ", with - in front to switch it off");
      }
    }
    Set<Name> running = EnumSet.noneOf(Name.class);
    for (Name name : Name.values()) {
      Optional<String> named =
          given.stream()
              .filter(item ->
                  Name.of(item.startsWith("-") ? item.substring(1) : item)
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
