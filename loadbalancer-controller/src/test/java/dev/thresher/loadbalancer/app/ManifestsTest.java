package dev.thresher.loadbalancer.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.runtime.cli.CommandLineMain;
import dev.thresher.runtime.cli.Unsupported;
import dev.thresher.runtime.logging.Logging;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// The manifests that are shipped: under the names of the program that is replaced, with no more
/// rights on the node than are used, and with flags that the programs understand.
final class ManifestsTest {

  private static final Path FILES = Path.of("../charts/loadbalancer-controller/files");
  private static final String CONTROLLER = "harvester-load-balancer";
  private static final String WEBHOOK = "harvester-load-balancer-webhook";

  @TempDir private Path directory;

  private static List<JsonObject> documents(String file) throws IOException {
    var yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
    var documents = new ArrayList<JsonObject>();
    for (Object document : yaml.loadAll(Files.readString(FILES.resolve(file)))) {
      documents.add(new Gson().toJsonTree(document).getAsJsonObject());
    }
    return documents;
  }

  private static JsonObject object(String file, String kind, String name) throws IOException {
    return documents(file).stream()
        .filter(one -> one.get("kind").getAsString().equals(kind))
        .filter(one -> at(one, "metadata", "name").getAsString().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + kind + " " + name + " in " + file));
  }

  private static JsonElement at(JsonElement from, String... path) {
    JsonElement here = from;
    for (String step : path) {
      here =
          Objects.requireNonNull(
              here.getAsJsonObject().get(step), () -> String.join(".", path) + " in " + from);
    }
    return here;
  }

  private static JsonObject container(JsonObject workload) {
    List<JsonElement> containers =
        at(workload, "spec", "template", "spec", "containers").getAsJsonArray().asList();
    assertThat(containers).hasSize(1);
    return containers.getFirst().getAsJsonObject();
  }

  private static List<String> strings(JsonElement list) {
    return list.getAsJsonArray().asList().stream().map(JsonElement::getAsString).toList();
  }

  @AfterEach
  void quiet() {
    Logging.setVerbosity(0);
  }

  @Test
  void deploymentsHaveTheNamesOfTheProgramThatIsReplaced() throws IOException {
    assertThat(documents("deployment.yaml"))
        .extracting(
            one -> at(one, "kind").getAsString() + " " + at(one, "metadata", "name").getAsString())
        .containsExactly("Deployment " + CONTROLLER, "Deployment " + WEBHOOK);
    assertThat(
            Stream.of("deployment.yaml", "webhook-service.yaml", "probe-agent.yaml")
                .flatMap(file -> {
                  try {
                    return documents(file).stream();
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                })
                .map(one -> at(one, "metadata", "namespace").getAsString()))
        .containsOnly("harvester-system");
  }

  @ParameterizedTest
  @ValueSource(strings = {CONTROLLER, WEBHOOK})
  void aDeploymentFindsItsPodsAndNoOthers(String name) throws IOException {
    JsonObject deployment = object("deployment.yaml", "Deployment", name);
    JsonObject labels = at(deployment, "spec", "template", "metadata", "labels").getAsJsonObject();
    assertThat(at(deployment, "spec", "selector", "matchLabels")).isEqualTo(labels);
    JsonObject selector =
        at(object("webhook-service.yaml", "Service", WEBHOOK), "spec", "selector")
            .getAsJsonObject();
    assertThat(labels.equals(selector)).isEqualTo(name.equals(WEBHOOK));
    assertThat(at(deployment, "spec", "template", "spec", "serviceAccountName").getAsString())
        .isEqualTo(
            at(object("rbac.yaml", "ServiceAccount", name), "metadata", "name").getAsString());
  }

  @Test
  void theServiceLeadsToThePortOfTheWebhooks() throws IOException {
    JsonElement port =
        at(object("webhook-service.yaml", "Service", WEBHOOK), "spec", "ports")
            .getAsJsonArray()
            .get(0);
    int https =
        understood(object("deployment.yaml", "Deployment", WEBHOOK)).webhook().orElseThrow().port();
    assertThat(at(port, "targetPort").getAsInt()).isEqualTo(https);
    assertThat(
            at(container(object("deployment.yaml", "Deployment", WEBHOOK)), "ports")
                .getAsJsonArray())
        .anyMatch(one -> at(one, "containerPort").getAsInt() == https);
  }

  @Test
  void theFlagsMakeOneTheControllerAndTheOtherTheWebhooks() throws IOException {
    ControllerConfig controller = understood(object("deployment.yaml", "Deployment", CONTROLLER));
    assertThat(controller.controller()).isTrue();
    assertThat(controller.webhook()).isEmpty();
    assertThat(controller.process().election()).isPresent();
    ControllerConfig webhook = understood(object("deployment.yaml", "Deployment", WEBHOOK));
    assertThat(webhook.controller()).isFalse();
    assertThat(webhook.webhook()).isPresent();
    assertThat(webhook.process().election()).isEmpty();
  }

  /// Otherwise only clients in the same pod may ask for them, and no alert ever has a value.
  @ParameterizedTest
  @ValueSource(strings = {CONTROLLER, WEBHOOK})
  void metricsAreReadFromOtherPods(String name) throws IOException {
    JsonObject deployment = object("deployment.yaml", "Deployment", name);
    String flag = "--authorization-always-allow-paths=";
    assertThat(strings(at(container(deployment), "args")))
        .filteredOn(argument -> argument.startsWith(flag))
        .singleElement()
        .satisfies(argument ->
            assertThat(argument.substring(flag.length()).split(",", -1))
                .containsExactlyInAnyOrder("/healthz", "/livez", "/readyz", "/metrics"));
  }

  /// What the program makes of its command line.
  private ControllerConfig understood(JsonObject deployment) throws IOException {
    JsonObject container = container(deployment);
    assertThat(strings(at(container, "command"))).containsExactly("loadbalancer-controller");
    Path kubeconfig = Files.writeString(directory.resolve("config"), "");
    var environment =
        new HashMap<>(Map.of("KUBECONFIG", kubeconfig.toString(), "NAMESPACE", "harvester-system"));
    var config = new AtomicReference<@Nullable ControllerConfig>();
    var said = new StringWriter();
    int status =
        CommandLineMain.run(
            new ArrayList<>(strings(at(container, "args"))),
            environment,
            new ControllerCommand(
                environment,
                understood -> {
                  config.set(understood);
                  return 0;
                }),
            Unsupported.NONE,
            new PrintWriter(said, true),
            new PrintWriter(said, true));
    assertThat(status).as(said.toString()).isZero();
    return Objects.requireNonNull(config.get());
  }

  @ParameterizedTest
  @ValueSource(strings = {"deployment.yaml", "probe-agent.yaml"})
  void nothingHasRightsOnTheNode(String file) throws IOException {
    for (JsonObject workload : documents(file)) {
      assertThat(at(container(workload), "securityContext"))
          .hasToString(
              "{\"allowPrivilegeEscalation\":false,\"readOnlyRootFilesystem\":true,"
                  + "\"runAsNonRoot\":true,\"runAsUser\":65532,\"capabilities\":{\"drop\":[\"ALL\"]},"
                  + "\"seccompProfile\":{\"type\":\"RuntimeDefault\"}}");
      assertThat(at(workload, "spec", "template", "spec").getAsJsonObject().has("volumes"))
          .as("nothing of the node is mounted")
          .isFalse();
      assertThat(at(container(workload), "resources", "limits").getAsJsonObject().has("memory"))
          .isTrue();
    }
  }
}
