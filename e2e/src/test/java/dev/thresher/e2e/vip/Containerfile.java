package dev.thresher.e2e.vip;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// What `hack/Containerfile` says, as far as it can be held without making an image of it.
///
/// @param copies by path in the image what of the checkout is there
/// @param targets by name
record Containerfile(Map<String, Path> copies, Map<String, Target> targets) {

  /// @param entryPoint program in the image
  /// @param user with a number; empty: root
  record Target(String entryPoint, Optional<String> user) {}

  static Containerfile read(Path checkout) throws IOException {
    Map<String, Path> copies = new LinkedHashMap<>();
    Map<String, Target> targets = new LinkedHashMap<>();
    String stage = "";
    Optional<String> user = Optional.empty();
    for (List<String> words : instructions(checkout.resolve("hack/Containerfile"))) {
      switch (words.getFirst()) {
        case "FROM" -> {
          stage = words.getLast();
          user = Optional.empty();
        }
        case "COPY" -> {
          if (!words.get(1).startsWith("--from=")) {
            copies.put(words.get(2), checkout.resolve(words.get(1)));
          }
        }
        case "USER" -> user = Optional.of(words.get(1));
        case "ENTRYPOINT" -> {
          JsonArray command = JsonParser.parseString(words.get(1)).getAsJsonArray();
          targets.put(stage, new Target(command.get(0).getAsString(), user));
        }
        case "RUN", "ENV" -> {
          // Neither adds a file.
        }
        default -> throw new IllegalArgumentException("not looked at here: " + words);
      }
    }
    return new Containerfile(copies, targets);
  }

  private static List<List<String>> instructions(Path file) throws IOException {
    List<List<String>> instructions = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.isBlank() && !line.startsWith("#")) {
        instructions.add(List.of(line.strip().split("\\s+", -1)));
      }
    }
    return instructions;
  }

  /// The file of the checkout that is at a path of the image.
  Path source(String path) {
    List<Path> found =
        copies.entrySet().stream()
            .filter(copy -> path.startsWith(copy.getKey()))
            .map(copy -> copy.getValue().resolve(path.substring(copy.getKey().length())))
            .collect(Collectors.toList());
    if (found.size() != 1) {
      throw new IllegalArgumentException("nothing is copied to " + path + ": " + copies);
    }
    return found.getFirst();
  }
}
