package dev.thresher.ccm.controllers.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.fake.FakeLoadBalancers;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The controller with its queue and workers, on a clock that moves when told to.
class ServiceControllerTest {

  private static final Duration RESYNC = Duration.ofHours(1);

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore store = new FakeStore();
  private final FakeKubeApi guest = new FakeKubeApi("guest", store);
  private final FakeInformers informers = new FakeInformers(store, timeline);
  private final FakeLoadBalancers cloud = new FakeLoadBalancers();
  private final ServiceController controller = controller();

  private ServiceController controller() {
    var services = informers.informer(CoreTypes.SERVICE, Scope.ALL);
    var nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
    var set = new NodeSetCache(nodes);
    var reconciler =
        new ServiceReconciler(
            "gc1",
            cloud,
            services,
            set,
            guest,
            (_, _, _, _) -> {},
            new ServiceMetrics(new Metrics()),
            timeline::nanoTime,
            timeline::now);
    return new ServiceController(
        reconciler,
        cloud,
        services,
        nodes,
        set,
        new ServiceController.Settings(2, RESYNC),
        Leadership.always(),
        new Metrics(),
        timeline,
        new Random(7));
  }

  @BeforeEach
  void start() {
    node("n1");
    informers.start();
    controller.start();
    timeline.advance(ServiceController.NODE_DEBOUNCE);
  }

  @AfterEach
  void stop() {
    controller.stop();
  }

  private void node(String name) {
    store.put(CoreTypes.NODE, new V1Node().metadata(new V1ObjectMeta().name(name)));
  }

