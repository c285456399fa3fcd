package dev.thresher.e2e.runtime;

import static dev.thresher.e2e.lab.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.InformerTiming;
import dev.thresher.runtime.informer.RemoteInformers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Caches through everything that happens to an API server.
@NeedsLab
class InformerIT {

  private static final Duration LONG = Duration.ofMinutes(1);

  private static Lab lab;
  private static ControlPlane host;

  private final Connections connections = new Connections(kubeconfig(), Duration.ofSeconds(5));
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private RemoteInformers informers = informers(InformerTiming.DEFAULT);

  @BeforeAll
  static void start() {
    lab = Lab.builder().hostNodes(0).controllerManager(false).start();
    host = lab.host();
  }

  private static Path kubeconfig() {
    return host.adminKubeconfig();
  }

  @AfterAll
  static void stop() {
    if (lab != null) {
      lab.close();
    }
  }

  @AfterEach
  void close() {
    informers.stop();
    connections.close();
  }

  private RemoteInformers informers(InformerTiming timing) {
    return new RemoteInformers(
        connections.api(),
        connections.timeline(),
        connections.metrics(),
        timing,
        RandomGenerator.getDefault());
  }

  /// Follows one namespace, which the test has for itself.
  private Informer<V1ConfigMap> follow(String namespace) {
    host.ensureNamespace(namespace);
    var informer = informers.informer(CoreTypes.CONFIG_MAP, Scope.namespace(namespace));
    informer.onChange(change -> heard.add(describe(change)));
    informers.start();
    assertThat(informers.awaitSync(LONG)).isTrue();
    return informer;
  }

  private static String describe(Change<V1ConfigMap> change) {
    Map<String, String> data = change.object().getData();
    String text = change.object().getMetadata().getName() + (data == null ? "" : data.get("v"));
    return switch (change) {
      case Change.Added<V1ConfigMap> _ -> "+" + text;
      case Change.Updated<V1ConfigMap> _ -> "~" + text;
      case Change.Deleted<V1ConfigMap> _ -> "-" + text;
    };
  }

  private static V1ConfigMap map(String namespace, String name, String value) {
    return new V1ConfigMap()
        .metadata(new V1ObjectMeta().namespace(namespace).name(name))
        .data(Map.of("v", value));
  }

  private void create(String namespace, String name) {
    connections.api().create(CoreTypes.CONFIG_MAP, map(namespace, name, "1"));
  }

  private void change(String namespace, String name, String value) {
    JsonObject document =
        JsonParser.parseString("{\"data\":{\"v\":\"" + value + "\"}}").getAsJsonObject();
    connections
        .api()
        .patch(CoreTypes.CONFIG_MAP, ObjectKey.of(namespace, name), new Patch.Merge(document, ""));
  }

  private void delete(String namespace, String name) {
    connections
        .api()
        .delete(CoreTypes.CONFIG_MAP, ObjectKey.of(namespace, name), Precondition.NONE);
  }

  private void awaitHeard(String... changes) {
    await("changes", () -> List.copyOf(heard), List.of(changes)::equals);
  }

  private double lists(String scope) {
    return connections.number(
        "thresher_informer_lists_total{resource=\"configmaps\",scope=\""
            + scope
            + "\",server=\"test\"}");
  }

  @Test
  void followsAnApiServerThroughARestart() {
    host.ensureNamespace("restart");
    create("restart", "a");
    Informer<V1ConfigMap> informer = follow("restart");

    host.restart();
    await(
        "a write to get through",
        () -> {
          change("restart", "a", "2");
          return true;
        });
    create("restart", "b");
    delete("restart", "a");

    awaitHeard("+a1", "~a2", "+b1", "-a2");
    assertThat(informer.list()).hasSize(1);
  }

  @Test
  void noticesAFrozenServerAndWatchesOnWithoutAList() {
    host.ensureNamespace("freeze");
    create("freeze", "a");
    informers = informers(InformerTiming.DEFAULT.withSilence(Duration.ofSeconds(5)));
    follow("freeze");
    change("freeze", "a", "2");
    awaitHeard("+a1", "~a2");

    host.pause();
    try {
      await(
          "the silence to be noticed",
          () ->
              connections.number(
                      "thresher_informer_watches_total{after=\"silent\",resource=\"configmaps\","
                          + "scope=\"namespace=freeze\",server=\"test\"}")
                  >= 1);
    } finally {
      host.resume();
    }
    await(
        "a write to get through",
        () -> {
          change("freeze", "a", "3");
          return true;
        });

    awaitHeard("+a1", "~a2", "~a3");
    assertThat(lists("namespace=freeze")).isEqualTo(1);
  }

