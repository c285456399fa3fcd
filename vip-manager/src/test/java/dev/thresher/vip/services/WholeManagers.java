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
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.lifecycle.Lifecycle;
import dev.thresher.runtime.lifecycle.StartFailedException;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.vip.election.Right;
import dev.thresher.vip.l2.Fence;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.mesh.TcpMesh;
import dev.thresher.vip.nodes.KnownNetworks;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;

/// Whole managers in one process: one API server in memory, a real mesh on the loopback, a link on
/// which two holders of an address are noticed. The right is the test's.
abstract class WholeManagers<R extends Right> {

  static final InetAddress V4 = ip("10.0.0.100");
  static final InetAddress V6 = ip("fd00::100");

  private static final Scope LEASES =
      new Scope("kube-system", OwnershipNames.LABEL + "=" + OwnershipNames.FORMAT, "");

  final FakeStore store = new FakeStore();
  final FakeEnforcement.Wire wire = new FakeEnforcement.Wire();
  final List<Manager> managers = new ArrayList<>();

  /// Events on objects, and what a manager could not go on with: `FATAL`.
  final List<String> events = new CopyOnWriteArrayList<>();

  /// What all managers that are made from now on know of the control plane.
  ControlPlaneWish.View controlPlane = ControlPlaneWish.View.NONE;

  /// Whose Services managers that are made from now on serve: a namespace's, or empty for all;
  /// absent for none.
  Optional<String> namespace = Optional.of("");

  /// On which interfaces managers that are made from now on hold what names none.
  InterfaceNames configured = InterfaceNames.NONE;

  /// What all managers know of the cluster's own networks.
  volatile KnownRanges ranges = KnownRanges.NONE;

  private final Duration soon;

  /// @param soon how long a busy machine may take for anything
  WholeManagers(Duration soon) {
    this.soon = soon;
  }

  /// Whether a node's right knows the other nodes.
  boolean knowsOthers() {
    return true;
  }

  /// Whether this right has keys for the mesh.
  TcpMesh.Greetings greetings() {
    return TcpMesh.Greetings.PLAIN;
  }

  /// Joins what only this right needs.
  void join(R right, Ownership ownership) {}

  abstract R right(Manager manager, FakeInformers informers, AddressKeeper keeper);

  final class Manager {
    final String name;
    final String process;
    final int number;
    final SystemTimeline timeline = new SystemTimeline();
    final FakeKubeApi api = new FakeKubeApi(store);
    final FakeEnforcement enforcement;
    final FakeSlots slots = new FakeSlots();
    final FakeNetwork network;
    final R right;
    final TcpMesh mesh;
    volatile List<InetAddress> listensOn = List.of(InetAddress.getLoopbackAddress());
    final Drain drain;
    final Cluster cluster;
    final Lifecycle lifecycle;
    final Metrics metrics = new Metrics();
    final Supplier<JsonObject> report;
    final Function<Optional<InetAddress>, JsonObject> rebalance;
    final FakeInformers informers = new FakeInformers(store, timeline);

    Manager(String name, String process, int number) {
      this.name = name;
      this.process = process;
      this.number = number;
      InterfaceNames names = configured;
      enforcement = new FakeEnforcement(name, wire);
      network =
          new FakeNetwork(network(true, "10.0.0." + number + "/24", "fd00::" + number + "/64"));
      mesh = new TcpMesh(name, process, () -> listensOn, 0, greetings(), metrics);
      var keeper = new AddressKeeper(enforcement, network, timeline, () -> names, metrics);
      right = right(this, informers, keeper);
      drain = new Drain(name, false, knowsOthers(), informers.informer(CoreTypes.NODE, Scope.ALL));
      cluster =
          new Cluster(
              informers,
              network,
              namespace,
              ServicePolicy.DEFAULT,
              () -> names,
              () -> KnownNetworks.NONE,
              () -> ranges,
              controlPlane,
              knowsOthers()
                  ? ControlPlaneOwners.of(informers.informer(CoreTypes.LEASE, LEASES))
                  : ControlPlaneOwners.NOBODY,
              drain);
      EventRecorder recorder =
          (regarding, type, reason, message) -> events.add(name + " " + reason + " " + message);
      var ownership =
          new Ownership(
              cluster,
              right,
              keeper,
              timeline,
              new Reports(
                  name,
                  cluster.services(),
                  recorder,
                  new NodeEvents(Optional::empty, recorder),
                  keeper::keeping,
                  knowsOthers()),
              new Assignment.Settings(name, 1.25, false, knowsOthers()),
              Duration.ofSeconds(5),
              () -> Fence.PROCESS);
      report = ownership::report;
      rebalance = ownership::rebalance;
      join(right, ownership);
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
          Lifecycle.of(
              timeline, informers, mesh, new RightWithLinks(right, cluster), controller, ownership);
    }

