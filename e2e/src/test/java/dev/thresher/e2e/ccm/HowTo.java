package dev.thresher.e2e.ccm;

import dev.thresher.e2e.lab.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The shell commands of a page of `docs`: its blocks marked `sh`, by the headings of second level
/// that they stand under.
public record HowTo(Map<String, String> sections) {

  public static HowTo read(String page) {
    return read("docs/how-to", page);
  }

  /// A page of `docs/reference`.
  public static HowTo reference(String page) {
    return read("docs/reference", page);
  }

  private static HowTo read(String folder, String page) {
    try {
      return parse(Files.readString(Checkout.find().resolve(folder).resolve(page)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static HowTo parse(String markdown) {
    var sections = new LinkedHashMap<String, String>();
    String section = "";
    List<String> block = new ArrayList<>();
    boolean inside = false;
    for (String line : markdown.lines().toList()) {
      if (inside && line.strip().equals("```")) {
        inside = false;
        // Blocks of a list are indented.
        sections.merge(
            section, String.join("\n", block).stripIndent() + "\n", (a, b) -> a + "\n" + b);
      } else if (inside) {
        block.add(line);
      } else if (line.strip().equals("```sh")) {
        inside = true;
        block = new ArrayList<>();
      } else if (line.startsWith("## ")) {
        section = line.substring(3).strip();
      }
    }
    if (inside) {
      throw new IllegalArgumentException("a block under \"" + section + "\" does not end");
    }
    return new HowTo(Map.copyOf(sections));
  }

  public String commands(String section) {
    String commands = sections.get(section);
    if (commands == null) {
      throw new IllegalArgumentException(
          "no commands under \"" + section + "\": want one of " + sections.keySet());
    }
    return commands;
  }
}
