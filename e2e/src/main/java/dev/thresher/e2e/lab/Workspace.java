package dev.thresher.e2e.lab;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// What one lab owns on this machine outside its namespaces: an id, an address range and a
/// directory.
///
/// The id is reserved in `/run/thresher-lab`, which is where [Labs] and the guardian find a lab
/// again.
///
/// @param id four hexadecimal digits
/// @param directory files and logs; its name contains the id
/// @param progress told what happens, one line each
record Workspace(
    String id,
    AddressPlan plan,
    Path directory,
    Programs programs,
    String owner,
    Consumer<String> progress) {
  /// Environment variable that every process of a lab carries.
  static final String MARK = "THRESHER_LAB";

  static final Path REGISTRY = Path.of("/run/thresher-lab");

  static Workspace reserve(Programs programs, Consumer<String> progress) {
    synchronized (Workspace.class) {
      try {
        Files.createDirectories(REGISTRY);
        try (FileChannel lock =
                FileChannel.open(
                    REGISTRY.resolve(".lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            var held = lock.lock()) {
          if (!held.isValid()) {
            throw new LabException("lost the lock on " + REGISTRY);
          }
          return reserveLocked(programs, progress);
        }
      } catch (IOException e) {
        throw new LabException("cannot reserve a lab in " + REGISTRY + ": " + e.getMessage(), e);
      }
    }
  }

  private static Workspace reserveLocked(Programs programs, Consumer<String> progress)
      throws IOException {
    Set<Integer> used = usedOctets();
    var random = new SecureRandom();
    for (int attempt = 0; attempt < 1000; attempt++) {
      String id = "%04x".formatted(random.nextInt(0x1000, 0x10000));
      int octet = AddressPlan.preferredOctet(id);
      if (used.contains(octet)) {
        continue;
      }
      Path entry = REGISTRY.resolve(id);
      try {
        Files.createDirectory(entry);
      } catch (FileAlreadyExistsException e) {
        continue;
      }
      Path directory =
          Files.createTempDirectory(
              "thresher-lab-" + id + "-",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Files.createDirectory(directory.resolve("logs"));
      Files.createDirectory(directory.resolve("bin"));
      Files.writeString(entry.resolve("octet"), Integer.toString(octet));
      Files.writeString(entry.resolve("owner"), Long.toString(ProcessHandle.current().pid()));
      Files.writeString(entry.resolve("directory"), directory.toString());
      return new Workspace(
          id,
          new AddressPlan(id, octet),
          directory,
          programs,
          Long.toString(ProcessHandle.current().pid()),
          progress);
    }
    throw new LabException(
        "no free address range 10.64.0.0/16 … 10.191.0.0/16: this machine's routes and labs use all");
  }

  /// Second octets of 10.0.0.0/8 that this machine's routes and other labs use.
  private static Set<Integer> usedOctets() throws IOException {
    var used = new HashSet<Integer>();
    String routes = Commands.run(List.of("ip", "-json", "-4", "route", "show", "table", "all"));
    for (JsonElement route :
        JsonParser.parseString(routes.isBlank() ? "[]" : routes).getAsJsonArray()) {
      used.addAll(octets(route.getAsJsonObject()));
    }
    try (Stream<Path> entries = Files.list(REGISTRY)) {
      for (Path entry : entries.filter(Files::isDirectory).toList()) {
        Path octet = entry.resolve("octet");
        if (Files.exists(octet)) {
          used.add(Integer.parseInt(Files.readString(octet).strip()));
        }
      }
    }
    return used;
  }

  /// Second octets of 10.0.0.0/8 that a route is about.
  ///
  /// Routes to more than 16 of them are left out (a VPN may send all of 10.0.0.0/8 somewhere): the
  /// lab adds routes to single addresses only, which such a route yields to.
  static Set<Integer> octets(JsonObject route) {
    String destination = Json.text(route, "dst").orElse("default");
    String[] parts = destination.split("/", -1);
    String[] quad = parts[0].split("\\.", -1);
    int length = parts.length > 1 ? Integer.parseInt(parts[1]) : 32;
    if (quad.length != 4 || !quad[0].equals("10") || length < 12) {
      return Set.of();
    }
    int first = Integer.parseInt(quad[1]);
    int count = length >= 16 ? 1 : 1 << (16 - length);
    return IntStream.range(first, first + count).boxed().collect(Collectors.toSet());
  }

  Path log(String namespace, String program) {
    String shortName = namespace.substring(namespace.indexOf('-') + 1);
    return directory.resolve("logs").resolve(shortName + "-" + program + ".log");
  }

  /// A program under its own name, from `KUBEBUILDER_ASSETS` or from kubelab.
  List<String> kubernetes(String name) {
    return programs.command(directory.resolve("bin"), name);
  }

  void say(String line) {
    progress.accept(line);
  }
}
