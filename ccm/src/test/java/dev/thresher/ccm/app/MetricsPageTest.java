package dev.thresher.ccm.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.delegation.ReviewServers;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.Metrics.Description;
import dev.thresher.runtime.time.SystemTimeline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The table of metrics is what the program has when everything is made.
class MetricsPageTest {

  private static final Path PAGE = Path.of("../docs/reference/ccm-metrics.md");
  private static final Path GENERATED = Path.of("target/ccm-metrics.md");
  private static final String BEGIN = "<!-- generated: begin -->\n";
  private static final String END = "<!-- generated: end -->\n";

  @TempDir private Path directory = Path.of("/");

  private Metrics metrics() throws Exception {
    Path kubeconfig =
        Files.writeString(
            directory.resolve("kubeconfig"),
            """
            apiVersion: v1
            kind: Config
            current-context: default
            clusters: [{name: default, cluster: {server: "https://127.0.0.1:1"}}]
            users: [{name: default, user: {token: "of nobody"}}]
            contexts:
              - {name: default, context: {cluster: default, user: default, namespace: vms}}
            """);
    CcmConfig config =
        CalledCommand.config(
            "--kubeconfig=" + kubeconfig, "--cloud-config=" + kubeconfig, "--cluster-name=g1");
    CcmComponent component = DaggerCcmComponent.factory().create(config, ShutdownSignal.detached());
    assertThat(component.program().stages().controllers()).isNotEmpty();
    var reviews =
        new ReviewServers(
            config.process().delegation().orElseThrow(), new SystemTimeline(), component.metrics());
    assertThat(reviews.access().asksForCertificates()).isTrue();
    return component.metrics();
  }

  private static String table(List<Description> metrics) {
    return "| metric | type | labels | what |\n|---|---|---|---|\n"
        + metrics.stream()
            .map(metric ->
                "| `%s` | %s | %s | %s |\n"
                    .formatted(
                        metric.name(),
                        metric.kind(),
                        metric.labels().stream()
                            .map(label -> "`" + label + "`")
                            .collect(Collectors.joining(", ")),
                        metric.help().replace("<", "&lt;")))
            .collect(Collectors.joining());
  }

  @Test
  void tableIsThatOfTheProgram() throws Exception {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    int end = page.indexOf(END);
    String right = page.substring(0, begin) + table(metrics().descriptions()) + page.substring(end);
    Files.createDirectories(GENERATED.getParent());
    Files.writeString(GENERATED, right);
    assertThat(page)
        .as("the table in %s is old: cp ccm/%s docs/reference/", PAGE, GENERATED)
        .isEqualTo(right);
  }
}
