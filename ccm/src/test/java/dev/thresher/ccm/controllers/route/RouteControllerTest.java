package dev.thresher.ccm.controllers.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.api.CoreTypes;
import dev.thresher.ccm.cloudprovider.fake.FakeCloudProvider;
import dev.thresher.ccm.clusters.ClusterName;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/// The controller as the program puts it together, on a clock that moves when told to.
class RouteControllerTest {

  private static final Duration PERIOD = Duration.ofSeconds(10);

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore store = new FakeStore();
  private final FakeInformers informers = new FakeInformers(store, timeline);
  private final FakeCloudProvider cloud = new FakeCloudProvider();

  private Optional<RouteController> controller(boolean enabled, String ranges) {
    return RouteControllerModule.controller(
        cloud,
        new ClusterName("gc1"),
        new RouteController.Settings(enabled, PERIOD, ClusterRanges.parse(ranges)),
        new FakeKubeApi("guest", store),
        informers,
        (_, _, _, _) -> {},
        Leadership.always(),
        new Metrics(),
        timeline);
  }

  private void node(String name, String cidr) {
    store.put(
        CoreTypes.NODE,
        new V1Node()
            .metadata(new V1ObjectMeta().name(name))
            .spec(new V1NodeSpec().podCIDRs(List.of(cidr))));
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("still waiting").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @Test
  void runsOnlyForAProviderWithRoutesThatIsAskedFor() {
    assertThat(controller(true, "")).isEmpty();
    cloud.withRoutes();
    assertThat(controller(false, "")).isEmpty();
    assertThatThrownBy(() -> controller(true, "")).hasMessageContaining("--cluster-cidr");
  }

  @Test
  void looksAtOnceWhenANodeComesAndElseEachPeriod() {
    cloud.withRoutes();
    RouteController controller = controller(true, "10.42.0.0/16").orElseThrow();
    informers.start();
    controller.start();
    try {
      node("a", "10.42.0.0/24");
      await(() -> cloud.fakeRoutes().present().size() == 1);
      // Somebody deletes the route behind the controller's back.
      cloud.fakeRoutes().clear();
      timeline.advance(PERIOD);
      await(() -> cloud.fakeRoutes().present().size() == 1);
    } finally {
      controller.stop();
    }
  }

  @Test
  void failedRouteIsTriedAgainBeforeThePeriodIsOver() {
    var failing = new AtomicBoolean(true);
    cloud
        .fakeRoutes()
        .fault(call ->
            failing.get() && call.startsWith("create")
                ? Optional.of(new IllegalStateException("throttled"))
                : Optional.empty());
    node("a", "10.42.0.0/24");
    cloud.withRoutes();
    RouteController controller = controller(true, "10.42.0.0/16").orElseThrow();
    informers.start();
    controller.start();
    try {
      // The period, and the retry.
      await(() -> timeline.pending() == 2);
      failing.set(false);
      timeline.advance(Duration.ofSeconds(2));
      await(() -> cloud.fakeRoutes().present().size() == 1);
    } finally {
      controller.stop();
    }
  }
}
