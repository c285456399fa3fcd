package dev.thresher.ccm.controllers.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.fake.FakeLoadBalancers;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the cloud hears when nodes come and go, with one worker for all Services.
class NodeChangesTest {

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore store = new FakeStore();
  private final FakeKubeApi guest = new FakeKubeApi("guest", store);
  private final FakeInformers informers = new FakeInformers(store, timeline);
  private final FakeLoadBalancers cloud = new FakeLoadBalancers();
  private final ServiceController controller = controller(cloud);

  private ServiceController controller(FakeLoadBalancers balancers) {
    return controller(balancers, 1);
  }

  private ServiceController controller(FakeLoadBalancers balancers, int workers) {
    var services = informers.informer(CoreTypes.SERVICE, Scope.ALL);
    var nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
    var set = new NodeSetCache(nodes);
    var metrics = new Metrics();
    var reconciler =
        new ServiceReconciler(
            "gc1",
            balancers,
            services,
            set,
            guest,
            (_, _, _, _) -> {},
            new ServiceMetrics(metrics),
            timeline::nanoTime,
            timeline::now);
    return new ServiceController(
        reconciler,
        balancers,
        services,
        nodes,
        set,
        new ServiceController.Settings(workers, Duration.ZERO),
        Leadership.always(),
        metrics,
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
    store.put(
        CoreTypes.NODE,
        new V1Node()
            .metadata(new V1ObjectMeta().name(name))
            .spec(new V1NodeSpec().providerID("x://" + name)));
  }

  private V1Service service(String name) {
    return service(name, "LoadBalancer");
  }

  private V1Service service(String name, String type) {
    return store.put(
        CoreTypes.SERVICE,
        new V1Service()
            .metadata(new V1ObjectMeta().name(name).namespace("default"))
            .spec(new V1ServiceSpec().type(type).addPortsItem(new V1ServicePort().port(80))));
  }

  private void services(String... names) {
    for (String name : names) {
      service(name);
      await(() -> hasStatus(name));
    }
    cloud.forgetCalls();
  }

  private V1Service stored(String name) {
    return store.get(CoreTypes.SERVICE, ObjectKey.of("default", name)).orElseThrow();
  }

  private boolean hasStatus(String name) {
    var status = stored(name).getStatus();
    return status != null && status.getLoadBalancer() != null;
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("still waiting").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private void debounce() {
    timeline.advance(ServiceController.NODE_DEBOUNCE);
  }

  private long calls(String call) {
    return cloud.calls().stream().filter(call::equals).count();
  }

  @Test
  void everyServiceHearsOfAChangeOnce() {
    services("a", "b", "c");
    node("n2");
    debounce();
    await(() -> cloud.calls().size() == 3);
    store.drop(CoreTypes.NODE, ObjectKey.cluster("n1"));
    debounce();
    await(() -> cloud.calls().size() == 6);
    assertThat(cloud.calls()).allMatch(call -> call.startsWith("nodesChanged"));
    assertThat(cloud.nodesOf(stored("b"))).containsExactly("n2");
  }

  @ParameterizedTest(name = "{0} balancers, {1} others, {2} workers")
  @CsvSource({"0,0,1", "0,2,1", "1,0,1", "3,0,1", "2,2,1", "4,0,2", "4,0,1", "4,3,3"})
  void eachBalancerHearsOfEachChange(int balancers, int others, int workers) {
    controller.stop();
    ServiceController several = controller(cloud, workers);
    several.start();
    try {
      List<String> wanted = IntStream.range(0, balancers).mapToObj(i -> "lb" + i).toList();
      for (int i = 0; i < others; i++) {
        service("plain" + i, "NodePort");
      }
      services(wanted.toArray(String[]::new));
      for (int nodes = 2; nodes <= 5; nodes++) {
        node("n" + nodes);
        debounce();
        int rounds = nodes - 1;
        await(() -> cloud.calls().size() == rounds * balancers);
      }
      assertThat(cloud.calls()).allMatch(call -> call.startsWith("nodesChanged default/lb"));
      assertThat(wanted).allSatisfy(name -> assertThat(cloud.nodesOf(stored(name))).hasSize(5));
    } finally {
      several.stop();
    }
  }

  @Test
  void nothingElseHappensToAServiceThatIsToldOfNodes() {
    controller.stop();
    ServiceController several = controller(cloud, 4);
    several.start();
    services("a");
    var inside = new AtomicInteger();
    var most = new AtomicInteger();
    var entered = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    BiFunction<V1Service, List<V1Node>, EnsureResult> busy =
        (_, _) -> {
          most.accumulateAndGet(inside.incrementAndGet(), Math::max);
          entered.countDown();
          try {
            assertThat(release.await(30, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } finally {
            inside.decrementAndGet();
          }
          return FakeLoadBalancers.DONE;
        };
    cloud.onNodesChanged(busy);
    cloud.onEnsure(busy);
    try {
      node("n2");
      debounce();
      await(() -> entered.getCount() == 0);
      V1Service changed = stored("a");
      changed.getSpec().getPorts().getFirst().port(81);
      store.put(CoreTypes.SERVICE, changed);
      cloud.changed(ObjectKey.of("default", "a"));
      // Free workers have time for another Service, so they had time for this one.
      service("b");
      await(() -> calls("ensure default/b") == 1);
      assertThat(calls("ensure default/a")).isZero();
      release.countDown();
      await(() -> calls("ensure default/a") == 1);
    } finally {
      several.stop();
    }
    assertThat(most.get()).as("a and b, and a never twice").isEqualTo(2);
  }

  @Test
  void serviceThatWantsNoBalancerHearsNothing() {
    service("plain", "ClusterIP");
    services("a");
    node("n2");
    debounce();
    await(() -> calls("nodesChanged default/a") == 1);
    assertThat(cloud.calls()).containsExactly("nodesChanged default/a");
  }

  @Test
  void failedChangeIsMadeGoodByAFullLook() {
    services("a", "b", "c");
    cloud.onNodesChanged((service, _) -> {
      if ("b".equals(service.getMetadata().getName())) {
        throw new IllegalStateException("no");
      }
      return FakeLoadBalancers.DONE;
    });
    node("n2");
    debounce();
    await(() -> calls("nodesChanged default/c") == 1 && calls("nodesChanged default/b") == 1);
    await(() -> timeline.pending() > 0);
    timeline.advance(ServiceController.BACKOFF.base());
    await(() -> calls("ensure default/b") == 1);
    assertThat(calls("nodesChanged default/b")).isEqualTo(1);
    assertThat(cloud.nodesOf(stored("b"))).containsExactly("n1", "n2");
  }

  @Test
  void slowChangeNeverTellsAnotherServiceOfAnOlderSet() {
    services("a", "b");
    var entered = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    cloud.onNodesChanged((_, _) -> {
      entered.countDown();
      try {
        assertThat(release.await(30, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return FakeLoadBalancers.DONE;
    });
    node("n2");
    debounce();
    await(() -> entered.getCount() == 0);
    String slow = cloud.calls().getFirst().substring("nodesChanged default/".length());
    String other = slow.equals("a") ? "b" : "a";

    node("n3");
    V1Service changed = stored(other);
    changed.getSpec().getPorts().getFirst().port(81);
    store.put(CoreTypes.SERVICE, changed);
    release.countDown();
    await(() -> calls("ensure default/" + other) == 1);
    debounce();
    await(() -> calls("nodesChanged default/" + slow) == 2);

    assertThat(calls("nodesChanged default/" + other)).isZero();
    assertThat(calls("ensure default/" + other)).isEqualTo(1);
    assertThat(cloud.nodesOf(stored(other))).containsExactly("n1", "n2", "n3");
    assertThat(cloud.nodesOf(stored(slow))).containsExactly("n1", "n2", "n3");
  }

  @Test
  void restartWithAThousandServicesWritesNothing() {
    for (int i = 0; i < 1000; i++) {
      service("s" + i);
    }
    await(() -> cloud.calls().size() == 1000);
    for (int i = 0; i < 1000; i++) {
      String name = "s" + i;
      await(() -> hasStatus(name));
    }
    controller.stop();
    guest.forgetCalls();
    var next = new FakeLoadBalancers();
    ServiceController successor = controller(next);
    successor.start();
    await(() -> next.calls().size() == 1000);
    debounce();
    successor.stop();
    assertThat(next.calls()).hasSize(1000).doesNotHaveDuplicates();
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void listOfNodesIsWorkedOutOnceForAllServices() {
    services("a", "b", "c");
    node("n2");
    debounce();
    await(() -> cloud.calls().size() == 3);
    assertThat(List.of("a", "b", "c"))
        .allSatisfy(name -> assertThat(cloud.nodesOf(stored(name))).containsExactly("n1", "n2"));
  }
}
