package dev.thresher.vip.netns;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/// Network namespaces with names of their own, and programs inside them. The test's JVM never
/// enters one: a thread that did would take others along.
///
/// A name carries the process id of its maker, so that what a killed test left is removed by the
/// next.
public final class Namespaces implements AutoCloseable {
  private static final String PREFIX = "tvip-";
  private static final int COMMAND_SECONDS = 30;

  /// What a command did.
  public record Result(int status, String output) {}

  private final String id =
      PREFIX
          + ProcessHandle.current().pid()
          + "-"
          + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong(), 4)
          + "-";
  private final List<String> names = new ArrayList<>();
  private final List<Child> children = new ArrayList<>();

  /// Skips the calling test, loudly, where namespaces cannot be made or a tool is missing.
  public static Namespaces require(String... tools) {
    List<String> missing = new ArrayList<>();
    if (!"root".equals(System.getProperty("user.name"))) {
      missing.add("root");
    }
    for (String tool : tools) {
      if (!onPath(tool)) {
        missing.add("the program " + tool);
      }
    }
    if (!missing.isEmpty()) {
      String line = "SKIPPED, test with real packets needs " + String.join(", ", missing);
      System.err.println(line);
      Assumptions.abort(line);
    }
    removeLeftovers();
    return new Namespaces();
  }

  private static boolean onPath(String tool) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
  }

  private static void removeLeftovers() {
    for (String line : command(List.of("ip", "netns", "list")).output().split("\n", -1)) {
      String name = line.split(" ", 2)[0];
      if (name.startsWith(PREFIX)) {
        long owner = Long.parseLong(name.split("-", 3)[1]);
        if (ProcessHandle.of(owner).isEmpty()) {
          command(List.of("ip", "netns", "delete", name));
        }
      }
    }
  }

  /// Makes a namespace and gives its real name.
  public String add(String label) {
    String name = id + label;
    must(List.of("ip", "netns", "add", name));
    names.add(name);
    ip(name, "link set lo up");
    return name;
  }

  /// Joins two namespaces by a cable whose ends are up. MAC addresses end in the numbers given.
  public void cable(String a, String nameA, int macA, String b, String nameB, int macB) {
    must(
        List.of(
            "ip", "link", "add", nameA, "netns", a, "address", mac(macA), "type", "veth", "peer",
            "name", nameB, "netns", b, "address", mac(macB)));
    ip(a, "link set " + nameA + " up");
    ip(b, "link set " + nameB + " up");
  }

  private static String mac(int number) {
    return "02:00:00:00:00:" + HexFormat.of().toHexDigits((byte) number);
  }

  /// Runs `ip` in a namespace; fails the test if it fails.
  public void ip(String namespace, String arguments) {
    List<String> command = new ArrayList<>(List.of("ip", "-n", namespace));
    command.addAll(List.of(arguments.split(" ")));
    must(command);
  }

  /// Runs a program in a namespace; fails the test if it fails.
  public String must(String namespace, String... command) {
    return must(inside(namespace, command));
  }

  /// Runs a program in a namespace.
  public Result run(String namespace, String... command) {
    return command(inside(namespace, command));
  }

  /// Starts a Java program of the test's class path in a namespace.
  public Child start(String namespace, Class<?> main, String... options) {
    return start(List.of(), namespace, main, options);
  }

  /// The same, after a shell command in the program's own mount namespace.
  public Child startAfter(String shellCommand, String namespace, Class<?> main, String... options) {
    return start(
        List.of("sh", "-c", shellCommand + " && exec \"$@\"", "sh"), namespace, main, options);
  }

  private Child start(List<String> before, String namespace, Class<?> main, String... options) {
    List<String> command = new ArrayList<>(before);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx64m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path")));
    command.addAll(List.of(options));
    command.add(main.getName());
    Child child = new Child(inside(namespace, command.toArray(String[]::new)));
    children.add(child);
    return child;
  }

  private static List<String> inside(String namespace, String... command) {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
    all.addAll(List.of(command));
    return all;
  }

  private static String must(List<String> command) {
    Result result = command(command);
    if (result.status() != 0) {
      throw new AssertionError(command + " failed: " + result);
    }
    return result.output();
  }

  private static Result command(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(command + " did not end within " + COMMAND_SECONDS + " s");
      }
      return new Result(process.exitValue(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted in " + command, e);
    }
  }

  @Override
  public void close() {
    children.forEach(Child::kill);
    names.forEach(name -> command(List.of("ip", "netns", "delete", name)));
  }
}
