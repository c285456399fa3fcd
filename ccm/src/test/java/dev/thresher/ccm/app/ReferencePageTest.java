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
}
