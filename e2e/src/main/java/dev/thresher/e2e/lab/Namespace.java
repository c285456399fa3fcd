package dev.thresher.e2e.lab;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// A network namespace of the lab, by its name under `/run/netns`.
public final class Namespace {
  private static final Path DIRECTORY = Path.of("/run/netns");

  private static final Runtime.Version SHIFTING = Runtime.Version.parse("6.3");
  private static final String KERNEL =
      System.getProperty("os.version").replaceFirst("^(\\d+\\.\\d+).*", "$1");

  private final String name;
  private final Workspace workspace;
  private volatile Duration clockOffset = Duration.ZERO;

  private Namespace(String name, Workspace workspace) {
    this.name = name;
    this.workspace = workspace;
  }

  /// @param settings further kernel parameters, `name=value`
  static Namespace create(Workspace workspace, String shortName, List<String> settings) {
    var namespace = new Namespace("th" + workspace.id() + "-" + shortName, workspace);
    Commands.run(List.of("ip", "netns", "add", namespace.name));
    var sysctl =
        new ArrayList<>(
            List.of(
                "sysctl",
                "-qe",
                // Addresses are unique by construction, and a lab has no second to wait for each.
                "net.ipv6.conf.all.accept_dad=0",
                "net.ipv6.conf.default.accept_dad=0",
                "net.ipv6.conf.all.accept_ra=0",
                "net.ipv6.conf.default.accept_ra=0",
                "net.ipv6.conf.all.disable_ipv6=0",
                "net.ipv6.conf.default.disable_ipv6=0",
                // As Harvester's network agent sets it: bridged frames of VMs are no business of
                // the
                // host's rules.
                "net.bridge.bridge-nf-call-iptables=0",
                "net.bridge.bridge-nf-call-ip6tables=0",
                "net.bridge.bridge-nf-call-arptables=0"));
    sysctl.addAll(settings);
    namespace.run(sysctl);
    namespace.ip(List.of("link set lo up"));
    return namespace;
  }

  /// Kernel parameters of a machine that forwards.
  static List<String> forwarding() {
    return List.of(
        "net.ipv4.ip_forward=1",
        "net.ipv6.conf.all.forwarding=1",
        "net.ipv6.conf.default.forwarding=1");
  }

  public String name() {
    return name;
  }

  /// Runs a command in this namespace to its end.
  ///
  /// @return what it printed, both streams
  public String run(List<String> command) {
    return Commands.run(inside(command));
  }

  /// Runs a command that reads `input`.
  public String run(List<String> command, String input) {
    return Commands.run(inside(command), input);
  }

  /// Runs `ip` commands in one go; each line is a command without its leading `ip`.
  void ip(List<String> lines) {
    Commands.run(List.of("ip", "-netns", name, "-batch", "-"), String.join("\n", lines) + "\n");
  }

  /// The command that runs `command` in this namespace.
  public List<String> inside(List<String> command) {
    var whole = new ArrayList<>(List.of("ip", "netns", "exec", name));
    if (!clockOffset.isZero()) {
      // Without --fork: since Linux 6.3 the process changes its time namespace when it executes the
      // program, so it keeps its process id.
      whole.addAll(
          List.of(
              "unshare",
              "--time",
              "--monotonic=" + clockOffset.toSeconds(),
              "--boottime=" + clockOffset.toSeconds()));
    }
    whole.addAll(command);
    return whole;
  }

  /// Starts a program whose output goes to a log file of the lab.
  ///
  /// @param program name of the process and of its log file
  /// @param environment in addition to that of this process
  public LabProcess start(String program, List<String> command, Map<String, String> environment) {
    Path log = workspace.log(name, program);
    return launch(program, command, environment, Optional.of(log));
  }

  /// Starts a program whose standard input and output are pipes to this process.
  LabProcess startPiped(String program, List<String> command) {
    return launch(program, command, Map.of(), Optional.empty());
  }

  private LabProcess launch(
      String program, List<String> command, Map<String, String> environment, Optional<Path> log) {
    // A session of its own: a Ctrl-C at the owner's terminal is for the owner, and a lab that is
    // kept
    // outlives that terminal.
    var whole = new ArrayList<>(List.of("setsid"));
    whole.addAll(inside(command));
    var builder = new ProcessBuilder(whole);
    builder.environment().put(Workspace.MARK, workspace.id());
    builder.environment().putAll(environment);
    builder.directory(workspace.directory().toFile());
    Path errors = log.orElseGet(() -> workspace.log(name, program));
    if (log.isPresent()) {
      builder.redirectErrorStream(true);
      builder.redirectInput(new File("/dev/null"));
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(errors.toFile()));
    } else {
      builder.redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()));
    }
    try {
      return new LabProcess(name + "/" + program, builder.start(), errors);
    } catch (IOException e) {
      throw new LabException("cannot start " + program + " in " + name + ": " + e.getMessage(), e);
    }
  }

  /// Programs started from now on see CLOCK_MONOTONIC and CLOCK_BOOTTIME shifted, as on a machine
  /// that booted earlier.
  ///
  /// @param offset whole seconds; the clocks cannot become negative
  /// @throws LabException on Linux before 6.3, where a program would have to be started through a
  ///   parent that takes its signals
  public void clockOffset(Duration offset) {
    if (!KERNEL.isBlank() && Runtime.Version.parse(KERNEL).compareTo(SHIFTING) < 0) {
      throw new LabException("a clock offset needs Linux 6.3 or newer, this is " + KERNEL);
    }
    clockOffset = offset;
  }

  /// Process ids of everything that runs in this namespace now.
  public List<Long> processes() {
    Optional<Object> inode = inode(DIRECTORY.resolve(name));
    if (inode.isEmpty()) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
      return entries
          .filter(p -> p.getFileName().toString().chars().allMatch(Character::isDigit))
          .filter(p -> inode(p.resolve("ns/net")).equals(inode))
          .map(p -> Long.parseLong(p.getFileName().toString()))
          .toList();
    } catch (IOException e) {
      throw new LabException("cannot list /proc: " + e.getMessage(), e);
    }
  }

  /// SIGSTOP to everything that runs here; returns when it stands still.
  void freeze() {
    Signals.stop(processes().stream().mapToLong(Long::longValue).toArray());
  }

  void signal(int signal) {
    processes().forEach(pid -> Signals.send(pid, signal));
  }

  private static Optional<Object> inode(Path path) {
    try {
      return Optional.of(Files.getAttribute(path, "unix:ino"));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      // A process that ends while it is looked at.
      return Optional.empty();
    }
  }

  Workspace workspace() {
    return workspace;
  }

  @Override
  public String toString() {
    return name;
  }
}