  private V1Service service(String name) {
    return store.put(
        CoreTypes.SERVICE,
        new V1Service()
            .metadata(new V1ObjectMeta().name(name).namespace("default"))
            .spec(
                new V1ServiceSpec()
                    .type("LoadBalancer")
                    .addPortsItem(new V1ServicePort().port(80))));
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("still waiting").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private long calls(String call) {
    return cloud.calls().stream().filter(call::equals).count();
  }

  @Test
  void looksAtAServiceThatComesChangesAndGoes() {
    service("web");
    await(() -> calls("ensure default/web") == 1);
    await(() -> store.get(CoreTypes.SERVICE, key("web")).orElseThrow().getStatus() != null);

    V1Service changed = store.get(CoreTypes.SERVICE, key("web")).orElseThrow();
    changed.getSpec().getPorts().getFirst().port(81);
    store.put(CoreTypes.SERVICE, changed);
    await(() -> calls("ensure default/web") == 2);

    guest.delete(CoreTypes.SERVICE, key("web"), Precondition.NONE);
    await(() -> store.get(CoreTypes.SERVICE, key("web")).isEmpty());
    assertThat(cloud.present()).isEmpty();
  }

  @Test
  void looksAtNothingForWhatDoesNotMatter() {
    service("web");
    await(() -> calls("ensure default/web") == 1);
    V1Service service = store.get(CoreTypes.SERVICE, key("web")).orElseThrow();
    service.getMetadata().putLabelsItem("a", "b");
    store.put(CoreTypes.SERVICE, service);
    service("other");
    await(() -> calls("ensure default/other") == 1);
    assertThat(calls("ensure default/web")).isEqualTo(1);
  }

  @Test
  void looksWhenTheProviderSaysSo() {
    cloud.answer(EnsureResult.of(new State.Pending("x")));
    service("web");
    await(() -> calls("ensure default/web") == 1);
    cloud.answer(FakeLoadBalancers.DONE);
    cloud.changed(key("web"));
    await(() -> calls("ensure default/web") == 2);
  }

  @Test
  void comparesTheSetOfNodesOncePerWindow() {
    service("web");
    await(() -> calls("ensure default/web") == 1);
    for (int i = 2; i <= 20; i++) {
      node("n" + i);
    }
    assertThat(calls("nodesChanged default/web")).isZero();
    timeline.advance(ServiceController.NODE_DEBOUNCE);
    await(() -> calls("nodesChanged default/web") == 1);

    // The same set again.
    node("n20");
    timeline.advance(ServiceController.NODE_DEBOUNCE);
    service("other");
    await(() -> calls("ensure default/other") == 1);
    assertThat(calls("nodesChanged default/web")).isEqualTo(1);
  }

  @Test
  void looksAtEveryServiceOnceInAResyncPeriod() {
    for (int i = 0; i < 20; i++) {
      service("s" + i);
    }
    await(() -> cloud.calls().size() == 20);
    timeline.advance(RESYNC);
    assertThat(cloud.calls()).hasSize(20);
    timeline.advance(RESYNC.dividedBy(2));
    await(() -> cloud.calls().size() > 20);
    assertThat(cloud.calls()).hasSizeLessThan(40);
    timeline.advance(RESYNC.dividedBy(2));
    await(() -> cloud.calls().size() >= 40);
  }

  @Test
  void retriesAtUpstreamsPace() {
    cloud.fail(new IllegalStateException("cloud away"));
    service("web");
    await(() -> calls("ensure default/web") == 1);
    // The resync, and the retry.
    await(() -> timeline.pending() > 1);
    cloud.noFailure();
    timeline.advance(Duration.ofMillis(4900));
    assertThat(calls("ensure default/web")).isEqualTo(1);
    timeline.advance(Duration.ofMillis(200));
    await(() -> calls("ensure default/web") == 2);
  }

  @Test
  void periodicLooksLeaveTheBackoffAlone() {
    cloud.fail(new IllegalStateException("cloud away"));
    service("web");
    await(() -> calls("ensure default/web") == 1);
    await(() -> timeline.pending() > 1);
    // Seven failures in a row: the next try is five minutes later.
    for (int failures = 1; failures <= 6; failures++) {
      long next = failures + 1L;
      timeline.advance(ServiceController.BACKOFF.delay(failures));
      await(() -> calls("ensure default/web") == next);
      await(() -> timeline.pending() > 1);
    }
    controller.resync();
    timeline.advance(ServiceController.BACKOFF.max().minusSeconds(1));
    service("other");
    await(() -> calls("ensure default/other") == 1);
    assertThat(calls("ensure default/web")).isEqualTo(7);
    timeline.advance(Duration.ofSeconds(1));
    await(() -> calls("ensure default/web") == 8);
  }

  @Test
  void triesAtOnceWhenTheCloudIsBack() {
    failOnce();
    cloud.returned();
    await(() -> calls("ensure default/web") == 2);
    await(() -> store.get(CoreTypes.SERVICE, key("web")).orElseThrow().getStatus() != null);
    // The try that was due is not made besides.
    timeline.advance(ServiceController.BACKOFF.delay(1));
    service("other");
    await(() -> calls("ensure default/other") == 1);
    assertThat(calls("ensure default/web")).isEqualTo(2);
  }

  @Test
  void triesAtOnceWhenTheGuestIsBack() {
    failOnce();
    informers.serverReturned();
    await(() -> calls("ensure default/web") == 2);
  }

  private void failOnce() {
    cloud.fail(new IllegalStateException("cloud away"));
    service("web");
    await(() -> calls("ensure default/web") == 1);
    // The resync, and the retry.
    await(() -> timeline.pending() > 1);
    cloud.noFailure();
  }

  @Test
  void oneServiceNeverHoldsUpAnother() throws Exception {
    var release = new CountDownLatch(1);
    cloud.onEnsure((service, _) -> {
      if ("slow".equals(service.getMetadata().getName())) {
        try {
          assertThat(release.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return FakeLoadBalancers.DONE;
    });
    service("slow");
    await(() -> calls("ensure default/slow") == 1);
    for (String name : List.of("a", "b", "c")) {
      service(name);
      await(() -> calls("ensure default/" + name) == 1);
    }
    release.countDown();
  }

  private static ObjectKey key(String name) {
    return ObjectKey.of("default", name);
  }
}
