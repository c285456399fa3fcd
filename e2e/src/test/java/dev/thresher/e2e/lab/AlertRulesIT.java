package dev.thresher.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// The alert rules that are shipped, as Prometheus itself reads them. That the metrics and labels
/// in them exist is for each program's own tests.
@NeedsLab
class AlertRulesIT {

  @Test
  void everyExpressionIsOne() throws IOException, InterruptedException {
    List<String> expressions = expressions();
    assertThat(expressions).hasSizeGreaterThan(5);
    assertThat(parsed(expressions)).isEmpty();
    assertThat(parsed(List.of("sum(up", "up >"))).hasSize(2);
  }

  /// What is wrong with each that is none.
  private static List<String> parsed(List<String> expressions)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(Programs.promql(System.out::println).toString())
            .redirectErrorStream(true)
            .start();
    try (var input = process.outputWriter(StandardCharsets.UTF_8)) {
      for (String expression : expressions) {
        input.write(expression.replace('\n', ' ') + "\n");
      }
    }
    List<String> said = process.inputReader(StandardCharsets.UTF_8).lines().toList();
    assertThat(process.waitFor()).isEqualTo(said.isEmpty() ? 0 : 1);
    return said;
  }

  private static List<String> expressions() throws IOException {
    var yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
    var found = new ArrayList<String>();
    try (Stream<Path> files = Files.walk(Checkout.find().resolve("charts"))) {
      for (Path file : files.filter(one -> one.endsWith("alerts.yaml")).sorted().toList()) {
        Map<String, List<Map<String, List<Map<String, Object>>>>> document =
            yaml.load(Files.readString(file));
        for (var group : document.getOrDefault("groups", List.of())) {
          for (var rule : group.getOrDefault("rules", List.of())) {
            found.add(String.valueOf(rule.get("expr")));
          }
        }
      }
    }
    return found;
  }
}
