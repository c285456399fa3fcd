package dev.thresher.ccm.controllers.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.Routes.Route;
import dev.thresher.ccm.cloudprovider.fake.FakeRoutes;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1ContainerImage;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeCondition;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RouteReconcilerTest {

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore store = new FakeStore();
  private final FakeKubeApi guest = new FakeKubeApi("guest", store);
  private final FakeInformers informers = new FakeInformers(store, timeline);
  private final FakeRoutes cloud = new FakeRoutes();
  private final Metrics metrics = new Metrics();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private final EventRecorder recorder = (regarding, type, reason, message) -> events.add(reason);
  private RouteReconciler reconciler;

  @BeforeEach
  void start() {
    var nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
    informers.start();
    reconciler =
        new RouteReconciler(
            "gc1",
            cloud,
            nodes,
            ClusterRanges.parse("10.42.0.0/16,fd42::/48"),
            new NetworkCondition(guest),
            recorder,
            metrics.counter("route_controller_route_sync_total", "Passes."),
            timeline);
  }

  private void node(String name, String... cidrs) {
    store.put(CoreTypes.NODE, plain(name, cidrs));
  }

  private static V1Node plain(String name, String... cidrs) {
    return new V1Node()
        .metadata(new V1ObjectMeta().name(name))
        .spec(new V1NodeSpec().podCIDRs(List.of(cidrs)))
        .status(
            new V1NodeStatus()
                .addAddressesItem(new V1NodeAddress().type("InternalIP").address("192.0.2.1"))
                .addConditionsItem(new V1NodeCondition().type("Ready").status("True")));
  }

  private Result reconcile() {
    return reconciler.reconcile(RouteReconciler.ROUTES);
  }

  private String condition(String name) {
    V1Node node = store.get(CoreTypes.NODE, ObjectKey.cluster(name)).orElseThrow();
    return node.getStatus().getConditions().stream()
        .filter(c -> "NetworkUnavailable".equals(c.getType()))
        .map(c -> c.getStatus() + "/" + c.getReason())
        .findFirst()
        .orElse("");
  }

  private List<String> writes() {
    return guest.writes().stream().map(FakeCall::toString).toList();
  }

  @Test
  void makesRoutesOfBothFamiliesAndThenRests() {
    node("a", "10.42.0.0/24", "fd42::/64");
    assertThat(reconcile()).isEqualTo(Result.done());
    assertThat(cloud.calls())
        .containsExactlyInAnyOrder("list", "create a 10.42.0.0/24", "create a fd42::/64");
    assertThat(condition("a")).isEqualTo("False/RouteCreated");

    cloud.forgetCalls();
    guest.forgetCalls();
    assertThat(reconcile()).isEqualTo(Result.done());
    assertThat(cloud.calls()).containsExactly("list");
    assertThat(guest.calls()).isEmpty();
    assertThat(metrics.text()).contains("route_controller_route_sync_total 2.0");
  }

  @Test
  void saysWhichNodeHasNoRouteAndTriesAgain() {
    node("a", "10.42.0.0/24", "fd42::/64");
    node("b", "10.42.1.0/24");
    cloud.fault(call ->
        call.equals("create a fd42::/64")
            ? Optional.of(new IllegalStateException("throttled"))
            : Optional.empty());
    assertThat(reconcile()).isInstanceOf(Result.Failed.class);
    assertThat(condition("a")).isEqualTo("True/NoRouteCreated");
    assertThat(condition("b")).isEqualTo("False/RouteCreated");
    assertThat(events).containsExactly("FailedToCreateRoute");

    cloud.fault(call -> Optional.empty());
    assertThat(reconcile()).isEqualTo(Result.done());
    assertThat(condition("a")).isEqualTo("False/RouteCreated");
  }

  @Test
  void failedDeleteIsTriedAgain() {
    cloud.put(new Route("r", "gone", List.of(), "10.42.9.0/24", false));
    cloud.fault(call ->
        call.startsWith("delete")
            ? Optional.of(new IllegalStateException("no"))
            : Optional.empty());
    assertThat(reconcile()).isInstanceOf(Result.Failed.class);
    cloud.fault(call -> Optional.empty());
    assertThat(reconcile()).isEqualTo(Result.done());
    assertThat(cloud.list("gc1")).isEmpty();
  }

  @Test
  void nodeThatLostItsRangeHasNoNetwork() {
    node("a");
    node("never");
    cloud.put(new Route("r", "a", List.of(), "10.42.9.0/24", false));
    assertThat(reconcile()).isEqualTo(Result.done());
    assertThat(condition("a")).isEqualTo("True/NoRouteCreated");
    assertThat(condition("never")).isEmpty();
  }

  @Test
  void cloudThatCannotListChangesNothing() {
    node("a", "10.42.0.0/24");
    cloud.fault(call -> Optional.of(new IllegalStateException("away")));
    assertThatThrownBy(this::reconcile).hasMessage("away");
    assertThat(writes()).isEmpty();
  }

  @ParameterizedTest(name = "{0}/{1} and available {2}: written {3}")
  @CsvSource({
    "'','',true,true",
    "'','',false,true",
    "False,RouteCreated,true,false",
    "False,CalicoIsUp,true,true",
    "False,RouteCreated,false,true",
    "True,NoRouteCreated,false,false",
    "True,NoRouteCreated,true,true"
  })
  void conditionIsWrittenWhenStatusOrReasonDiffer(
      String status, String reason, boolean available, boolean written) {
    V1Node node = plain("a");
    node.getMetadata().uid("u").resourceVersion("1");
    if (!status.isEmpty()) {
      node.getStatus()
          .addConditionsItem(
              new V1NodeCondition().type("NetworkUnavailable").status(status).reason(reason));
    }
    assertThat(NetworkCondition.patch(node, available, Instant.EPOCH).isPresent())
        .isEqualTo(written);
  }

  @Test
  void losesNoConditionThatCameMeanwhile() {
    node("a", "10.42.0.0/24");
    informers.pause();
    V1Node newer = store.get(CoreTypes.NODE, ObjectKey.cluster("a")).orElseThrow();
    newer.getStatus().addConditionsItem(new V1NodeCondition().type("X").status("True"));
    store.put(CoreTypes.NODE, newer);
    assertThat(reconcile()).isEqualTo(Result.done());
    assertThat(
            store
                .get(CoreTypes.NODE, ObjectKey.cluster("a"))
                .orElseThrow()
                .getStatus()
                .getConditions())
        .extracting(V1NodeCondition::getType)
        .containsExactly("Ready", "X", "NetworkUnavailable");
    informers.resume();
  }

  static Stream<Arguments> changes() {
    return Stream.of(
        change("the same again", false, n -> {}),
        change("images", false, n -> n.getStatus().addImagesItem(new V1ContainerImage())),
        change("another range", true, n -> n.getSpec().podCIDRs(List.of("10.42.7.0/24"))),
        change(
            "another address",
            true,
            n -> n.getStatus().getAddresses().getFirst().address("192.0.2.9")));
  }

  private static Arguments change(String name, boolean concerns, Consumer<V1Node> change) {
    return Arguments.of(name, concerns, change);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("changes")
  void looksWhenANodeChangesInWhatMatters(String name, boolean concerns, Consumer<V1Node> change) {
    V1Node after = plain("a", "10.42.0.0/24");
    change.accept(after);
    assertThat(RouteController.concerned(new Change.Updated<>(plain("a", "10.42.0.0/24"), after)))
        .hasSize(concerns ? 1 : 0);
  }
}
