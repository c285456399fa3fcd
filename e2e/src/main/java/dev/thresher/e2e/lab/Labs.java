package dev.thresher.e2e.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// The labs of this machine.
public final class Labs {
  private Labs() {}

  /// Why no lab can run here, in one sentence; empty if one can.
  public static Optional<String> obstacle() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.of(
          "it needs Linux network namespaces, this is " + System.getProperty("os.name"));
    }
    if (!"root".equals(System.getProperty("user.name"))) {
      return Optional.of("it needs root, this is user " + System.getProperty("user.name"));
    }
    List<String> missing =
        Stream.of("ip", "nft", "sysctl", "setsid", "unshare", "conntrack")
            .filter(program -> !onPath(program))
            .toList();
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of("missing: " + missing + "; run hack/lab/packages.sh");
  }

  private static boolean onPath(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  /// Ids of all labs of this machine, also of those that a broken guardian left behind.
  public static List<String> ids() {
    var ids = new TreeSet<String>();
    collect(Workspace.REGISTRY, ids, "([0-9a-f]{4})");
    collect(Path.of("/run/netns"), ids, "th([0-9a-f]{4})-.*");
    return List.copyOf(ids);
  }

  private static void collect(Path directory, Set<String> ids, String pattern) {
    if (!Files.isDirectory(directory)) {
      return;
    }
    var wanted = java.util.regex.Pattern.compile(pattern);
    try (Stream<Path> entries = Files.list(directory)) {
      entries
          .map(e -> wanted.matcher(e.getFileName().toString()))
          .filter(java.util.regex.Matcher::matches)
          .forEach(m -> ids.add(m.group(1)));
    } catch (IOException e) {
      throw new LabException("cannot list " + directory + ": " + e.getMessage(), e);
    }
  }

  /// Removes a lab, whoever owns it.
  public static void destroy(String id) {
    Programs programs = Programs.find(_ -> {});
    Commands.run(List.of(programs.netlab().toString(), "destroy", "--id", id));
  }
}
