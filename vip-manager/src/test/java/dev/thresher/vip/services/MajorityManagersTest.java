package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.network;
import static dev.thresher.vip.services.Objects.node;
import static dev.thresher.vip.services.Objects.service;
import static dev.thresher.vip.services.Objects.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.lifecycle.Lifecycle;
import dev.thresher.runtime.lifecycle.StartFailedException;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.vip.election.RightConfig;
import dev.thresher.vip.election.RightTimes;
import dev.thresher.vip.lease.LeaseConfig;
import dev.thresher.vip.lease.NoMajority;
import dev.thresher.vip.lease.VoterCandidate;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.majority.MajorityConfig;
import dev.thresher.vip.majority.MajorityRight;
import dev.thresher.vip.mesh.TcpMesh;
import dev.thresher.vip.nodes.KnownNetworks;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whole managers in one process with the right by a majority: one API server in memory, real
/// sealed datagrams on the loopback, a link on which two holders of an address are noticed.
@Tag("simulation")
class MajorityManagersTest {

  private static final InetAddress V4 = ip("10.0.0.100");
  private static final InetAddress V6 = ip("fd00::100");
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path directory;
  private final FakeStore store = new FakeStore();
  private final FakeEnforcement.Wire wire = new FakeEnforcement.Wire();
  private final List<Manager> managers = new ArrayList<>();
  private final List<String> failures = new CopyOnWriteArrayList<>();

  private final class Manager {
    final String name;
    final FakeKubeApi api = new FakeKubeApi(store);
    final FakeEnforcement enforcement;
    final FakeSlots slots = new FakeSlots();
    final FakeNetwork network;
    final MajorityRight right;
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
          new MajorityRight(
              new RightConfig(name, process, "kube-system", Optional::empty, RightTimes.defaults()),
              new MajorityConfig(
                  // Generous: the machine that runs the tests may be busy.
                  new LeaseConfig(Duration.ofMillis(250), NoMajority.SILENT),
                  Duration.ofMillis(1_500),
                  number == 1,
                  Optional.of(directory.resolve("keys")),
                  Optional.of(directory.resolve(name))),
              api,
              informers,
              mesh,
              timeline,
              () ->
                  store.list(CoreTypes.NODE).stream()
                      .map(node ->
                          new VoterCandidate(
                              String.valueOf(node.getMetadata().getName()), false, "", 0))
                      .toList(),
              keeper,
              slots,
              metrics,
              why -> failures.add(name + ": " + why));
      var cluster =
          new Cluster(
              informers,
              network,
              "",
              ClassPolicy.DEFAULT,
              () -> InterfaceNames.NONE,
              () -> KnownNetworks.NONE,
              List.of());
      var ownership =
          new Ownership(
              cluster,
              right,
              keeper,
              timeline,
              new Reports(
                  name, cluster.services(), (about, type, why, text) -> {}, keeper::keeping),
              new Assignment.Settings(name, 1.25, false),
              Duration.ofSeconds(5));
      lifecycle = Lifecycle.of(timeline, informers, mesh, right, ownership);
      right.links(cluster.links());
    }

    /// As SIGKILL: it answers nothing, says nothing, and its connections end.
    void kill() {
      enforcement.die();
      api.failAll(Reason.UNREACHABLE);
      right.stop();
      mesh.stop();
    }
  }

  @BeforeEach
  void shareAKey() throws IOException {
    Files.createDirectories(directory.resolve("keys"));
    Files.write(
        directory.resolve("keys/1"),
        new byte[] {
          1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
          17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32
        });
  }

  @AfterEach
  void nobodyEverHeldWhatAnotherHeld() {
    managers.forEach(manager -> manager.lifecycle.stop());
    assertThat(wire.violations()).isEmpty();
    assertThat(managers)
        .allSatisfy(manager -> {
          assertThat(manager.slots.violations()).isEmpty();
          assertThat(manager.slots.confirmed()).as("rounds of %s", manager.name).isPositive();
        });
    assertThat(failures).isEmpty();
  }

  private Manager manager(int number) {
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

  private String holder() {
    await().atMost(SOON).until(() -> wire.holders(V4).size() == 1 && wire.holders(V6).size() == 1);
    assertThat(wire.holders(V4)).isEqualTo(wire.holders(V6));
    return wire.holders(V4).iterator().next();
  }

  private Manager managerOf(String name) {
    return managers.stream().filter(m -> m.name.equals(name)).toList().getLast();
  }

  /// Three managers, three voters, an address that is held.
  private String threeVoters() {
    manager(1);
    manager(2);
    manager(3);
    store.put(CoreTypes.SERVICE, service("web", "10.0.0.100,fd00::100"));
    store.put(CoreTypes.ENDPOINT_SLICE, slice("web", "n1", "n2", "n3"));
    await()
        .atMost(SOON)
        .until(() ->
            managers.stream()
                .allMatch(manager ->
                    manager
                        .right
                        .followed()
                        .filter(record -> record.voters().size() == 3 && !record.witness())
                        .isPresent()));
    return holder();
  }

  @Test
  void anAddressSurvivesItsHolderWhileTheServerIsAway() {
    String first = threeVoters();
    await()
        .atMost(SOON)
        .until(() ->
            managers.stream()
                .allMatch(manager ->
                    manager.right.view().live().size() == 3
                        && manager.right.view().session().isPresent()));
    managers.forEach(manager -> manager.api.failAll(Reason.UNREACHABLE));
    managerOf(first).kill();
    await().atMost(SOON).until(() -> !wire.holders(V4).isEmpty());
    assertThat(holder()).isNotEqualTo(first);
  }

  @Test
  void anOrderlyStopHandsOver() {
    String first = threeVoters();
    assertThat(managerOf(first).lifecycle.stop()).isTrue();
    assertThat(holder()).isNotEqualTo(first);
  }

  @Test
  void anAddressLeavesANodeWhoseLinkIsDownAndGoesWithItsService() {
    String first = threeVoters();
    managerOf(first)
        .network
        .become(network(false, "10.0.0." + first.substring(1) + "/24", "fd00::9/64"));
    await().atMost(SOON).until(() -> !wire.holders(V4).contains(first));
    assertThat(holder()).isNotEqualTo(first);
    store.drop(CoreTypes.SERVICE, ObjectKey.of("default", "web"));
    await().atMost(SOON).until(() -> wire.holders(V4).isEmpty() && wire.holders(V6).isEmpty());
  }
}
