package dev.thresher.ccm.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.cli.CommandLineMain;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    var help = new StringWriter();
    CommandLineMain.run(
        List.of("--help"),
        Map.of(),
        new CcmCommand(Map.of()),
        CompatibilityOptions.all(),
        new PrintWriter(help, true),
        new PrintWriter(help, true));
    Path page = Path.of("../docs/reference/ccm.md");
    Set<String> documented = flags(Files.readString(page));
    documented.remove("--flag");
    assertThat(documented).isEqualTo(flags(help.toString()));
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
