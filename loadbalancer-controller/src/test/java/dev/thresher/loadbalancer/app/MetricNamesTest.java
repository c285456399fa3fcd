package dev.thresher.loadbalancer.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.runtime.cli.CommandLineMain;
import dev.thresher.runtime.cli.Unsupported;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.Metrics.Description;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// What alerts and the reference say about metrics is what the program has when everything is made.
final class MetricNamesTest {

  private static final Path ALERTS = Path.of("../charts/loadbalancer-controller/files/alerts.yaml");
  private static final Path PAGE = Path.of("../docs/reference/loadbalancer-controller.md");

  private static final Pattern METRIC =
      Pattern.compile("\\b((?:thresher|leader_election)_[a-z_]+)(?:\\{([^}]*)})?");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)\\s*=~?");
  private static final Pattern BY = Pattern.compile("by \\(([^)]*)\\)");
  private static final Pattern TEMPLATE = Pattern.compile("\\$labels\\.([a-z_]+)");

  @TempDir private Path directory = Path.of("/");

  private Map<String, Description> metrics() throws Exception {
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
              - {name: default, context: {cluster: default, user: default}}
            """);
    var understood = new AtomicReference<@Nullable ControllerConfig>();
    var err = new StringWriter();
    int status =
        CommandLineMain.run(
            List.of("--kubeconfig=" + kubeconfig),
            Map.of(),
            new ControllerCommand(
                Map.of(),
                config -> {
                  understood.set(config);
                  return 0;
                }),
            Unsupported.NONE,
            new PrintWriter(err, true),
            new PrintWriter(err, true));
    assertThat(status).as(err.toString()).isZero();
    var component =
        DaggerControllerComponent.factory()
            .create(Objects.requireNonNull(understood.get()), ShutdownSignal.detached());
    assertThat(component.program()).isNotNull();
    assertThat(component.controllers()).isNotNull();
    Metrics metrics = component.metrics();
    return metrics.descriptions().stream()
        .collect(Collectors.toMap(Description::name, Function.identity()));
  }

  private static List<JsonObject> alerts() throws Exception {
    Object document =
        new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(ALERTS));
    return new Gson()
        .toJsonTree(document).getAsJsonObject().getAsJsonArray("groups").asList().stream()
            .flatMap(group -> group.getAsJsonObject().getAsJsonArray("rules").asList().stream())
            .map(JsonElement::getAsJsonObject)
            .toList();
  }

  /// As the histogram's parts are called.
  private static String base(String name, Map<String, Description> metrics) {
    for (String suffix : List.of("_bucket", "_count", "_sum")) {
      if (name.endsWith(suffix) && !metrics.containsKey(name)) {
        return name.substring(0, name.length() - suffix.length());
      }
    }
    return name;
  }

  @Test
  void eachMetricAndLabelOfAnAlertExists() throws Exception {
    Map<String, Description> metrics = metrics();
    Set<String> names = new HashSet<>();
    for (JsonObject alert : alerts()) {
      String name = alert.get("alert").getAsString();
      assertThat(names.add(name)).as("%s is there once", name).isTrue();
      String expression = alert.get("expr").getAsString();
      Set<String> labels = new HashSet<>();
      Matcher metric = METRIC.matcher(expression);
      int found = 0;
      while (metric.find()) {
        found++;
        Description description =
            Objects.requireNonNull(
                metrics.get(base(metric.group(1), metrics)),
                name + ": there is no metric " + metric.group(1));
        labels.addAll(description.labels());
        if (metric.group(1).endsWith("_bucket")) {
          assertThat(description.kind()).isEqualTo("histogram");
          labels.add("le");
        }
        Matcher label = LABEL.matcher(Objects.requireNonNullElse(metric.group(2), ""));
        while (label.find()) {
          assertThat(description.labels()).as("%s: %s", name, metric).contains(label.group(1));
        }
      }
      assertThat(found).as("%s names a metric of the program", name).isPositive();
      Matcher by = BY.matcher(expression);
      while (by.find()) {
        assertThat(labels).as(name).contains(by.group(1).split(",\\s*", -1));
      }
      JsonObject annotations = alert.getAsJsonObject("annotations");
      for (String text : List.of("summary", "description")) {
        assertThat(annotations.get(text).getAsString()).as("%s: %s", name, text).isNotBlank();
        Matcher template = TEMPLATE.matcher(annotations.get(text).getAsString());
        while (template.find()) {
          assertThat(labels).as("%s: %s", name, text).contains(template.group(1));
        }
      }
      assertThat(alert.getAsJsonObject("labels").get("severity").getAsString())
          .as(name)
          .isIn("warning", "critical");
      assertThat(alert.get("for").getAsString()).as(name).matches("\\d+[smh]");
      assertThat(balanced(expression)).as("%s: brackets", name).isTrue();
    }
    assertThat(names).hasSizeGreaterThan(5);
  }

  private static boolean balanced(String expression) {
    int depth = 0;
    for (int i = 0; i < expression.length(); i++) {
      char c = expression.charAt(i);
      depth += "([{".indexOf(c) >= 0 ? 1 : ")]}".indexOf(c) >= 0 ? -1 : 0;
      if (depth < 0) {
        return false;
      }
    }
    return depth == 0;
  }

  /// The table names all of the program's own, with their labels, and no others.
  @Test
  void theReferenceNamesTheProgramsMetrics() throws Exception {
    Map<String, Description> metrics = metrics();
    String page = Files.readString(PAGE);
    String table = page.substring(page.indexOf("## Metrics"), page.indexOf("## Finalizers"));
    Map<String, Set<String>> written =
        table
            .lines()
            .filter(line -> line.startsWith("| `"))
            .flatMap(line -> {
              String[] cells = line.split("\\|", -1);
              return Pattern.compile("`([a-z_]+)`")
                  .matcher(cells[1])
                  .results()
                  .map(name -> Map.entry(name.group(1), ticked(cells[2])));
            })
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    Map<String, Set<String>> own =
        metrics.values().stream()
            .filter(metric -> metric.name().matches("thresher_(?!client|events|informer).*"))
            .collect(Collectors.toMap(Description::name, m -> Set.copyOf(m.labels())));

    assertThat(written).isEqualTo(own);
  }

  private static Set<String> ticked(String cell) {
    return Pattern.compile("`([a-z_]+)`")
        .matcher(cell)
        .results()
        .map(result -> result.group(1))
        .collect(Collectors.toSet());
  }
}
