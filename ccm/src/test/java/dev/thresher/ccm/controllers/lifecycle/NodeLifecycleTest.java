package dev.thresher.ccm.controllers.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.PowerState;
import dev.thresher.ccm.cloudprovider.fake.FakeInstances;
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
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeCondition;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Taint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NodeLifecycleTest {

  private static final Duration PERIOD = Duration.ofSeconds(5);
  private static final ObjectKey LEASE = ObjectKey.of("kube-system", "cloud-controller-manager");
  private static final Existence MISSING = new Existence.Missing("gone");

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore store = new FakeStore();
  private final FakeKubeApi guest = new FakeKubeApi("guest", store);
  private final FakeInformers informers = new FakeInformers(store, timeline);
  private final FakeInstances instances = new FakeInstances();
  private final Metrics metrics = new Metrics();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private final List<String> messages = new CopyOnWriteArrayList<>();
  private final EventRecorder recorder =
      (regarding, type, reason, message) -> {
        events.add(reason + " " + regarding.getMetadata().getName());
        messages.add(message);
      };

  private NodeLifecycle lifecycle;

  @BeforeEach
  void start() {
    var nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
    informers.start();
    var numbers = new LifecycleMetrics(metrics);
    var settings = new NodeLifecycleController.Settings(PERIOD, 3, Duration.ZERO, 50, false);
    lifecycle =
        new NodeLifecycle(
            instances,
            nodes,
            new NodeTainting(guest, recorder),
            new NodeDeletion(guest, recorder, numbers, timeline),
            new DeletionConfirmation(guest, LEASE, recorder, numbers, timeline),
            numbers,
            timeline,
            settings.rules(),
            settings.period(),
            new Workers(settings.workers()));
  }

  private V1Node node(String name, String ready, V1Taint... taints) {
    return store.put(
        CoreTypes.NODE,
        new V1Node()
            .metadata(new V1ObjectMeta().name(name))
            .spec(
                new V1NodeSpec()
                    .providerID("x://" + name)
                    .taints(taints.length == 0 ? null : List.of(taints)))
            .status(
                new V1NodeStatus()
                    .addConditionsItem(new V1NodeCondition().type("Ready").status(ready))));
  }

  private static V1Taint shutdown() {
    return new V1Taint().key("node.cloudprovider.kubernetes.io/shutdown").effect("NoSchedule");
  }

  private List<String> names() {
    return informers.informer(CoreTypes.NODE, Scope.ALL).list().stream()
        .map(node -> node.getMetadata().getName())
        .sorted()
        .toList();
  }

  private List<String> taints(String name) {
    List<V1Taint> taints =
        store.get(CoreTypes.NODE, ObjectKey.cluster(name)).orElseThrow().getSpec().getTaints();
    return Stream.ofNullable(taints).flatMap(List::stream).map(V1Taint::getKey).toList();
  }

  private void pass() {
    assertThat(lifecycle.reconcile(NodeLifecycle.ALL)).isEqualTo(Result.after(PERIOD));
    timeline.advance(PERIOD);
  }

  private void passes(int count) {
    for (int i = 0; i < count; i++) {
      pass();
    }
  }

  private List<String> writes() {
    return guest.writes().stream().map(FakeCall::toString).toList();
  }

  @Test
  void deletesAtTheSecondMiss() {
    node("n1", "False");
    node("n2", "True");
    instances.set("n1", MISSING);
    pass();
    assertThat(names()).containsExactly("n1", "n2");
    pass();
    assertThat(names()).containsExactly("n2");
    assertThat(events).containsExactly("DeletingNode n1");
    assertThat(writes()).containsExactly("delete nodes n1");
    assertThat(instances.calls()).contains("confirm n1");
    assertThat(metrics.text()).contains("thresher_node_deletions_total{outcome=\"deleted\"} 1.0");
  }

  @Test
  void nodeThatNeverSaidThatItIsReadyIsNot() {
    V1Node silent = node("n1", "False");
    silent.getStatus().setConditions(List.of());
    store.put(CoreTypes.NODE, silent);
    node("n2", "True");
    instances.set("n1", MISSING);
    passes(2);
    assertThat(names()).containsExactly("n2");
  }

  @Test
  void asksAboutReadyNodesOnlyWhenOneIsMissing() {
    node("n1", "Unknown");
    node("n2", "True");
    passes(2);
    assertThat(instances.calls())
        .containsExactly("existence n1", "power n1", "existence n1", "power n1");
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void clusterOfReadyNodesCostsTheCloudNothing() {
    node("n1", "True");
    node("n2", "True");
    passes(3);
    assertThat(instances.calls()).isEmpty();
  }

  @Test
  void keepsTheNodeThatTheCloudItselfStillHas() {
    node("n1", "False");
    node("n2", "True");
    instances.set("n1", MISSING);
    instances.setConfirmed("n1", new Existence.Exists());
    passes(2);
    assertThat(names()).contains("n1");
    // The misses begin anew.
    instances.setConfirmed("n1", MISSING);
    pass();
    assertThat(names()).contains("n1");
    pass();
    assertThat(names()).doesNotContain("n1");
  }

  @Test
  void cloudThatDoesNotAnswerDeletesNothing() {
    node("n1", "False");
    node("n2", "True", shutdown());
    instances.set("n1", MISSING);
    pass();
    instances.fail("n1", new IllegalStateException("host is away"));
    passes(3);
    assertThat(names()).contains("n1");
    assertThat(taints("n2")).isEmpty();
    // The answer before the outage does not count any more.
    instances.answerAgain("n1");
    pass();
    assertThat(names()).contains("n1");
    pass();
    assertThat(names()).doesNotContain("n1");
  }

  @Test
  void oneNodeThatCannotBeAskedAboutHarmsNoOther() {
    node("n1", "False");
    node("n2", "False");
    node("n3", "True");
    instances.set("n1", MISSING);
    instances.fail("n2", new IllegalStateException("no"));
    passes(2);
    assertThat(names()).containsExactly("n2", "n3");
  }

  @Test
  void nodeThatBecameReadyInTheMeantimeStays() {
    node("n1", "False");
    node("n2", "True");
    instances.set("n1", MISSING);
    pass();
    informers.pause();
    node("n1", "True");
    pass();
    assertThat(store.get(CoreTypes.NODE, ObjectKey.cluster("n1"))).isPresent();
    assertThat(writes()).isEmpty();
    informers.resume();
  }

  @Test
  void nodeMadeAgainUnderTheNameStays() {
    node("n1", "False");
    node("n2", "True");
    instances.set("n1", MISSING);
    pass();
    informers.pause();
    store.drop(CoreTypes.NODE, ObjectKey.cluster("n1"));
    node("n1", "False");
    pass();
    assertThat(store.get(CoreTypes.NODE, ObjectKey.cluster("n1"))).isPresent();
    assertThat(writes()).isEmpty();
    informers.resume();
  }

  @Test
  void deletesOnlyTheVersionThatWasLookedAt() {
    node("n1", "False");
    node("n2", "True");
    instances.set("n1", MISSING);
    pass();
    guest.fault(call -> {
      if (call.verb().equals("delete")) {
        // Somebody writes between the last look and the delete.
        V1Node now = store.get(CoreTypes.NODE, ObjectKey.cluster("n1")).orElseThrow();
        now.getMetadata().putLabelsItem("a", "b");
        store.put(CoreTypes.NODE, now);
      }
      return Optional.empty();
    });
    pass();
    assertThat(names()).contains("n1");
    guest.noFaults();
    pass();
    assertThat(names()).containsExactly("n2");
  }

  @Test
  void roleThatForbidsDeletionsIsSaidOnceAndLeftInPeace() {
    node("n1", "False");
    node("n2", "True");
    instances.set("n1", MISSING);
    guest.fault(call ->
        call.verb().equals("delete")
            ? Optional.of(FakeKubeApi.exception(Reason.FORBIDDEN, "no verb delete"))
            : Optional.empty());
    passes(20);
    assertThat(events).containsExactly("DeletingNodeFailed n1");
    assertThat(writes()).hasSize(1);
    timeline.advance(Duration.ofMinutes(5));
    guest.noFaults();
    pass();
    assertThat(names()).containsExactly("n2");
  }

  @ParameterizedTest
  @EnumSource(names = {"SERVER_ERROR", "UNREACHABLE", "FENCED", "THROTTLED"})
  void failedDeleteIsTriedAgainInTheNextPass(Reason reason) {
    node("n1", "False");
    node("n2", "True");
    instances.set("n1", MISSING);
    pass();
    guest.failNext("delete", CoreTypes.NODE, reason);
    pass();
    assertThat(names()).contains("n1");
    pass();
    assertThat(names()).doesNotContain("n1");
  }

  @Test
  void taintsAShutDownNodeAndUntaintsItWhenItIsReady() {
    node("n1", "False", new V1Taint().key("mine").effect("NoExecute"));
    instances.set("n1", new PowerState.ShutDown());
    passes(3);
    assertThat(taints("n1")).containsExactly("mine", "node.cloudprovider.kubernetes.io/shutdown");
    assertThat(writes()).containsExactly("patch nodes n1");

    V1Node node = store.get(CoreTypes.NODE, ObjectKey.cluster("n1")).orElseThrow();
    node.getStatus().getConditions().getFirst().setStatus("True");
    store.put(CoreTypes.NODE, node);
    passes(3);
    assertThat(taints("n1")).containsExactly("mine");
    assertThat(writes()).containsExactly("patch nodes n1", "patch nodes n1");
    assertThat(events).containsExactly("NodeShutDown n1", "NodeBack n1");
  }

  @Test
  void taintsANodeWithoutTaints() {
    node("n1", "Unknown");
    instances.set("n1", new PowerState.ShutDown());
    pass();
    assertThat(taints("n1")).containsExactly("node.cloudprovider.kubernetes.io/shutdown");
  }

  @Test
  void losesNoTaintThatCameMeanwhile() {
    node("n1", "Unknown");
    instances.set("n1", new PowerState.ShutDown());
    informers.pause();
    node("n1", "Unknown", new V1Taint().key("new").effect("NoSchedule"));
    pass();
    assertThat(taints("n1")).containsExactly("new", "node.cloudprovider.kubernetes.io/shutdown");
    informers.resume();
  }

  @Test
  void removesTheRightTaintThoughTheListMoved() {
    node("n1", "True", shutdown());
    informers.pause();
    node("n1", "True", new V1Taint().key("new").effect("NoSchedule"), shutdown());
    pass();
    assertThat(taints("n1")).containsExactly("new");
    informers.resume();
  }

  @Test
  void leavesATaintOfTheSameKeyAndAnotherEffect() {
    node("n1", "True", shutdown().effect("NoExecute"));
    pass();
    assertThat(taints("n1")).hasSize(1);
    assertThat(writes()).isEmpty();
  }

  @Test
  void massDeletionWaitsForAPerson() {
    for (String name : List.of("a", "b", "c", "d")) {
      node(name, "False");
      instances.set(name, MISSING);
    }
    passes(4);
    assertThat(names()).hasSize(4);
    assertThat(events).containsExactly("NodeDeletionHeld cloud-controller-manager");
    assertThat(metrics.text()).contains("thresher_node_deletions_held 4.0");

    confirm("0000000000000000");
    pass();
    assertThat(names()).hasSize(4);

    String message = messages.getFirst();
    confirm(message.substring(message.lastIndexOf('=') + 1));
    pass();
    assertThat(names()).isEmpty();
    assertThat(metrics.text()).contains("thresher_node_deletions_held 0.0");
  }

  @Test
  void confirmationIsForTheseNodesOnly() {
    for (String name : List.of("a", "b", "c", "d")) {
      node(name, "False");
      instances.set(name, MISSING);
    }
    passes(2);
    String message = messages.getFirst();
    confirm(message.substring(message.lastIndexOf('=') + 1));
    pass();
    assertThat(names()).isEmpty();

    for (String name : List.of("a", "b", "c", "d")) {
      node(name, "False");
    }
    passes(4);
    assertThat(names()).hasSize(4);
  }

  @Test
  void saysAgainWhatIsHeldBackWhenEventsAreForgotten() {
    node("a", "False");
    instances.set("a", MISSING);
    passes(10);
    assertThat(events).hasSize(1);
    timeline.advance(Duration.ofMinutes(30));
    pass();
    assertThat(events).hasSize(2);
  }

  @Test
  void leaseThatCannotBeReadConfirmsNothing() {
    node("a", "False");
    instances.set("a", MISSING);
    guest.failAll(Reason.FORBIDDEN);
    passes(3);
    assertThat(names()).containsExactly("a");
  }

  @Test
  void hundredNodesAreWorkedOnTogether() {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      all.add("n" + i);
      node("n" + i, "False");
      instances.set("n" + i, new PowerState.ShutDown());
    }
    pass();
    assertThat(all).allSatisfy(name -> assertThat(taints(name)).hasSize(1));
  }

  private void confirm(String digest) {
    store.put(
        CoreTypes.LEASE,
        new V1Lease()
            .metadata(
                new V1ObjectMeta()
                    .namespace(LEASE.namespace())
                    .name(LEASE.name())
                    .annotations(Map.of("thresher.dev/confirm-node-deletion", digest))));
  }
}