  @Test
  void thePingNoticesAFrozenServerBeforeTheSilenceDoes() {
    follow("ping");
    // A watch that is heard of is open.
    create("ping", "a");
    awaitHeard("+a1");

    host.pause();
    try {
      await(
          "the connection to be given up",
          () ->
              connections.number(
                      "thresher_informer_watches_total{after=\"broken\",resource=\"configmaps\","
                          + "scope=\"namespace=ping\",server=\"test\"}")
                  >= 1);
    } finally {
      host.resume();
    }
    await(
        "a write to get through",
        () -> {
          create("ping", "b");
          return true;
        });
    awaitHeard("+a1", "+b1");
  }

  @Test
  void listsAgainWhenEtcdHasForgottenTheVersion() {
    host.ensureNamespace("compact");
    create("compact", "a");
    create("compact", "b");
    Informer<V1ConfigMap> informer = follow("compact");

    // While the server is away its history moves on and is then forgotten.
    host.stop();
    host.start();
    for (int i = 0; i < 20; i++) {
      change("compact", "a", "x" + i);
    }
    delete("compact", "b");
    host.compact();
    host.restart();
    create("compact", "c");

    await("the cache to be right", () -> informer.list().size(), Integer.valueOf(2)::equals);
    await(
        "the last states",
        () -> List.copyOf(heard),
        seen -> seen.contains("+c1") && seen.contains("~ax19") && seen.contains("-b1"));
    assertThat(heard.stream().filter(line -> line.startsWith("+a"))).hasSize(1);
    assertThat(heard.stream().filter(line -> line.startsWith("-"))).hasSize(1);
  }

  @Test
  void bookmarksTellTheVersionBeforeAWatchEnds() {
    host.ensureNamespace("elsewhere");
    create("elsewhere", "a");
    informers = informers(InformerTiming.DEFAULT.withWatchAtLeast(Duration.ofSeconds(5)));
    Informer<V1ConfigMap> informer = follow("bookmarks");

    await(
        "a bookmark, which comes when something of the type changes during the watch",
        () -> {
          change("elsewhere", "a", Long.toString(System.nanoTime()));
          return connections.number(
                  "thresher_informer_bookmarks_total{resource=\"configmaps\","
                      + "scope=\"namespace=bookmarks\",server=\"test\"}")
              >= 1;
        });
    await(
        "a watch after one that ended in order",
        () ->
            connections.number(
                    "thresher_informer_watches_total{after=\"done\",resource=\"configmaps\","
                        + "scope=\"namespace=bookmarks\",server=\"test\"}")
                >= 1);
    assertThat(informer.sinceLastEvent()).isLessThan(Duration.ofSeconds(20));
    assertThat(lists("namespace=bookmarks")).isEqualTo(1);
  }

  @Test
  void readsUnknownFieldsAndSkipsWhatDoesNotFit() {
    host.apply(
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: odds.test.example.com
        spec:
          group: test.example.com
          scope: Namespaced
          names: {kind: Odd, plural: odds, singular: odd, listKind: OddList}
          versions:
          - name: v1
            served: true
            storage: true
            schema:
              openAPIV3Schema:
                type: object
                x-kubernetes-preserve-unknown-fields: true
        """);
    // Any model will do: this one knows `data` as a map of strings.
    var type = new ResourceType<>("test.example.com", "v1", "odds", "Odd", true, V1ConfigMap.class);
    var informer = informers.informer(type, Scope.ALL);
    informers.start();
    assertThat(informers.awaitSync(LONG)).isTrue();

    host.apply(
        """
        apiVersion: test.example.com/v1
        kind: Odd
        metadata: {name: newer, namespace: default}
        data: {v: "1"}
        future: {deep: [1, {x: null}]}
        ---
        apiVersion: test.example.com/v1
        kind: Odd
        metadata: {name: broken, namespace: default}
        data: a string
        ---
        apiVersion: test.example.com/v1
        kind: Odd
        metadata: {name: last, namespace: default}
        data: {v: "2"}
        """);

    await("the readable ones", () -> informer.list().size(), Integer.valueOf(2)::equals);
    assertThat(
            connections.number(
                "thresher_informer_malformed_objects_total{resource=\"odds.test.example.com\","
                    + "scope=\"all\",server=\"test\"}"))
        .isEqualTo(1);
  }

  @Test
  void readsFiveThousandObjects() throws Exception {
    host.ensureNamespace("many");
    try (var writers = Executors.newFixedThreadPool(16, Thread.ofVirtual().factory())) {
      for (int i = 0; i < 5000; i++) {
        String name = "m" + i;
        var _ = writers.submit(() -> create("many", name));
      }
    }
    long begin = System.nanoTime();
    Informer<V1ConfigMap> informer = follow("many");
    Duration took = Duration.ofNanos(System.nanoTime() - begin);

    assertThat(informer.list()).hasSize(5000);
    assertThat(heard).hasSize(5000);
    assertThat(lists("namespace=many")).isEqualTo(1);
    assertThat(took).isLessThan(Duration.ofSeconds(30));
    change("many", "m4999", "2");
    await("the change", () -> heard.getLast(), "~m49992"::equals);
  }
}
