package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.network;
import static dev.thresher.vip.services.Objects.node;
import static dev.thresher.vip.services.Objects.service;
import static dev.thresher.vip.services.Objects.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.lifecycle.Lifecycle;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.vip.election.LeaseRight;
import dev.thresher.vip.election.RightConfig;
import dev.thresher.vip.election.RightTimes;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.mesh.TcpMesh;
import dev.thresher.vip.nodes.KnownNetworks;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Whole managers in one process: one API server in memory, a real mesh on the loopback, a link on
/// which two holders of an address are noticed.
@Tag("simulation")
class ManagersTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");
  private static final InetAddress V4 = ip("10.0.0.100");
  private static final InetAddress V6 = ip("fd00::100");
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final RightTimes TIMES =
      new RightTimes(Duration.ofSeconds(8), Duration.ofSeconds(5), Duration.ofMillis(300));

  private final FakeStore store = new FakeStore();
  private final FakeKubeApi api = new FakeKubeApi(store);
  private final FakeEnforcement.Wire wire = new FakeEnforcement.Wire();
  private final List<Manager> managers = new ArrayList<>();
  private final List<String> events = new CopyOnWriteArrayList<>();

  private final class Manager {
    final String name;
    final FakeKubeApi api = new FakeKubeApi(store);
    final FakeEnforcement enforcement;
    final FakeNetwork network;
    final LeaseRight right;
    final TcpMesh mesh;
    final Lifecycle lifecycle;
    final Metrics metrics = new Metrics();

    Manager(String name, String process, int number) {
      this.name = name;
      enforcement = new FakeEnforcement(name, wire);
      network =
          new FakeNetwork(network(true, "10.0.0." + number + "/24", "fd00::" + number + "/64"));
      var timeline = new SystemTimeline();
      var informers = new FakeInformers(store, timeline);
      mesh =
          new TcpMesh(name, process, () -> List.of(InetAddress.getLoopbackAddress()), 0, metrics);
      var keeper =
          new AddressKeeper(enforcement, network, timeline, () -> InterfaceNames.NONE, metrics);
      right =
          new LeaseRight(
              new RightConfig(name, process, "kube-system", Optional::empty, TIMES),
              api,
              informers,
              mesh,
              timeline,
              keeper,
              metrics,
              why -> events.add("FATAL " + name + ": " + why));
      var cluster =
          new Cluster(
              informers,
              network,
              "",
              ClassPolicy.DEFAULT,
              () -> InterfaceNames.NONE,
              () -> KnownNetworks.NONE,
              List.of());
      dev.thresher.runtime.events.EventRecorder recorder =
          (regarding, type, reason, message) -> events.add(name + " " + reason + " " + message);
      var ownership =
          new Ownership(
              cluster,
              right,
              keeper,
              timeline,
              new Reports(name, cluster.services(), recorder, keeper::keeping),
              new Assignment.Settings(name, 1.25, false),
              Duration.ofSeconds(5));
      var status =
          new ServiceStatus(
              name,
              api,
              cluster.services(),
              ownership::desired,
              keeper::keeping,
              address -> {
                var holder = right.view().holders().get(address);
                return holder != null && !holder.node().equals(name);
              },
              ownership::findings,
              recorder);
      Controller<ObjectKey> controller =
          Controller.builder("status", status, timeline).workers(2).build();
      controller.watch(cluster.services(), change -> List.of(ObjectKey.of(change.object())));
      ownership.onServicesChange(keys -> keys.forEach(controller::enqueue));
      lifecycle =
          Lifecycle.of(timeline, informers, mesh, new Right(right, cluster), controller, ownership);
    }

    Manager start() {
      try {
        assertThat(lifecycle.start()).isTrue();
      } catch (dev.thresher.runtime.lifecycle.StartFailedException e) {
        throw new AssertionError(e);
      }
      return this;
    }

    /// As SIGKILL: it answers nothing, reaches nobody, and its connections end.
    void kill() {
      enforcement.die();
      api.failAll(Reason.UNREACHABLE);
      mesh.stop();
    }
  }

  private record Right(LeaseRight right, Cluster cluster) implements Component {
    @Override
    public String name() {
      return "right";
    }

    @Override
    public void start() {
      right.links(cluster.links());
      right.start();
    }

    @Override
    public void stop() {
      right.stop();
    }
  }

  private Manager manager(int number) {
    String name = "n" + number;
    if (store.get(CoreTypes.NODE, ObjectKey.cluster(name)).isEmpty()) {
      store.put(CoreTypes.NODE, node(name, "10.0.0." + number, "fd00::" + number));
    }
    Manager manager = new Manager(name, name + "p" + managers.size(), number);
    managers.add(manager);
    return manager.start();
  }

  @AfterEach
  void nobodyEverHeldWhatAnotherHeld() {
    managers.forEach(manager -> manager.lifecycle.stop());
    assertThat(wire.violations()).isEmpty();
    assertThat(events).noneMatch(event -> event.startsWith("FATAL"));
  }

  private String holder() {
    await().atMost(SOON).until(() -> wire.holders(V4).size() == 1 && wire.holders(V6).size() == 1);
    assertThat(wire.holders(V4)).isEqualTo(wire.holders(V6));
    return wire.holders(V4).iterator().next();
  }

  private Manager managerOf(String name) {
    return managers.stream().filter(m -> m.name.equals(name)).toList().getLast();
  }

  private void createWeb() {
    store.put(CoreTypes.SERVICE, service("web", "10.0.0.100,fd00::100"));
    store.put(CoreTypes.ENDPOINT_SLICE, slice("web", "n1", "n2", "n3"));
  }

  private JsonObject web() {
    return store.getJson(CoreTypes.SERVICE, WEB).orElseThrow();
  }

  private void awaitStatusOf(String node) {
    await()
        .atMost(SOON)
        .until(() -> {
          String text = web().toString();
          return text.contains("\"" + KubeVipNames.VIP_HOST + "\":\"" + node + "\"")
              && text.contains(
                  "\"ingress\":[{\"ip\":\"10.0.0.100\",\"ipMode\":\"VIP\"},"
                      + "{\"ip\":\"fd00::100\",\"ipMode\":\"VIP\"}]");
        });
  }

  private Map<String, String> recorded() {
    return store
        .get(CoreTypes.LEASE, ObjectKey.of("kube-system", OwnershipNames.HOLDERS_LEASE))
        .map(lease -> lease.getMetadata().getAnnotations())
        .orElse(Map.of());
  }

  private boolean recordIsEmpty() {
    return recorded().keySet().stream()
        .noneMatch(key -> key.startsWith(OwnershipNames.HOLDER_PREFIX));
  }

  @Test
  void oneNodeHoldsBothFamiliesAndTellsTheWorldAndReleasesOnDelete() {
    manager(1);
    manager(2);
    manager(3);
    createWeb();
    awaitStatusOf(holder());
    assertThat(events).anyMatch(event -> event.contains("AddressHeld"));
    store.drop(CoreTypes.SERVICE, WEB);
    await()
        .atMost(SOON)
        .until(() -> wire.holders(V4).isEmpty() && wire.holders(V6).isEmpty() && recordIsEmpty());
  }

  @Test
  void anAddressWaitsForAnEndpoint() {
    manager(1);
    store.put(CoreTypes.SERVICE, service("web", "10.0.0.100,fd00::100"));
    // A second Service that is held shows that everything else was done meanwhile.
    store.put(CoreTypes.SERVICE, service("other", "10.0.0.101"));
    store.put(CoreTypes.ENDPOINT_SLICE, slice("other", "n1"));
    await().atMost(SOON).until(() -> wire.holders(ip("10.0.0.101")).size() == 1);
    assertThat(wire.holders(V4)).isEmpty();
    store.put(CoreTypes.ENDPOINT_SLICE, slice("web", "n1"));
    assertThat(holder()).isEqualTo("n1");
  }

  @Test
  void aKilledHolderIsReplacedByProofNotByWaiting() {
    manager(1);
    manager(2);
    manager(3);
    createWeb();
    String first = holder();
    awaitStatusOf(first);
    await().atMost(SOON).until(() -> managers.stream().allMatch(this::connectedToAll));
    long killed = System.nanoTime();
    managerOf(first).kill();
    String second = holder();
    Duration took = Duration.ofNanos(System.nanoTime() - killed);
    assertThat(second).isNotEqualTo(first);
    assertThat(took).as("sooner than the lease runs out").isLessThan(TIMES.leaseDuration());
    awaitStatusOf(second);
  }

  private boolean connectedToAll(Manager manager) {
    return manager.metrics.text().contains("thresher_vip_mesh_connected_peers 2.0");
  }

  @Test
  void anOrderlyStopHandsOverAndTheReturningNodePullsNothingBack() {
    manager(1);
    manager(2);
    createWeb();
    String first = holder();
    awaitStatusOf(first);
    assertThat(managerOf(first).lifecycle.stop()).isTrue();
    String second = holder();
    assertThat(second).isNotEqualTo(first);
    awaitStatusOf(second);
    Manager again = manager(Integer.parseInt(first.substring(1)));
    await().atMost(SOON).until(() -> again.right.view().session().isPresent());
    store.put(CoreTypes.SERVICE, service("other", "10.0.0.101"));
    store.put(CoreTypes.ENDPOINT_SLICE, slice("other", "n1"));
    await().atMost(SOON).until(() -> wire.holders(ip("10.0.0.101")).size() == 1);
    assertThat(holder()).isEqualTo(second);
  }

  @Test
  void withoutTheServerTheHolderFallsSilentAndReturns() {
    manager(1);
    manager(2);
    createWeb();
    String first = holder();
    managers.forEach(manager -> manager.api.failAll(Reason.UNREACHABLE));
    await().atMost(SOON).until(() -> wire.holders(V4).isEmpty() && wire.holders(V6).isEmpty());
    managers.forEach(manager -> manager.api.noFaults());
    assertThat(holder()).isIn("n1", "n2");
    assertThat(first).isIn("n1", "n2");
  }

  @Test
  void anAddressLeavesANodeWhoseLinkIsDown() {
    manager(1);
    manager(2);
    createWeb();
    String first = holder();
    managerOf(first)
        .network
        .become(network(false, "10.0.0." + first.substring(1) + "/24", "fd00::9/64"));
    await().atMost(SOON).until(() -> !wire.holders(V4).equals(Set.of(first)));
    assertThat(holder()).isNotEqualTo(first);
  }

  @Test
  void anExcludedNodeGivesItsAddressesUp() {
    manager(1);
    manager(2);
    createWeb();
    String first = holder();
    api.patch(
        CoreTypes.NODE,
        ObjectKey.cluster(first),
        Patches.labels(
            Map.of("node.kubernetes.io/exclude-from-external-load-balancers", Optional.of(""))));
    await().atMost(SOON).until(() -> !wire.holders(V4).contains(first));
    assertThat(holder()).isNotEqualTo(first);
  }

  @Test
  void aRefusedAddressIsAnEventAndNotHeld() {
    manager(1);
    createWeb();
    V1Service bad = service("bad", "10.0.0.1, 0.0.0.0");
    store.put(CoreTypes.SERVICE, bad);
    store.put(CoreTypes.ENDPOINT_SLICE, slice("bad", "n1"));
    await()
        .atMost(SOON)
        .until(() ->
            events.stream().anyMatch(e -> e.contains("AddressRefused") && e.contains("10.0.0.1"))
                && events.stream().anyMatch(e -> e.contains("DHCP")));
    assertThat(wire.holders(ip("10.0.0.1"))).isEmpty();
    assertThat(holder()).isEqualTo("n1");
  }

  @Test
  void theAddressMovesWhenTheServiceAsksForAnother() {
    manager(1);
    manager(2);
    createWeb();
    awaitStatusOf(holder());
    api.patch(
        CoreTypes.SERVICE,
        WEB,
        Patches.annotations(Map.of(KubeVipNames.LOAD_BALANCER_IPS, Optional.of("10.0.0.150"))));
    await()
        .atMost(SOON)
        .until(() ->
            wire.holders(V4).isEmpty()
                && wire.holders(ip("10.0.0.150")).size() == 1
                && web().toString().contains("\"ingress\":[{\"ip\":\"10.0.0.150\""));
    api.patch(
        CoreTypes.SERVICE,
        WEB,
        Patches.annotations(Map.of(KubeVipNames.IGNORE, Optional.of("true"))));
    await().atMost(SOON).until(() -> wire.holders(ip("10.0.0.150")).isEmpty() && recordIsEmpty());
  }
}