    void fatal(String why) {
      events.add("FATAL " + name + ": " + why);
    }

    /// As SIGKILL: it answers nothing, reaches nobody, and its connections end.
    void kill() {
      enforcement.die();
      api.failAll(Reason.UNREACHABLE);
      right.stop();
      mesh.stop();
    }

    void cutItsLink() {
      network.become(network(false, "10.0.0." + number + "/24", "fd00::9/64"));
    }
  }

  private record RightWithLinks(Right right, Cluster cluster) implements Component {
    @Override
    public String name() {
      return "right";
    }

    @Override
    public void start() throws Exception {
      right.links(cluster.links());
      right.start();
    }

    @Override
    public void stop() {
      right.stop();
    }
  }

  @AfterEach
  void nobodyEverHeldWhatAnotherHeld() {
    managers.forEach(manager -> manager.lifecycle.stop());
    assertThat(wire.violations()).isEmpty();
    assertThat(events).noneMatch(event -> event.startsWith("FATAL"));
    assertThat(managers)
        .allSatisfy(manager -> {
          assertThat(manager.slots.violations()).isEmpty();
          if (knowsOthers()) {
            assertThat(manager.slots.confirmed()).as("rounds of %s", manager.name).isPositive();
          }
        });
  }

  final Manager manager(int number) {
    String name = "n" + number;
    if (store.get(CoreTypes.NODE, ObjectKey.cluster(name)).isEmpty()) {
      store.put(CoreTypes.NODE, node(name, "10.0.0." + number, "fd00::" + number));
    }
    Manager manager = new Manager(name, name + "p" + managers.size(), number);
    managers.add(manager);
    try {
      assertThat(manager.lifecycle.start()).isTrue();
    } catch (StartFailedException e) {
      throw new AssertionError(e);
    }
    return manager;
  }

  final String holder() {
    await().atMost(soon).until(() -> wire.holders(V4).size() == 1 && wire.holders(V6).size() == 1);
    assertThat(wire.holders(V4)).isEqualTo(wire.holders(V6));
    return wire.holders(V4).iterator().next();
  }

  final Manager managerOf(String name) {
    return managers.stream().filter(m -> m.name.equals(name)).toList().getLast();
  }

  /// A Service of [#V4] and [#V6] that is preferred elsewhere goes there when its holder is asked
  /// to rebalance and not before, stays there, and nothing is left to move.
  final void rebalanceMovesWhatIsPreferredElsewhereOnceAndForAll(String first) {
    String wanted = first.equals("n2") ? "n1" : "n2";
    var web = service("web", "10.0.0.100,fd00::100");
    web.getMetadata().getAnnotations().put(OwnershipNames.PREFERRED_NODES, "n9," + wanted);
    store.put(CoreTypes.SERVICE, web);
    Manager from = managerOf(first);
    await()
        .atMost(soon)
        .until(() -> from.rebalance.apply(Optional.empty()).getAsJsonArray("moves").size() == 1);
    JsonObject move =
        from.rebalance.apply(Optional.empty()).getAsJsonArray("moves").get(0).getAsJsonObject();
    assertThat(move.toString())
        .isEqualTo(
            ("{'addresses':['10.0.0.100','fd00::100'],'services':['default/web'],'to':'"
                    + wanted
                    + "','because':'preferred node 2 of 2'}")
                .replace('\'', '"'));
    assertThat(managerOf(wanted).rebalance.apply(Optional.of(V4)).getAsJsonArray("moves"))
        .as("asked of a node that holds nothing")
        .isEmpty();
    assertThat(holder()).as("nobody is unseated").isEqualTo(first);
    assertThat(from.rebalance.apply(Optional.of(V6)).getAsJsonArray("moving")).hasSize(2);
    await().atMost(soon).until(() -> wire.holders(V4).equals(Set.of(wanted)));
    assertThat(holder()).isEqualTo(wanted);
    for (Manager manager : managers) {
      await()
          .atMost(soon)
          .until(() -> {
            JsonObject answer = manager.rebalance.apply(Optional.of(V4));
            return answer.getAsJsonArray("moves").isEmpty()
                && answer.getAsJsonArray("moving").isEmpty();
          });
    }
    assertThat(holder()).isEqualTo(wanted);
    assertThat(managerOf(wanted).enforcement.log)
        .as("taken over without a probe")
        .anyMatch(line -> line.contains("10.0.0.100") && line.endsWith("TAKE_OVER"));
  }

  final void createWeb() {
    store.put(CoreTypes.SERVICE, service("web", "10.0.0.100,fd00::100"));
    store.put(CoreTypes.ENDPOINT_SLICE, slice("web", "n1", "n2", "n3"));
  }
}
