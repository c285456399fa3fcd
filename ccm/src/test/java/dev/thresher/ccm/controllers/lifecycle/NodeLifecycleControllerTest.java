package dev.thresher.ccm.controllers.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.fake.FakeCloudProvider;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeCondition;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/// The controller as the program puts it together, on a clock that moves when told to.
class NodeLifecycleControllerTest {

  private static final Duration PERIOD = Duration.ofSeconds(5);

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore store = new FakeStore();
  private final FakeKubeApi guest = new FakeKubeApi("guest", store);
  private final FakeInformers informers = new FakeInformers(store, timeline);
  private final FakeCloudProvider cloud = new FakeCloudProvider();

  private Optional<NodeLifecycleController> controller(Leadership leadership) {
    return NodeLifecycleModule.controller(
        cloud,
        new NodeLifecycleController.Settings(PERIOD, 2, Duration.ZERO, 50, false),
        ObjectKey.of("kube-system", "lease"),
        guest,
        informers,
        (_, _, _, _) -> {},
        leadership,
        new Metrics(),
        timeline);
  }

  private void node(String name, String ready) {
    store.put(
        CoreTypes.NODE,
        new V1Node()
            .metadata(new V1ObjectMeta().name(name))
            .spec(new V1NodeSpec().providerID("x://" + name))
            .status(
                new V1NodeStatus()
                    .addConditionsItem(new V1NodeCondition().type("Ready").status(ready))));
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("still waiting").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @Test
  void looksAtTheNodesEachPeriod() {
    node("gone", "Unknown");
    node("fine", "True");
    cloud.fakeInstances().set("gone", new Existence.Missing("gone"));
    NodeLifecycleController controller = controller(Leadership.always()).orElseThrow();
    informers.start();
    controller.start();
    try {
      await(() -> timeline.pending() == 1);
      assertThat(store.get(CoreTypes.NODE, ObjectKey.cluster("gone"))).isPresent();
      timeline.advance(PERIOD);
      await(() -> store.get(CoreTypes.NODE, ObjectKey.cluster("gone")).isEmpty());
    } finally {
      controller.stop();
    }
  }

  @Test
  void asksNothingBeforeItLeads() {
    node("gone", "Unknown");
    var begin = new AtomicReference<Runnable>(() -> {});
    Leadership later =
        new Leadership() {
          @Override
          public boolean held() {
            return true;
          }

          @Override
          public void onceStarted(Runnable action) {
            begin.set(action);
          }
        };
    NodeLifecycleController controller = controller(later).orElseThrow();
    informers.start();
    controller.start();
    try {
      timeline.advance(PERIOD.multipliedBy(3));
      assertThat(cloud.fakeInstances().calls()).isEmpty();
      Objects.requireNonNull(begin.get()).run();
      await(() -> !cloud.fakeInstances().calls().isEmpty());
    } finally {
      controller.stop();
    }
  }

  @Test
  void doesNotRunForAProviderWithoutInstances() {
    cloud.withoutInstances();
    assertThat(controller(Leadership.always())).isEmpty();
  }
}
