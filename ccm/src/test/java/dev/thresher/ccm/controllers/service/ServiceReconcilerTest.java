package dev.thresher.ccm.controllers.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.DeleteResult;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.EnsureResult.StatusWriter;
import dev.thresher.ccm.cloudprovider.IngressPoint;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import dev.thresher.ccm.cloudprovider.fake.FakeLoadBalancers;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Condition;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1LoadBalancerStatus;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import io.kubernetes.client.openapi.models.V1ServiceStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceReconcilerTest {

  private static final String FINALIZER = "service.kubernetes.io/load-balancer-cleanup";
  private static final ObjectKey WEB = ObjectKey.of("default", "web");

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore store = new FakeStore();
  private final FakeKubeApi guest = new FakeKubeApi("guest", store);
  private final FakeInformers informers = new FakeInformers(store, timeline);
  private final FakeLoadBalancers cloud = new FakeLoadBalancers();
  private final List<String> events = new ArrayList<>();
  private final EventRecorder recorder = (regarding, type, reason, message) -> events.add(reason);
  private final Metrics metrics = new Metrics();
  private List<V1Node> nodes = List.of(new V1Node().metadata(new V1ObjectMeta().name("n1")));

  private void nodes(String... names) {
    nodes =
        Stream.of(names).map(name -> new V1Node().metadata(new V1ObjectMeta().name(name))).toList();
    if (reconciler.hasOtherNodes(WEB, NodeSet.of(nodes))) {
      reconciler.nodesChanged(Set.of(WEB));
    }
  }

  private ServiceReconciler reconciler;

  @BeforeEach
  void start() {
    var services = informers.informer(CoreTypes.SERVICE, Scope.ALL);
    if (!informers.hasSynced()) {
      informers.start();
    }
    reconciler =
        new ServiceReconciler(
            "gc1",
            cloud,
            services,
            () -> NodeSet.of(nodes),
            guest,
            recorder,
            new ServiceMetrics(metrics),
            timeline::nanoTime,
            timeline::now);
  }

  private V1Service put(String type) {
    return store.put(
        CoreTypes.SERVICE,
        new V1Service()
            .metadata(new V1ObjectMeta().name("web").namespace("default"))
            .spec(
                new V1ServiceSpec()
                    .type(type)
                    .addPortsItem(new V1ServicePort().port(80).nodePort(30080))));
  }

  private V1Service service() {
    return store.get(CoreTypes.SERVICE, WEB).orElseThrow();
  }

  private void delete() {
    assertThat(guest.delete(CoreTypes.SERVICE, WEB, Precondition.NONE)).isTrue();
    guest.forgetCalls();
  }

  private List<String> finalizers() {
    List<String> finalizers = service().getMetadata().getFinalizers();
    return finalizers == null ? List.of() : finalizers;
  }

  private List<String> ingress() {
    var status = service().getStatus();
    if (status == null || status.getLoadBalancer() == null) {
      return List.of();
    }
    List<V1LoadBalancerIngress> points = status.getLoadBalancer().getIngress();
    return points == null ? List.of() : points.stream().map(V1LoadBalancerIngress::getIp).toList();
  }

  private List<String> writes() {
    return guest.writes().stream().map(FakeCall::toString).toList();
  }

  @Test
  void givesAServiceItsBalancer() {
    put("LoadBalancer");
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(finalizers()).containsExactly(FINALIZER);
    assertThat(ingress()).containsExactly("192.0.2.1");
    assertThat(service().getStatus().getLoadBalancer().getIngress().getFirst().getIpMode())
        .isEqualTo("VIP");
    assertThat(events).containsExactly("EnsuringLoadBalancer", "EnsuredLoadBalancer");
    assertThat(writes())
        .containsExactly("patch services default/web", "patch services/status default/web");
    assertThat(cloud.nodesOf(service())).containsExactly("n1");
  }

  @Test
  void putsTheFinalizerOnBeforeTheCloudIsAsked() {
    put("LoadBalancer");
    List<String> seen = new ArrayList<>();
    cloud.onEnsure((service, _) -> {
      seen.addAll(finalizers());
      return FakeLoadBalancers.DONE;
    });
    reconciler.reconcile(WEB);
    assertThat(seen).containsExactly(FINALIZER);
  }

  @Test
  void writesNothingForAServiceAtRest() {
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    guest.forgetCalls();
    events.clear();
    reconciler.reconcile(WEB);
    assertThat(guest.calls()).isEmpty();
    assertThat(events).isEmpty();
  }

  @Test
  void writesAndSaysNothingAfterARestart() {
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    guest.forgetCalls();
    events.clear();
    start();
    reconciler.reconcile(WEB);
    assertThat(guest.calls()).isEmpty();
    assertThat(events).isEmpty();
  }

  @Test
  void aRestartIsNoNewsWhereAnotherProgramWritesTheStatus() {
    put("LoadBalancer");
    cloud.answer(EnsureResult.of(new State.Done(List.of(), StatusWriter.ELSEWHERE)));
    reconciler.reconcile(WEB);
    guest.forgetCalls();
    events.clear();
    start();
    reconciler.reconcile(WEB);
    assertThat(guest.calls()).isEmpty();
    assertThat(events).isEmpty();
  }

  @Test
  void endsAfterARestartWhatWasBegunBefore() {
    put("LoadBalancer");
    cloud.answer(EnsureResult.of(new State.Pending("the cloud")));
    reconciler.reconcile(WEB);
    start();
    reconciler.reconcile(WEB);
    assertThat(events).containsExactly("EnsuringLoadBalancer");
    cloud.answer(FakeLoadBalancers.DONE);
    reconciler.reconcile(WEB);
    assertThat(events).containsExactly("EnsuringLoadBalancer", "EnsuredLoadBalancer");
  }

  @Test
  void asksNothingForOthers() {
    put("ClusterIP");
    reconciler.reconcile(WEB);
    V1Service classed = put("LoadBalancer");
    classed.getSpec().loadBalancerClass("a/b");
    store.put(CoreTypes.SERVICE, classed);
    reconciler.reconcile(WEB);
    reconciler.reconcile(ObjectKey.of("default", "none"));
    assertThat(cloud.calls()).isEmpty();
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void waitsWithoutHoldingTheWorker() {
    put("LoadBalancer");
    cloud.answer(EnsureResult.of(new State.Pending("the cloud")));
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(ingress()).isEmpty();
    cloud.answer(FakeLoadBalancers.DONE);
    reconciler.reconcile(WEB);
    assertThat(ingress()).containsExactly("192.0.2.1");
    assertThat(events).containsExactly("EnsuringLoadBalancer", "EnsuredLoadBalancer");
  }

  @Test
  void aServiceThatGoesBeforeItsStatusIsWrittenIsNoFailure() {
    put("LoadBalancer");
    cloud.onEnsure((_, _) -> {
      store.drop(CoreTypes.SERVICE, WEB);
      return FakeLoadBalancers.DONE;
    });
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(events).doesNotContain("SyncLoadBalancerFailed");
    reconciler.reconcile(WEB);
    assertThat(cloud.present()).isEmpty();
  }

  @Test
  void aStatusThatCannotBeWrittenIsAFailure() {
    put("LoadBalancer");
    guest.fault(call ->
        call.toString().startsWith("patch services/status")
            ? Optional.of(FakeKubeApi.exception(Reason.SERVER_ERROR, "no"))
            : Optional.empty());
    assertThatThrownBy(() -> reconciler.reconcile(WEB)).isInstanceOf(KubeApiException.class);
    assertThat(events).containsExactly("EnsuringLoadBalancer", "SyncLoadBalancerFailed");
  }

  @ParameterizedTest(name = "from {0} to {1}: {2} writes")
  @CsvSource({
    "192.0.2.1//VIP,192.0.2.1//VIP,0",
    "192.0.2.1//,192.0.2.1//VIP,0",
    "192.0.2.1//VIP,192.0.2.1//Proxy,1",
    "192.0.2.1//VIP,192.0.2.2//VIP,1",
    "192.0.2.1//VIP,/a.example/,1",
    "/a.example/,/b.example/,1",
    "/a.example/,/a.example/,0"
  })
  void writesTheStatusOnlyIfItMeansSomethingElse(String from, String to, int writes) {
    V1Service service = put("LoadBalancer");
    service.getMetadata().addFinalizersItem(FINALIZER);
    IngressPoint before = point(from);
    service.status(
        new V1ServiceStatus()
            .loadBalancer(
                new V1LoadBalancerStatus()
                    .addIngressItem(
                        new V1LoadBalancerIngress()
                            .ip(before.ip().isEmpty() ? null : before.ip())
                            .hostname(before.hostname().isEmpty() ? null : before.hostname())
                            .ipMode(before.ipMode().isEmpty() ? null : before.ipMode()))));
    store.put(CoreTypes.SERVICE, service);
    cloud.answer(EnsureResult.of(new State.Done(List.of(point(to)), StatusWriter.CONTROLLER)));
    reconciler.reconcile(WEB);
    assertThat(writes()).hasSize(writes);
    assertThat(ServiceWrites.present(service())).containsExactly(point(to));
  }

  private static IngressPoint point(String text) {
    String[] parts = text.split("/", -1);
    return new IngressPoint(parts[0], parts[1], parts[2]);
  }

  @Test
  void leavesTheStatusToItsWriter() {
    put("LoadBalancer");
    cloud.answer(EnsureResult.of(new State.Done(List.of(), StatusWriter.ELSEWHERE)));
    reconciler.reconcile(WEB);
    assertThat(writes()).containsExactly("patch services default/web");
    assertThat(events).containsExactly("EnsuringLoadBalancer", "EnsuredLoadBalancer");
  }

  @Test
  void setsMarksAndNothingElse() {
    V1Service service = put("LoadBalancer");
    service.getMetadata().putAnnotationsItem("theirs", "1");
    store.put(CoreTypes.SERVICE, service);
    cloud.answer(
        EnsureResult.of(new State.Pending("x"))
            .with(
                new ServiceMarks(
                    Map.of("ours", Optional.of("2"), "gone", Optional.empty()),
                    Map.of("label", Optional.of("3")))));
    reconciler.reconcile(WEB);
    assertThat(service().getMetadata().getAnnotations())
        .containsExactlyInAnyOrderEntriesOf(Map.of("theirs", "1", "ours", "2"));
    assertThat(service().getMetadata().getLabels()).containsEntry("label", "3");
    guest.forgetCalls();
    reconciler.reconcile(WEB);
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void tellsTheOwnerOnceWhatStandsInTheWay() {
    put("LoadBalancer");
    cloud.answer(
        EnsureResult.of(new State.Blocked("AnnotationInvalid", "no"))
            .with(List.of(new Notice("Other", "also"))));
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    reconciler.reconcile(WEB);
    assertThat(events).containsExactly("EnsuringLoadBalancer", "Other", "AnnotationInvalid");
    cloud.answer(FakeLoadBalancers.DONE);
    reconciler.reconcile(WEB);
    cloud.answer(EnsureResult.of(new State.Blocked("AnnotationInvalid", "no")));
    reconciler.reconcile(WEB);
    assertThat(events).endsWith("EnsuredLoadBalancer", "AnnotationInvalid");
  }

  private List<String> conditions() {
    var status = service().getStatus();
    return status == null || status.getConditions() == null
        ? List.of()
        : status.getConditions().stream()
            .map(c -> c.getType() + "=" + c.getStatus() + " " + c.getReason())
            .toList();
  }

  @Test
  void showsTroubleInAConditionUntilItIsOver() {
    put("LoadBalancer");
    cloud.answer(EnsureResult.of(new State.Blocked("PoolExhausted", "p is full")));
    reconciler.reconcile(WEB);
    assertThat(conditions()).containsExactly("thresher.dev/LoadBalancerReady=False PoolExhausted");
    guest.forgetCalls();
    reconciler.reconcile(WEB);
    start();
    reconciler.reconcile(WEB);
    assertThat(guest.calls()).isEmpty();

    // Somebody else's stays.
    V1Service service = service();
    service
        .getStatus()
        .addConditionsItem(new V1Condition().type("example.com/Seen").status("True").reason("X"));
    store.put(CoreTypes.SERVICE, service);
    cloud.answer(FakeLoadBalancers.DONE);
    reconciler.reconcile(WEB);
    assertThat(ingress()).containsExactly("192.0.2.1");
    assertThat(conditions())
        .containsExactly("example.com/Seen=True X", "thresher.dev/LoadBalancerReady=True Ensured");
    assertThat(writes())
        .containsExactly("patch services/status default/web", "patch services/status default/web");

    guest.forgetCalls();
    reconciler.reconcile(WEB);
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void tellsAnAddressThatTheCloudSaysDoesNotServe() {
    put("LoadBalancer");
    cloud.answer(
        EnsureResult.of(
            new State.Impaired(
                (State.Done) FakeLoadBalancers.DONE.state(), "NoReadyBackend", "nobody")));
    reconciler.reconcile(WEB);
    assertThat(ingress()).containsExactly("192.0.2.1");
    assertThat(conditions()).containsExactly("thresher.dev/LoadBalancerReady=False NoReadyBackend");
    assertThat(events).contains("NoReadyBackend", "EnsuredLoadBalancer");
  }

  @Test
  void showsAFailedCallInTheConditionToo() {
    put("LoadBalancer");
    cloud.onEnsure((_, _) -> {
      throw new IllegalStateException("the cloud refuses");
    });
    assertThatThrownBy(() -> reconciler.reconcile(WEB)).hasMessage("the cloud refuses");
    assertThat(conditions())
        .containsExactly("thresher.dev/LoadBalancerReady=False SyncLoadBalancerFailed");
    assertThat(service().getStatus().getConditions().getFirst().getMessage())
        .isEqualTo("the cloud refuses");
  }

  @Test
  void theConditionGoesWithTheBalancer() {
    put("LoadBalancer");
    cloud.answer(EnsureResult.of(new State.Blocked("PoolExhausted", "p is full")));
    reconciler.reconcile(WEB);
    V1Service service = service();
    service.getSpec().type("ClusterIP");
    store.put(CoreTypes.SERVICE, service);
    reconciler.reconcile(WEB);
    assertThat(conditions()).isEmpty();
    assertThat(finalizers()).isEmpty();
  }

  @Test
  void showsWhyTheBalancerStaysAlthoughItIsToGo() {
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    delete();
    cloud.answer(new DeleteResult.Blocked("AddressShared", "by others"));
    reconciler.reconcile(WEB);
    assertThat(conditions()).containsExactly("thresher.dev/LoadBalancerReady=False AddressShared");
  }

  @Test
  void aRoleWithoutTheStatusCostsTheConditionAndNothingElse() {
    put("LoadBalancer");
    guest.fault(call ->
        call.toString().startsWith("patch services/status")
            ? Optional.of(FakeKubeApi.exception(Reason.FORBIDDEN, "no"))
            : Optional.empty());
    cloud.answer(EnsureResult.of(new State.Blocked("PoolExhausted", "p is full")));
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(events).endsWith("PoolExhausted");
    assertThat(conditions()).isEmpty();
  }

  @Test
  void comesBackAfterExactlyTheTimeAskedFor() {
    put("LoadBalancer");
    cloud.answer(EnsureResult.of(new State.RetryAfter(Duration.ofSeconds(42), "busy")));
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.after(Duration.ofSeconds(42)));
  }

  @Test
  void tellsTheOwnerAboutAFailure() {
    put("LoadBalancer");
    cloud.fail(new IllegalStateException("cloud away"));
    assertThatThrownBy(() -> reconciler.reconcile(WEB)).hasMessage("cloud away");
    assertThat(events).containsExactly("EnsuringLoadBalancer", "SyncLoadBalancerFailed");
  }

  @Test
  void warnsWithoutNodesAndGoesOn() {
    nodes = List.of();
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    assertThat(events)
        .containsExactly("EnsuringLoadBalancer", "UnAvailableLoadBalancer", "EnsuredLoadBalancer");
    assertThat(ingress()).containsExactly("192.0.2.1");
  }

  @Test
  void deletesTheBalancerBeforeTheFinalizer() {
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    delete();
    cloud.answer(new DeleteResult.Deleting("the cloud"));
    assertThat(reconciler.reconcile(WEB)).isInstanceOf(Result.After.class);
    assertThat(finalizers()).containsExactly(FINALIZER);

    cloud.answer(new DeleteResult.Gone(ServiceMarks.NONE));
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(store.get(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(cloud.present()).isEmpty();
    assertThat(events)
        .endsWith("EnsuredLoadBalancer", "DeletingLoadBalancer", "DeletedLoadBalancer");
    assertThat(reconciler.remembers(WEB)).isFalse();
  }

  @Test
  void keepsOtherFinalizers() {
    V1Service service = put("LoadBalancer");
    service.getMetadata().addFinalizersItem("x/y");
    store.put(CoreTypes.SERVICE, service);
    reconciler.reconcile(WEB);
    assertThat(finalizers()).containsExactlyInAnyOrder("x/y", FINALIZER);
    delete();
    reconciler.reconcile(WEB);
    assertThat(finalizers()).containsExactly("x/y");
  }

  @Test
  void deletesABalancerWithoutAnAddress() {
    put("LoadBalancer");
    cloud.answer(EnsureResult.of(new State.Pending("an address")));
    reconciler.reconcile(WEB);
    delete();
    reconciler.reconcile(WEB);
    assertThat(cloud.present()).isEmpty();
    assertThat(store.get(CoreTypes.SERVICE, WEB)).isEmpty();
  }

  @Test
  void cleansUpWhenTheTypeChanges() {
    put("LoadBalancer");
    cloud.answer(
        FakeLoadBalancers.DONE.with(ServiceMarks.annotations(Map.of("ours", Optional.of("1")))));
    reconciler.reconcile(WEB);
    V1Service service = service();
    service.getSpec().type("ClusterIP");
    store.put(CoreTypes.SERVICE, service);
    cloud.answer(new DeleteResult.Gone(ServiceMarks.annotations(Map.of("ours", Optional.empty()))));
    reconciler.reconcile(WEB);
    assertThat(finalizers()).isEmpty();
    assertThat(ingress()).isEmpty();
    assertThat(service().getMetadata().getAnnotations()).isNullOrEmpty();
    assertThat(cloud.present()).isEmpty();
  }

  @Test
  void keepsTheFinalizerWhenTheCloudCannotDelete() {
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    delete();
    cloud.fail(new IllegalStateException("cloud away"));
    assertThatThrownBy(() -> reconciler.reconcile(WEB)).hasMessage("cloud away");
    assertThat(finalizers()).containsExactly(FINALIZER);
    assertThat(events).endsWith("SyncLoadBalancerFailed");
  }

  @Test
  void leavesTheFinalizerOfAnotherImplementationAlone() {
    V1Service service = put("LoadBalancer");
    service.getSpec().loadBalancerClass("a/b");
    service.getMetadata().addFinalizersItem(FINALIZER);
    store.put(CoreTypes.SERVICE, service);
    delete();
    reconciler.reconcile(WEB);
    assertThat(finalizers()).containsExactly(FINALIZER);
    assertThat(cloud.calls()).containsExactly("find default/web");

    cloud.put(service());
    reconciler.reconcile(WEB);
    assertThat(store.get(CoreTypes.SERVICE, WEB)).isEmpty();
  }

  @Test
  void deletesTheBalancerOfAServiceThatVanished() {
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    store.drop(CoreTypes.SERVICE, WEB);
    reconciler.reconcile(WEB);
    assertThat(cloud.present()).isEmpty();
    assertThat(reconciler.remembers(WEB)).isFalse();
  }

  @Test
  void deletesTheOldBalancerOfAServiceMadeAgain() {
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    String old = service().getMetadata().getUid();
    store.drop(CoreTypes.SERVICE, WEB);
    put("LoadBalancer");
    cloud.answer(new DeleteResult.Deleting("x"));
    assertThat(reconciler.reconcile(WEB)).isInstanceOf(Result.After.class);
    assertThat(cloud.present()).containsExactly(old);

    cloud.answer(new DeleteResult.Gone(ServiceMarks.NONE));
    reconciler.reconcile(WEB);
    assertThat(cloud.present()).containsExactly(service().getMetadata().getUid());
    assertThat(finalizers()).containsExactly(FINALIZER);
  }

  @Test
  void asksNarrowlyOnlyWhenNothingButNodesChanged() {
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    cloud.forgetCalls();

    nodes("n1", "n2");
    reconciler.reconcile(WEB);
    nodes("n2");
    reconciler.changed(WEB);
    reconciler.reconcile(WEB);
    reconciler.reconcile(WEB);
    assertThat(cloud.calls())
        .containsExactly("nodesChanged default/web", "ensure default/web", "ensure default/web");
  }

  @Test
  void asksFullyAfterAFailedNarrowLook() {
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    cloud.forgetCalls();
    cloud.fail(new IllegalStateException("x"));
    nodes("n2");
    assertThatThrownBy(() -> reconciler.reconcile(WEB)).hasMessage("x");
    assertThat(events).endsWith("EnsuredLoadBalancer", "UpdateLoadBalancerFailed");
    cloud.noFailure();
    nodes("n3");
    reconciler.reconcile(WEB);
    assertThat(cloud.calls())
        .containsExactly("nodesChanged default/web", "find default/web", "ensure default/web");
    assertThat(cloud.nodesOf(service())).containsExactly("n3");
    assertThat(metrics.text())
        .contains("service_controller_nodesync_error_total 1.0")
        .contains("service_controller_loadbalancer_sync_total 1.0")
        .contains("service_controller_nodesync_latency_seconds_count 2");
  }

  @Test
  void makesABalancerAgainThatIsFoundToBeGone() {
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    cloud.forgetCalls();
    events.clear();
    cloud.onNodesChanged((service, _) -> {
      cloud.remove(service);
      throw new IllegalStateException("no such balancer");
    });
    nodes("n2");
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.after(Duration.ZERO));
    reconciler.reconcile(WEB);
    assertThat(cloud.calls())
        .containsExactly("nodesChanged default/web", "find default/web", "ensure default/web");
    assertThat(events).isEmpty();
    assertThat(cloud.present()).hasSize(1);
  }

  @Test
  void tellsTheOwnerOfOtherNodes() {
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    events.clear();
    nodes("n1", "n2");
    reconciler.reconcile(WEB);
    nodes();
    reconciler.reconcile(WEB);
    assertThat(events).containsExactly("UpdatedLoadBalancer", "UnAvailableLoadBalancer");
  }

  @Test
  void lookThatComesLateNeverTellsOfOlderNodes() {
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    cloud.forgetCalls();
    // The Service changes while it waits to hear of the nodes: one look is enough for both.
    nodes("n1", "n2");
    reconciler.changed(WEB);
    reconciler.reconcile(WEB);
    reconciler.nodesChanged(Set.of(WEB));
    reconciler.reconcile(WEB);
    assertThat(cloud.calls()).containsExactly("ensure default/web");
    assertThat(cloud.nodesOf(service())).containsExactly("n1", "n2");
  }

  @Test
  void saysThatTheBalancerOfAVanishedServiceCouldNotBeDeleted() {
    put("LoadBalancer");
    reconciler.reconcile(WEB);
    store.drop(CoreTypes.SERVICE, WEB);
    cloud.fail(new IllegalStateException("cloud away"));
    assertThatThrownBy(() -> reconciler.reconcile(WEB)).hasMessage("cloud away");
    assertThat(events).endsWith("DeleteLoadBalancerFailed");
    assertThat(reconciler.remembers(WEB)).isTrue();
    cloud.noFailure();
    reconciler.reconcile(WEB);
    assertThat(cloud.present()).isEmpty();
  }

  @Test
  void looksAgainSoonWhenItMetANewerState() {
    put("LoadBalancer");
    guest.fault(call ->
        call.verb().equals("patch")
            ? Optional.of(FakeKubeApi.exception(Reason.CONFLICT, "newer"))
            : Optional.empty());
    assertThat(reconciler.reconcile(WEB)).isInstanceOf(Result.After.class);
    assertThat(events).isEmpty();
  }

  @Test
  void putsTheFinalizerOnWhatSomebodyChangedMeanwhile() {
    put("LoadBalancer");
    informers.pause();
    V1Service changed = service();
    changed.getMetadata().addFinalizersItem("x/y");
    store.put(CoreTypes.SERVICE, changed);
    reconciler.reconcile(WEB);
    assertThat(finalizers()).containsExactlyInAnyOrder("x/y", FINALIZER);
    informers.resume();
  }

  @Test
  void doesNotMarkWhatIsBeingDeletedMeanwhile() {
    V1Service service = put("LoadBalancer");
    service.getMetadata().addFinalizersItem("x/y");
    store.put(CoreTypes.SERVICE, service);
    informers.pause();
    delete();
    reconciler.reconcile(WEB);
    assertThat(finalizers()).containsExactly("x/y");
    assertThat(cloud.calls()).isEmpty();
    informers.resume();
  }

  @Test
  void staysQuietWhenItNoLongerLeads() {
    put("LoadBalancer");
    guest.failAll(Reason.FENCED);
    assertThatThrownBy(() -> reconciler.reconcile(WEB)).isInstanceOf(KubeApiException.class);
    assertThat(events).isEmpty();
  }

  @Test
  void leavesNothingBehindAfterACrashAtAnyWriteOfItsLife() {
    for (int crashAt = 1; ; crashAt++) {
      store.drop(CoreTypes.SERVICE, WEB);
      start();
      put("LoadBalancer");
      AtomicInteger left = new AtomicInteger(crashAt);
      guest.fault(call ->
          call.isWrite() && left.decrementAndGet() == 0
              ? Optional.of(FakeKubeApi.exception(Reason.UNREACHABLE, "killed"))
              : Optional.empty());
      boolean crashed = surviving();
      if (crashed) {
        start();
        surviving();
      }
      assertThat(ingress()).containsExactly("192.0.2.1");
      assertThat(finalizers()).containsExactly(FINALIZER);
      store.get(CoreTypes.SERVICE, WEB).ifPresent(_ -> deleteQuietly());
      if (surviving()) {
        crashed = true;
        start();
        surviving();
      }
      assertThat(store.get(CoreTypes.SERVICE, WEB)).isEmpty();
      assertThat(cloud.present()).isEmpty();
      if (!crashed) {
        assertThat(crashAt).isGreaterThan(3);
        return;
      }
    }
  }

  private void deleteQuietly() {
    var fresh = new FakeKubeApi("user", store);
    fresh.delete(CoreTypes.SERVICE, WEB, Precondition.NONE);
  }

  /// @return whether it was killed
  private boolean surviving() {
    try {
      reconciler.reconcile(WEB);
      return false;
    } catch (KubeApiException e) {
      return true;
    }
  }
}
