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
/// @param missing would run by default, but are not there yet
record ControllerSelection(Set<Name> running, Set<Name> missing) {

  /// A controller of the framework.
  enum Name {
    NODE("cloud-node-controller", "cloud-node", true),
    NODE_LIFECYCLE("cloud-node-lifecycle-controller", "cloud-node-lifecycle", true),
    SERVICE("service-lb-controller", "service", true),
    ROUTE("node-route-controller", "route", false);

    private final String text;
    private final String alias;
    private final boolean built;

    Name(String text, String alias, boolean built) {
      this.text = text;
      this.alias = alias;
      this.built = built;
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
    missing = Set.copyOf(missing);
  }

  /// @throws UsageException for a name that nobody knows, and for one that is asked for by name but
  ///   not there yet
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
    Set<Name> missing = EnumSet.noneOf(Name.class);
    for (Name name : Name.values()) {
      Optional<String> named =
          given.stream()
              .filter(item ->
                  Name.of(item.startsWith("-") ? item.substring(1) : item)
                      .filter(name::equals)
                      .isPresent())
              .findFirst();
      boolean on = named.map(item -> !item.startsWith("-")).orElse(given.contains("*"));
      if (on && name.built) {
        running.add(name);
      } else if (on && named.isPresent()) {
        throw new UsageException(
            "--controllers asks for \"" + named.get() + "\", which is not there yet: leave it out");
      } else if (on) {
        missing.add(name);
      }
    }
    return new ControllerSelection(running, missing);
  }
}
