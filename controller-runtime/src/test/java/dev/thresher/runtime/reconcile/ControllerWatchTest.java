package dev.thresher.runtime.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.queue.Priority;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ControllerWatchTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @Test
  void looksAtWhatIsThereAndAtWhatChanges() {
    var timeline = new VirtualTimeline();
    var store = new FakeStore();
    var informers = new FakeInformers(store, timeline);
    var seen = ConcurrentHashMap.<ObjectKey>newKeySet();
    store.put(CoreTypes.CONFIG_MAP, configMap("before"));
    var controller =
        Controller.<ObjectKey>builder(
                "test",
                key -> {
                  seen.add(key);
                  return Result.done();
                },
                timeline)
            .build()
            .watch(
                informers.informer(CoreTypes.CONFIG_MAP, Scope.ALL),
                change -> List.of(ObjectKey.of(change.object())));
    informers.start();
    controller.start();

    await().atMost(LONG).until(() -> seen.contains(ObjectKey.of("ns", "before")));
    store.put(CoreTypes.CONFIG_MAP, configMap("after"));
    await().atMost(LONG).until(() -> seen.contains(ObjectKey.of("ns", "after")));
    seen.clear();
    store.drop(CoreTypes.CONFIG_MAP, ObjectKey.of("ns", "after"));
    await().atMost(LONG).until(() -> seen.equals(Set.of(ObjectKey.of("ns", "after"))));
    controller.stop();
  }

  @Test
  void beginsOnlyWithSyncedCaches() {
    var timeline = new VirtualTimeline();
    var informers = new FakeInformers(new FakeStore(), timeline);
    var calls = new AtomicInteger();
    var controller =
        Controller.<String>builder(
                "test",
                _ -> {
                  calls.incrementAndGet();
                  return Result.done();
                },
                timeline)
            .build()
            .needs(informers.informer(CoreTypes.NODE, Scope.ALL));
    controller.enqueue("a");
    controller.start();
    assertThat(controller.queue().depth()).isEqualTo(1);
    assertThat(calls).hasValue(0);

    long begin = System.nanoTime();
    controller.stop();

    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .as("less than the stop grace and than the wait for a cache")
        .isLessThan(Duration.ofSeconds(4));
    assertThat(calls).hasValue(0);
  }

  @Test
  void firstListAndUnchangedObjectsAreNoNews() {
    V1ConfigMap one = configMap("a").metadata(new V1ObjectMeta().resourceVersion("1"));
    V1ConfigMap two = configMap("a").metadata(new V1ObjectMeta().resourceVersion("2"));

    assertThat(Controller.priorityOf(new Change.Added<>(one), false)).isEqualTo(Priority.RESYNC);
    assertThat(Controller.priorityOf(new Change.Added<>(one), true)).isEqualTo(Priority.NEW);
    assertThat(Controller.priorityOf(new Change.Updated<>(one, one), true))
        .isEqualTo(Priority.RESYNC);
    assertThat(Controller.priorityOf(new Change.Updated<>(one, two), true)).isEqualTo(Priority.NEW);
    assertThat(Controller.priorityOf(new Change.Deleted<>(one), true)).isEqualTo(Priority.NEW);
  }

  @Test
  void losesNoneOfTwentyThousandRequeuesOnRealTime() {
    var timeline = new SystemTimeline();
    timeline.start();
    int keys = 20_000;
    var runs = new ConcurrentHashMap<Integer, Integer>();
    var finished = new AtomicInteger();
    var controller =
        Controller.<Integer>builder(
                "burst",
                key ->
                    switch (runs.merge(key, 1, Integer::sum)) {
                      case 1 -> Result.after(Duration.ofMillis(key % 100));
                      // Tried again without a line in the log.
                      case 2 -> throw FakeKubeApi.exception(Reason.CONFLICT, "stale");
                      default -> {
                        finished.incrementAndGet();
                        yield Result.done();
                      }
                    },
                timeline)
            .workers(8)
            .build();
    controller.start();
    for (int key = 0; key < keys; key++) {
      controller.enqueue(key);
    }

    await().atMost(LONG).until(() -> finished.get() == keys);

    assertThat(runs).hasSize(keys).allSatisfy((_, times) -> assertThat(times).isEqualTo(3));
    controller.stop();
    timeline.stop();
  }

  @Test
  void measuresReconciles() {
    var timeline = new VirtualTimeline();
    var metrics = new Metrics();
    var controller =
        Controller.<String>builder(
                "service",
                key ->
                    switch (key) {
                      case "good" -> Result.done();
                      case "later" -> Result.after(Duration.ofSeconds(9));
                      default -> Result.failed("expected in this test");
                    },
                timeline)
            .workers(2)
            .metrics(metrics)
            .build();
    controller.start();
    controller.enqueue("good");
    controller.enqueue("later");
    controller.enqueue("bad");

    await()
        .atMost(LONG)
        .untilAsserted(() ->
            assertThat(metrics.text().lines())
                .contains(
                    "controller_runtime_reconcile_total{controller=\"service\",result=\"success\"}"
                        + " 1.0",
                    "controller_runtime_reconcile_total{controller=\"service\",result=\"requeue_after\"}"
                        + " 1.0",
                    "controller_runtime_reconcile_total{controller=\"service\",result=\"error\"}"
                        + " 1.0",
                    "controller_runtime_reconcile_errors_total{controller=\"service\"} 1.0",
                    "controller_runtime_reconcile_time_seconds_count{controller=\"service\"} 3",
                    "controller_runtime_active_workers{controller=\"service\"} 0.0",
                    "controller_runtime_max_concurrent_reconciles{controller=\"service\"} 2.0",
                    "workqueue_retries_total{name=\"service\"} 1.0"));
    controller.stop();
  }

  private static V1ConfigMap configMap(String name) {
    return new V1ConfigMap()
        .apiVersion("v1")
        .kind("ConfigMap")
        .metadata(new V1ObjectMeta().namespace("ns").name(name));
  }
}
