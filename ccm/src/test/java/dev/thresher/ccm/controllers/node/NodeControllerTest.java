package dev.thresher.ccm.controllers.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.InstanceMetadata;
import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.cloudprovider.MetadataResult;
import dev.thresher.ccm.cloudprovider.fake.FakeInstances;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Taint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeControllerTest {

  private static final Duration REFRESH = Duration.ofMinutes(5);

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore store = new FakeStore();
  private final FakeKubeApi guest = new FakeKubeApi("guest", store);
  private final FakeInformers informers = new FakeInformers(store, timeline);
  private final FakeInstances instances = new FakeInstances();
  private final NodeController controller = controller();

  private NodeController controller() {
    return controller(2);
  }

  private NodeController controller(int workers) {
    var nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
    var reconciler =
        new NodeReconciler(
            instances,
            nodes,
            guest,
            (_, _, _, _) -> {},
            new NodeMetrics(new Metrics(), timeline::now),
            LabelSync.TOPOLOGY);
    return new NodeController(
        reconciler,
        instances,
        nodes,
        new NodeController.Settings(workers, REFRESH),
        Leadership.always(),
        new Metrics(),
        timeline);
  }

  @BeforeEach
  void start() {
    informers.start();
    controller.start();
  }

  @AfterEach
  void stop() {
    controller.stop();
  }

  private static InstanceMetadata at(String address) {
    return new InstanceMetadata(
        "x://1",
        "",
        List.of(new MachineAddress(MachineAddress.Type.INTERNAL_IP, address)),
        "",
        "",
        Map.of());
  }

  private void node(boolean tainted) {
    var spec = new V1NodeSpec();
    if (tainted) {
      spec.addTaintsItem(
          new V1Taint().key("node.cloudprovider.kubernetes.io/uninitialized").effect("NoSchedule"));
    }
    store.put(
        CoreTypes.NODE,
        new V1Node()
            .metadata(new V1ObjectMeta().name("n1").putLabelsItem("a", "b"))
            .spec(spec)
            .status(new V1NodeStatus()));
  }

  private V1Node node() {
    return store.get(CoreTypes.NODE, ObjectKey.cluster("n1")).orElseThrow();
  }

  private boolean isAt(String address) {
    var addresses = node().getStatus().getAddresses();
    return addresses != null
        && !addresses.isEmpty()
        && address.equals(addresses.getFirst().getAddress());
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("still waiting").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @Test
  void initialisesANodeThatAppears() {
    instances.set("n1", at("10.0.0.1"));
    node(true);
    await(() -> "x://1".equals(node().getSpec().getProviderID()));
    assertThat(isAt("10.0.0.1")).isTrue();
  }

  @Test
  void initialisesANodeWhenTheProviderKnowsEnough() {
    instances.set("n1", new MetadataResult.NotYet("AddressUnknown", "no agent"));
    node(true);
    await(() -> !instances.calls().isEmpty());
    instances.set("n1", at("10.0.0.1"));
    instances.changed("n1");
    await(() -> isAt("10.0.0.1"));
  }

  @Test
  void looksAtEveryNodeAtTheStartAndThenByTheClock() {
    instances.set("n1", at("10.0.0.1"));
    node(false);
    await(() -> isAt("10.0.0.1"));
    instances.set("n1", at("10.0.0.2"));
    timeline.advance(REFRESH);
    await(() -> isAt("10.0.0.2"));
    await(() -> timeline.pending() > 0);
    instances.set("n1", at("10.0.0.3"));
    timeline.advance(REFRESH);
    await(() -> isAt("10.0.0.3"));
  }

  @Test
  void asksAboutAllNodesInOneGo() {
    instances.set("n1", at("10.0.0.1"));
    node(false);
    await(() -> isAt("10.0.0.1"));
    instances.set("n1", at("10.0.0.2"));
    instances.forgetCalls();
    timeline.advance(REFRESH);
    await(() -> isAt("10.0.0.2"));
    assertThat(instances.calls()).containsExactly("batch metadata", "metadata n1");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 10, 30})
  void asksAboutEachOfManyNodesOnce(int workers) {
    controller.stop();
    NodeController crowded = controller(workers);
    crowded.start();
    try {
      for (int i = 0; i < 100; i++) {
        instances.set("m" + i, at("10.0.1." + i));
        store.put(
            CoreTypes.NODE,
            new V1Node().metadata(new V1ObjectMeta().name("m" + i)).status(new V1NodeStatus()));
      }
      await(() -> instances.calls().size() >= 100);
      instances.forgetCalls();
      timeline.advance(REFRESH);
      await(() -> instances.calls().size() >= 101);
      await(() -> timeline.pending() > 0);
    } finally {
      crowded.stop();
    }
    assertThat(instances.calls()).hasSize(101).doesNotHaveDuplicates();
  }

  @Test
  void oneMachineThatCannotBeAskedAboutHarmsNoOther() {
    instances.set("n1", at("10.0.0.1"));
    node(false);
    await(() -> isAt("10.0.0.1"));
    store.put(CoreTypes.NODE, new V1Node().metadata(new V1ObjectMeta().name("n2")));
    instances.fail("n2", new IllegalStateException("no"));
    instances.set("n1", at("10.0.0.2"));
    timeline.advance(REFRESH);
    await(() -> isAt("10.0.0.2"));
  }
}
