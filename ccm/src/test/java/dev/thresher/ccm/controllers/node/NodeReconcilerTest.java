package dev.thresher.ccm.controllers.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.InstanceMetadata;
import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.cloudprovider.MetadataResult;
import dev.thresher.ccm.cloudprovider.fake.FakeInstances;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Taint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NodeReconcilerTest {

  private static final String UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized";
  private static final ObjectKey N1 = ObjectKey.cluster("n1");

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore store = new FakeStore();
  private final FakeKubeApi guest = new FakeKubeApi("guest", store);
  private final FakeInformers informers = new FakeInformers(store, timeline);
  private final FakeInstances instances = new FakeInstances();
  private final List<String> events = new ArrayList<>();
  private final EventRecorder recorder = (regarding, type, reason, message) -> events.add(reason);

  private NodeReconciler reconciler;

  @BeforeEach
  void start() {
    var nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
    informers.start();
    reconciler =
        new NodeReconciler(
            instances,
            nodes,
            guest,
            recorder,
            new NodeMetrics(new Metrics(), timeline::now),
            LabelSync.TOPOLOGY);
    instances.set(
        "n1",
        new InstanceMetadata(
            "x://u1",
            "big",
            List.of(
                new MachineAddress(MachineAddress.Type.INTERNAL_IP, "10.0.0.1"),
                new MachineAddress(MachineAddress.Type.INTERNAL_IP, "fd00::1"),
                new MachineAddress(MachineAddress.Type.HOSTNAME, "n1")),
            "z1",
            "r1",
            Map.of("rack", "7")));
  }

  private V1Node tainted(V1Taint... others) {
    List<V1Taint> taints = new ArrayList<>(List.of(others));
    taints.add(new V1Taint().key(UNINITIALIZED).value("true").effect("NoSchedule"));
    return store.put(
        CoreTypes.NODE,
        new V1Node()
            .metadata(new V1ObjectMeta().name("n1").putLabelsItem("kubernetes.io/hostname", "n1"))
            .spec(new V1NodeSpec().taints(taints))
            .status(
                new V1NodeStatus()
                    .addAddressesItem(new V1NodeAddress().type("Hostname").address("n1"))));
  }

  private V1Node node() {
    return store.get(CoreTypes.NODE, N1).orElseThrow();
  }

  private List<String> writes() {
    return guest.writes().stream().map(FakeCall::toString).toList();
  }

  @Test
  void initialisesInTwoPatches() {
    tainted();
    assertThat(reconciler.reconcile("n1")).isEqualTo(Result.done());

    assertThat(node().getSpec().getProviderID()).isEqualTo("x://u1");
    assertThat(node().getSpec().getTaints()).isNullOrEmpty();
    assertThat(node().getStatus().getAddresses())
        .extracting(V1NodeAddress::getAddress)
        .containsExactly("10.0.0.1", "fd00::1", "n1");
    assertThat(node().getMetadata().getLabels())
        .containsEntry("topology.kubernetes.io/zone", "z1")
        .containsEntry("node.kubernetes.io/instance-type", "big")
        .containsEntry("kubernetes.io/hostname", "n1")
        .containsEntry("rack", "7");
    assertThat(events).containsExactly("Synced");
    assertThat(writes()).containsExactly("patch nodes/status n1", "patch nodes n1");
    assertThat(instances.calls()).containsExactly("metadata n1");
  }

  @Test
  void keepsOtherTaints() {
    tainted(
        new V1Taint().key("a").effect("NoSchedule"), new V1Taint().key("b").effect("NoExecute"));
    reconciler.reconcile("n1");
    assertThat(node().getSpec().getTaints()).extracting(V1Taint::getKey).containsExactly("a", "b");
  }

  @Test
  void losesNoTaintThatCameMeanwhile() {
    tainted();
    informers.pause();
    var taints = new ArrayList<>(node().getSpec().getTaints());
    taints.addFirst(new V1Taint().key("new").effect("NoSchedule"));
    V1Node changed = node();
    changed.getSpec().setTaints(taints);
    store.put(CoreTypes.NODE, changed);

    assertThatThrownBy(() -> reconciler.reconcile("n1"))
        .isInstanceOfSatisfying(
            KubeApiException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CONFLICT));
    assertThat(node().getSpec().getTaints())
        .extracting(V1Taint::getKey)
        .containsExactly("new", UNINITIALIZED);

    informers.resume();
    reconciler.reconcile("n1");
    assertThat(node().getSpec().getTaints()).extracting(V1Taint::getKey).containsExactly("new");
  }

  @Test
  void keepsTheTaintWhenTheAddressesCannotBeWritten() {
    tainted();
    guest.failNext("patch", CoreTypes.NODE, Reason.SERVER_ERROR);
    assertThatThrownBy(() -> reconciler.reconcile("n1")).isInstanceOf(KubeApiException.class);
    assertThat(node().getSpec().getTaints()).isNotEmpty();
    guest.noFaults();
    reconciler.reconcile("n1");
    assertThat(node().getSpec().getTaints()).isNullOrEmpty();
  }

  @Test
  void neverReplacesAProviderId() {
    V1Node node = tainted();
    node.getSpec().setProviderID("x://older");
    store.put(CoreTypes.NODE, node);
    reconciler.reconcile("n1");
    assertThat(node().getSpec().getProviderID()).isEqualTo("x://older");
    assertThat(node().getSpec().getTaints()).isNullOrEmpty();
  }

  @Test
  void keepsTheTaintWithoutAnyProviderId() {
    tainted();
    instances.set("n1", new InstanceMetadata("", "", List.of(), "", "", Map.of()));
    assertThat(reconciler.reconcile("n1")).isInstanceOf(Result.Failed.class);
    assertThat(node().getSpec().getTaints()).isNotEmpty();
    assertThat(events).containsExactly("ProviderIDUnknown");
  }

  @Test
  void theNodesOwnProviderIdIsEnoughWhereTheCloudHasNone() {
    V1Node node = tainted();
    node.getSpec().setProviderID("x://own");
    store.put(CoreTypes.NODE, node);
    instances.set("n1", new InstanceMetadata("", "", List.of(), "", "", Map.of()));
    assertThat(reconciler.reconcile("n1")).isEqualTo(Result.done());
    assertThat(node().getSpec().getProviderID()).isEqualTo("x://own");
    assertThat(node().getSpec().getTaints()).isNullOrEmpty();
  }

  @Test
  void keepsTheTaintWhenTheCloudFails() {
    tainted();
    instances.fail("n1", new IllegalStateException("cloud away"));
    assertThatThrownBy(() -> reconciler.reconcile("n1")).hasMessage("cloud away");
    assertThat(node().getSpec().getTaints()).isNotEmpty();
    assertThat(writes()).isEmpty();
  }

  static Stream<MetadataResult> nothingKnown() {
    return Stream.of(
        new MetadataResult.NotOurs("not a machine"),
        new MetadataResult.NotYet("AddressUnknown", "no agent"));
  }

  @ParameterizedTest
  @MethodSource("nothingKnown")
  void leavesANodeInServiceAsItIsWhenTheCloudKnowsNothing(MetadataResult answer) {
    tainted();
    reconciler.reconcile("n1");
    V1Node before = node();
    guest.forgetCalls();
    instances.set("n1", answer);
    reconciler.isDue("n1");
    assertThat(reconciler.reconcile("n1")).isEqualTo(Result.done());
    assertThat(guest.calls()).isEmpty();
    assertThat(node()).isEqualTo(before);
  }

  @Test
  void leavesANodeOfAnotherProviderAlone() {
    tainted();
    instances.set("n1", new MetadataResult.NotOurs("not a machine"));
    assertThat(reconciler.reconcile("n1")).isEqualTo(Result.done());
    assertThat(writes()).isEmpty();
  }

  @Test
  void saysOnceWhatItWaitsFor() {
    tainted();
    instances.set("n1", new MetadataResult.NotYet("AddressUnknown", "no agent"));
    reconciler.reconcile("n1");
    reconciler.reconcile("n1");
    assertThat(events).containsExactly("AddressUnknown");
    assertThat(writes()).isEmpty();
  }

  @Test
  void refusesAProvidedAddressThatIsNotTheMachines() {
    V1Node node = tainted();
    node.getMetadata().putAnnotationsItem("alpha.kubernetes.io/provided-node-ip", "10.9.9.9");
    store.put(CoreTypes.NODE, node);
    assertThat(reconciler.reconcile("n1")).isInstanceOf(Result.Failed.class);
    assertThat(node().getSpec().getTaints()).isNotEmpty();
    assertThat(writes()).isEmpty();
  }

  @Test
  void asksNothingAboutANodeInServiceUntilItIsDue() {
    tainted();
    reconciler.reconcile("n1");
    guest.forgetCalls();
    instances.forgetCalls();

    reconciler.reconcile("n1");
    assertThat(instances.calls()).isEmpty();
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void followsAddressesAndZoneWhenDue() {
    tainted();
    reconciler.reconcile("n1");
    guest.forgetCalls();
    instances.set(
        "n1",
        new InstanceMetadata(
            "x://u1",
            "",
            List.of(new MachineAddress(MachineAddress.Type.INTERNAL_IP, "10.0.0.2")),
            "z2",
            "",
            Map.of()));
    reconciler.isDue("n1");
    reconciler.reconcile("n1");
    assertThat(node().getStatus().getAddresses())
        .extracting(V1NodeAddress::getAddress)
        .containsExactly("10.0.0.2", "n1");
    assertThat(node().getMetadata().getLabels()).containsEntry("topology.kubernetes.io/zone", "z2");

    guest.forgetCalls();
    reconciler.isDue("n1");
    reconciler.reconcile("n1");
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void isDueAgainAfterAFailure() {
    tainted();
    reconciler.reconcile("n1");
    instances.fail("n1", new IllegalStateException("cloud away"));
    reconciler.isDue("n1");
    assertThatThrownBy(() -> reconciler.reconcile("n1")).hasMessage("cloud away");
    instances.set("n1", new MetadataResult.NotOurs("x"));
    instances.forgetCalls();
    reconciler.reconcile("n1");
    assertThat(instances.calls()).containsExactly("metadata n1");
  }

  @Test
  void writesAtTheNextLookWhatCouldNotBeWritten() {
    tainted();
    reconciler.reconcile("n1");
    instances.set("n1", new InstanceMetadata("x://u1", "", List.of(), "z2", "", Map.of()));
    reconciler.isDue("n1");
    guest.failAll(Reason.UNREACHABLE);
    assertThatThrownBy(() -> reconciler.reconcile("n1")).isInstanceOf(KubeApiException.class);
    guest.noFaults();

    reconciler.reconcile("n1");

    assertThat(node().getMetadata().getLabels()).containsEntry("topology.kubernetes.io/zone", "z2");
  }

  @Test
  void keepsAddressesWhenTheCloudForgetsThem() {
    tainted();
    reconciler.reconcile("n1");
    instances.set("n1", new InstanceMetadata("x://u1", "", List.of(), "", "", Map.of()));
    reconciler.isDue("n1");
    reconciler.reconcile("n1");
    assertThat(node().getStatus().getAddresses()).hasSize(3);
  }

  @Test
  void aTaintOfAnyEffectAsksForIt() {
    // Others use it to have labels read again.
    tainted();
    reconciler.reconcile("n1");
    V1Node node = node();
    node.getSpec()
        .setTaints(
            List.of(new V1Taint().key(UNINITIALIZED).value("true").effect("PreferNoSchedule")));
    store.put(CoreTypes.NODE, node);
    reconciler.reconcile("n1");
    assertThat(node().getSpec().getTaints()).isNullOrEmpty();
  }

  @Test
  void reachesTheSameEndFromACrashAtEachWrite() {
    for (int crashAt = 1; ; crashAt++) {
      store.drop(CoreTypes.NODE, N1);
      tainted();
      AtomicInteger left = new AtomicInteger(crashAt);
      guest.fault(call ->
          call.isWrite() && left.decrementAndGet() == 0
              ? Optional.of(FakeKubeApi.exception(Reason.UNREACHABLE, "killed"))
              : Optional.empty());
      boolean crashed = false;
      try {
        reconciler.reconcile("n1");
      } catch (KubeApiException e) {
        crashed = true;
      }
      guest.noFaults();
      start();
      reconciler.reconcile("n1");
      assertThat(node().getSpec().getTaints()).isNullOrEmpty();
      assertThat(node().getSpec().getProviderID()).isEqualTo("x://u1");
      assertThat(node().getStatus().getAddresses()).hasSize(3);
      if (!crashed) {
        assertThat(crashAt).isGreaterThan(2);
        return;
      }
    }
  }

  @Test
  void fakeProviderTellsExistence() {
    assertThat(instances.existence(tainted())).isEqualTo(new Existence.Exists());
  }
}
