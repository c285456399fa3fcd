package dev.thresher.ccm.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.cli.GoDuration;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The page for people and the program know the same flags.
class ReferencePageTest {

  private static final Pattern FLAG = Pattern.compile("--[a-z][a-z0-9-]*");

  private static Set<String> flags(String text) {
    Set<String> flags = new TreeSet<>();
    Matcher matcher = FLAG.matcher(text);
    while (matcher.find()) {
      flags.add(matcher.group());
    }
    return flags;
  }

  @Test
  void namesEveryFlagAndNoOther() throws Exception {
    var command = new CalledCommand();
    assertThat(command.run(Map.of(), "--help")).isZero();
    Path page = Path.of("../docs/reference/ccm.md");
    Set<String> documented = flags(Files.readString(page));
    documented.remove("--flag");
    assertThat(documented).isEqualTo(flags(command.out()));
  }

  /// Flags whose default is more than a value can say.
  private static final Set<String> IN_WORDS =
      Set.of(
          "cloud-config",
          "host-service-annotation-prefixes",
          "kube-api-content-type",
          "kubeconfig",
          "v");

  /// Rows of the table of flags: name without dashes, and the cell with the default.
  private static Map<String, String> documentedDefaults() throws Exception {
    Map<String, String> rows = new TreeMap<>();
    Matcher matcher =
        Pattern.compile("(?m)^\\| `--([a-z0-9-]+)`[^|]*\\| ([^|]*?) ?\\|")
            .matcher(Files.readString(Path.of("../docs/reference/ccm.md")));
    while (matcher.find()) {
      assertThat(rows.put(matcher.group(1), matcher.group(2)))
          .as("second row of --%s", matcher.group(1))
          .isNull();
    }
    return rows;
  }

  private static Map<String, String> defaults() {
    Map<String, String> defaults = new TreeMap<>();
    CalledCommand.config("--cloud-config=x", "--kubeconfig=x")
        .process()
        .flags()
        .getAsJsonObject("flags")
        .asMap()
        .forEach((name, value) -> defaults.put(name, value.getAsString()));
    CompatibilityOptions.ROWS.forEach(row -> defaults.remove(row.name().substring(2)));
    return defaults;
  }

  private static boolean says(String cell, String value) {
    String said = cell.replaceAll(" \\(upstream: .*\\)", "").replace("`", "");
    if (said.equals(value.replaceAll("^([0-9]+)\\.0$", "$1"))) {
      return true;
    }
    // What an empty value stands for is said in words.
    boolean literal = cell.startsWith("`") || said.matches("true|false|[0-9].*");
    return value.isEmpty() ? !literal : isSameTime(said, value);
  }

  private static boolean isSameTime(String said, String value) {
    try {
      return GoDuration.parse(said).equals(GoDuration.parse(value));
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  @Test
  void tableHasARowForEachFlagThatDoesSomething() throws Exception {
    Set<String> rows = new TreeSet<>(documentedDefaults().keySet());
    rows.removeAll(Set.of("help", "version"));
    Set<String> flags = new TreeSet<>(defaults().keySet());
    assertThat(rows).isEqualTo(flags);
  }

  @Test
  void defaultsAreThoseOfTheProgram() throws Exception {
    Map<String, String> defaults = defaults();
    assertThat(defaults).hasSizeGreaterThan(50);
    Map<String, String> wrong = new TreeMap<>();
    documentedDefaults()
        .forEach((name, cell) -> {
          String value = defaults.getOrDefault(name, cell);
          if (!IN_WORDS.contains(name) && !says(cell, value)) {
            wrong.put("--" + name, "the page says \"" + cell + "\", it is \"" + value + "\"");
          }
        });
    assertThat(wrong).isEmpty();
  }

  /// `resource name: verbs` of each rule.
  private static Set<String> rules(String yaml) {
    Matcher matcher =
        Pattern.compile(
                "resources: \\[([a-z/]+)]\\n(?:    resourceNames: \\[([a-z-]+)]\\n)?    verbs: \\[(.+)]")
            .matcher(yaml);
    Set<String> rules = new TreeSet<>();
    while (matcher.find()) {
      String name = matcher.group(2) == null ? "" : matcher.group(2);
      rules.add(matcher.group(1) + " " + name + ": " + matcher.group(3));
    }
    return rules;
  }

  @Test
  void tableOfRightsIsThatOfTheChart() throws Exception {
    String yaml = Files.readString(Path.of("../charts/ccm/files/rbac-guest.yaml"));
    Set<String> shipped = rules(yaml);
    assertThat(shipped).hasSize(yaml.split("verbs:", -1).length - 1);
    String page = Files.readString(Path.of("../docs/reference/ccm.md"));
    int begin = page.indexOf("## Rights in the guest");
    Matcher matcher =
        Pattern.compile("\\| `([a-z/]+)` \\| (?:`([a-z-]+)` )?\\| ([a-z, ]+) \\|")
            .matcher(page.substring(begin, page.indexOf("## Metrics", begin)));
    Set<String> documented = new TreeSet<>();
    while (matcher.find()) {
      String name = matcher.group(2) == null ? "" : matcher.group(2);
      documented.add(matcher.group(1) + " " + name + ": " + matcher.group(3));
    }
    assertThat(documented).isEqualTo(shipped);
  }
}
