package dev.thresher.e2e.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The labs of this machine.
public final class Labs {
  private static final Pattern ID = Pattern.compile("([0-9a-f]{4})(-.*)?");

  /// Numbers of capabilities, `linux/capability.h`.
  private static final int CAP_NET_ADMIN = 12;

  private static final int CAP_SYS_ADMIN = 21;

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
    if (!mayMakeNamespaces()) {
      return Optional.of("root lacks CAP_NET_ADMIN or CAP_SYS_ADMIN here, as in most containers");
    }
    List<String> missing =
        Stream.of("ip", "nft", "sysctl", "setsid", "unshare", "setpriv", "mount", "conntrack")
            .filter(program -> !onPath(program))
            .toList();
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of("missing: " + missing + "; run hack/lab/packages.sh");
  }

  private static boolean mayMakeNamespaces() {
    try {
      long effective =
          Files.readAllLines(Path.of("/proc/self/status")).stream()
              .filter(line -> line.startsWith("CapEff:"))
              .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
              .findFirst()
              .orElse(0);
      return (effective >> CAP_NET_ADMIN & 1) == 1 && (effective >> CAP_SYS_ADMIN & 1) == 1;
    } catch (IOException e) {
      throw new LabException("cannot read /proc/self/status: " + e.getMessage(), e);
    }
  }

  private static boolean onPath(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  /// Ids of all labs of this machine, also of those that a broken guardian left behind.
  public static List<String> ids() {
    var ids = new TreeSet<String>();
    Stream.concat(
            entries(Workspace.REGISTRY, "").stream(),
            entries(Path.of("/run/netns"), "th").stream().map(name -> name.substring(2)))
        .map(ID::matcher)
        .filter(Matcher::matches)
        .forEach(m -> ids.add(m.group(1)));
    return List.copyOf(ids);
  }

  /// Removes a lab, whoever owns it.
  public static void destroy(String id) {
    Programs programs = Programs.find(_ -> {});
    Commands.run(List.of(programs.netlab().toString(), "destroy", "--id", id));
  }

  /// What is left of a lab on this machine, one line each; empty when it was removed completely.
  public static List<String> remains(String id) {
    var remains = new ArrayList<String>();
    entries(Path.of("/run/netns"), "th" + id + "-")
        .forEach(name -> remains.add("namespace " + name));
    entries(Path.of("/sys/class/net"), "th" + id).forEach(name -> remains.add("interface " + name));
    entries(Workspace.REGISTRY, id).forEach(name -> remains.add("registry entry " + name));
    entries(Path.of(System.getProperty("java.io.tmpdir")), "thresher-lab-" + id)
        .forEach(name -> remains.add("directory " + name));
    byte[] mark = (Workspace.MARK + "=" + id + "\0").getBytes(StandardCharsets.US_ASCII);
    ProcessHandle.allProcesses()
        .filter(process -> carries(process, mark))
        .forEach(process ->
            remains.add("process " + process.pid() + " " + process.info().command().orElse("")));
    return remains;
  }

  private static boolean carries(ProcessHandle process, byte[] mark) {
    try {
      byte[] environment =
          Files.readAllBytes(Path.of("/proc", Long.toString(process.pid()), "environ"));
      return new String(environment, StandardCharsets.ISO_8859_1)
          .contains(new String(mark, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      // It ended meanwhile.
      return false;
    }
  }

  private static List<String> entries(Path directory, String prefix) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .map(e -> e.getFileName().toString())
          .filter(name -> name.startsWith(prefix))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new LabException("cannot list " + directory + ": " + e.getMessage(), e);
    }
  }
}
