package dev.thresher.e2e.runtime;

import static dev.thresher.e2e.lab.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.ConnectionSource;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.RemoteInformers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.SystemTimeline;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A controller with its queue and caches on a real API server.
@NeedsLab
class ControllerIT {

  private static final String COPY = "copy";

  private static Lab lab;
  private static ControlPlane host;

  private final SystemTimeline timeline = new SystemTimeline();
  private final Metrics metrics = new Metrics();
  private final OkHttpKubeApi api =
      new OkHttpKubeApi(
          ClientConfig.of("host", new ConnectionSource.KubeconfigFile(kubeconfig(), ""))
              .withRate(500, 500),
          timeline,
          metrics);
  private final RemoteInformers informers = new RemoteInformers(api, timeline, metrics);

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
  void end() {
    informers.stop();
    api.stop();
    timeline.stop();
  }

  /// What was asked for in a field ends up in an annotation, whatever the API server does
  /// meanwhile.
  @Test
  void bringsTheWorldToItsDesiredStateAcrossARestart() throws Exception {
    host.ensureNamespace("desired");
    Informer<V1ConfigMap> maps =
        informers.informer(CoreTypes.CONFIG_MAP, Scope.namespace("desired"));
    Controller<ObjectKey> controller =
        Controller.<ObjectKey>builder("copy", key -> copy(maps, key), timeline)
            .workers(4)
            .metrics(metrics)
            .build()
            .watch(maps, change -> List.of(ObjectKey.of(change.object())));
    timeline.start();
    informers.start();
    controller.start();
    for (int i = 0; i < 20; i++) {
      api.create(CoreTypes.CONFIG_MAP, map("desired", "m" + i, "first"));
    }
    await("the copies", () -> copies(maps, "first") == 20);

    host.restart();
    for (int i = 0; i < 20; i++) {
      host.api()
          .apply(
              JsonParser.parseString(
                      """
                      {"apiVersion":"v1","kind":"ConfigMap",
                       "metadata":{"namespace":"desired","name":"m%d"},
                       "data":{"value":"second"}}
                      """
                          .formatted(i))
                  .getAsJsonObject());
    }

    await("the new copies", () -> copies(maps, "second") == 20);
    controller.stop();
  }

  @Test
  void losesNoneOfTwentyThousandRequeues() throws Exception {
    host.ensureNamespace("burst");
    int objects = 200;
    int perObject = 100;
    for (int i = 0; i < objects; i++) {
      api.create(CoreTypes.CONFIG_MAP, map("burst", "m" + i, "x"));
    }
    record Piece(ObjectKey map, int number) {}
    Informer<V1ConfigMap> maps = informers.informer(CoreTypes.CONFIG_MAP, Scope.namespace("burst"));
    var runs = new ConcurrentHashMap<Piece, Integer>();
    var finished = new AtomicInteger();
    Controller<Piece> controller =
        Controller.<Piece>builder(
                "burst",
                piece -> {
                  assertThat(maps.get(piece.map())).isPresent();
                  return switch (runs.merge(piece, 1, Integer::sum)) {
                    case 1 -> Result.after(Duration.ofMillis(piece.number()));
                    case 2 ->
                        throw new KubeApiException(
                            Reason.CONFLICT, 409, "stale", Optional.empty(), null);
                    default -> {
                      finished.incrementAndGet();
                      yield Result.done();
                    }
                  };
                },
                timeline)
            .workers(8)
            .build()
            .watch(
                maps,
                change ->
                    IntStream.range(0, perObject)
                        .mapToObj(n -> new Piece(ObjectKey.of(change.object()), n))
                        .toList());
    timeline.start();
    controller.start();
    informers.start();

    await("every piece to be done", () -> finished.get() >= objects * perObject);

    assertThat(runs).hasSize(objects * perObject);
    assertThat(runs.values()).allMatch(times -> times == 3);
    controller.stop();
  }

  private Result copy(Informer<V1ConfigMap> maps, ObjectKey key) {
    Optional<V1ConfigMap> seen = maps.get(key).filter(map -> map.getData() != null);
    if (seen.isEmpty()) {
      return Result.done();
    }
    String wanted = String.valueOf(seen.get().getData().get("value"));
    if (!wanted.equals(annotation(seen.get()))) {
      api.patch(CoreTypes.CONFIG_MAP, key, Patches.annotations(Map.of(COPY, Optional.of(wanted))));
    }
    return Result.done();
  }

  private static long copies(Informer<V1ConfigMap> maps, String value) {
    return maps.list().stream().filter(map -> value.equals(annotation(map))).count();
  }

  private static String annotation(V1ConfigMap map) {
    Map<String, String> annotations = map.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(COPY, "");
  }

  private static V1ConfigMap map(String namespace, String name, String value) {
    return new V1ConfigMap()
        .metadata(new V1ObjectMeta().namespace(namespace).name(name))
        .data(Map.of("value", value));
  }
}
