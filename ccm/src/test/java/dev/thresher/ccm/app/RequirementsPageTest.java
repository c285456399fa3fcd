package dev.thresher.ccm.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The page of requirements names tests that are there, and leaves no requirement out.
class RequirementsPageTest {

  private static final Path PAGE = Path.of("../docs/requirements.md");
  private static final Pattern TEST = Pattern.compile("`([A-Z]\\w*(?:Test|IT|Path))\\.(\\w+)`");

  /// Source by name of the class, of all modules; classes of one name are joined.
  private static Map<String, String> tests() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of(".."), 14)) {
      return files
          .filter(file -> file.toString().matches(".*/src/test/java/.*(Test|IT|Path)\\.java"))
          .collect(
              Collectors.toMap(
                  file -> file.getFileName().toString().replace(".java", ""),
                  RequirementsPageTest::read,
                  String::concat,
                  TreeMap::new));
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void namesOnlyTestsThatAreThere() throws IOException {
    Map<String, String> tests = tests();
    List<String> missing = new ArrayList<>();
    int named = 0;
    Matcher matcher = TEST.matcher(Files.readString(PAGE));
    while (matcher.find()) {
      named++;
      String source = tests.getOrDefault(matcher.group(1), "");
      if (!Pattern.compile("\\b" + matcher.group(2) + "\\b(\\(|\\s*=)").matcher(source).find()) {
        missing.add(matcher.group());
      }
    }
    assertThat(missing).isEmpty();
    assertThat(named).isGreaterThan(50);
  }

  /// The rows of the section with this heading.
  private static List<String> defects(String heading) throws IOException {
    return Files.readAllLines(PAGE).stream()
        .dropWhile(line -> !line.equals(heading))
        .skip(1)
        .takeWhile(line -> !line.startsWith("## "))
        .filter(line -> line.startsWith("| "))
        .filter(line -> !line.startsWith("| defect "))
        .toList();
  }

  @Test
  void namesATestForEachDefectOfHarvestersCloudProvider() throws IOException {
    assertThat(defects("## Defects of harvester-cloud-provider"))
        .hasSizeGreaterThan(15)
        .allMatch(row -> TEST.matcher(row).find());
  }

  /// Those that were confirmed by measuring, and what else its source shows.
  @Test
  void namesATestForEachDefectOfHarvestersLoadBalancerController() throws IOException {
    List<String> rows = defects("## Defects of harvester-load-balancer");
    assertThat(rows).allMatch(row -> TEST.matcher(row).find());
    for (String defect :
        List.of(
            "an empty `ipam`",
            "a global pool gives an address of another network",
            "removal of a guest cluster ends the process",
            "without a webhook",
            "an address is booked, the status is lost",
            "a living object whose address no pool lists",
            "no machine can be deleted",
            "a large pool cannot be written")) {
      assertThat(rows).as(defect).anyMatch(row -> row.split("\\|", -1)[1].contains(defect));
    }
  }

  @Test
  void hasARowForEachRequirementOnCcm() throws IOException {
    List<String> rows =
        Files.readAllLines(PAGE).stream()
            .filter(line -> line.startsWith("| R-"))
            .map(line -> line.substring(2, 7))
            .filter(row -> row.compareTo("R-045") <= 0)
            .toList();
    assertThat(rows)
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, 45).mapToObj("R-%03d"::formatted).toList());
  }
}
