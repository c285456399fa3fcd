package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.node;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.vip.election.RightConfig;
import dev.thresher.vip.election.RightTimes;
import dev.thresher.vip.lease.LeaseConfig;
import dev.thresher.vip.lease.NoMajority;
import dev.thresher.vip.lease.VoterCandidate;
import dev.thresher.vip.majority.MajorityConfig;
import dev.thresher.vip.majority.MajorityRight;
import dev.thresher.vip.mesh.Mesh;
import dev.thresher.vip.mesh.MeshEvent;
import dev.thresher.vip.mesh.TcpMesh;
import dev.thresher.vip.sealing.Keyring;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// [WholeManagers] with the right by a majority, over real sealed datagrams on the loopback.
@Tag("simulation")
class MajorityManagersTest extends WholeManagers<MajorityRight> {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int LEASE_MILLIS = 1_500;

  /// As the nodes left it before they were restarted.
  private static final String RECORD =
      "{\"cluster\":\"1\",\"version\":4,\"voters\":[\"n1\",\"n2\",\"n3\"],\"witness\":false,"
          + "\"leaseMillis\":1500,\"longestLeaseMillis\":1500}";

  @TempDir Path directory;

  private final Map<String, Consumer<MeshEvent>> meshListeners = new HashMap<>();

  MajorityManagersTest() {
    super(SOON);
  }

  @Override
  TcpMesh.Greetings greetings() {
    return TcpMesh.Greetings.PROVEN;
  }

  @Override
  MajorityRight right(Manager manager, FakeInformers informers, AddressKeeper keeper) {
    return new MajorityRight(
        new RightConfig(
            manager.name, manager.process, "kube-system", Optional::empty, RightTimes.defaults()),
        new MajorityConfig(
            // Generous: the machine that runs the tests may be busy.
            new LeaseConfig(Duration.ofMillis(250), NoMajority.SILENT),
            Duration.ofMillis(LEASE_MILLIS),
            manager.number != 2,
            Optional.of(directory.resolve(manager.name))),
        Optional.of(directory.resolve("keys")),
        manager.api,
        informers,
        new Overheard(manager.name, manager.mesh),
        manager.timeline,
        () ->
            Optional.of(
                store.list(CoreTypes.NODE).stream()
                    .map(node ->
                        new VoterCandidate(
                            String.valueOf(node.getMetadata().getName()), false, "", 0))
                    .toList()),
        keeper,
        manager.slots,
        manager.metrics,
        (reason, message) -> events.add(manager.name + " " + reason + " " + message),
        manager::fatal);
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

  /// The nodes have voted before: nothing has to be founded, and nobody is silent for 10 s.
  private void voters() throws IOException {
    for (String node : List.of("n1", "n2", "n3")) {
      Files.createDirectories(directory.resolve(node));
      Files.writeString(directory.resolve(node).resolve("voters.json"), RECORD);
    }
    store.put(
        CoreTypes.LEASE,
        new V1Lease()
            .metadata(
                new V1ObjectMeta()
                    .name(OwnershipNames.VOTERS_LEASE)
                    .namespace("kube-system")
                    .annotations(Map.of(OwnershipNames.VOTERS, RECORD))));
  }

  /// Three managers, three voters, an address that is held.
  private String threeVoters() {
    manager(1);
    manager(2);
    manager(3);
    createWeb();
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
  void whereItListensLaterIsToldToTheOthers() throws UnknownHostException {
    String holder = threeVoters();
    Manager first = managerOf("n1");
    Manager second = managerOf("n2");
    List<InetAddress> more =
        List.of(InetAddress.getLoopbackAddress(), InetAddress.getByName("127.0.0.2"));
    await().atMost(SOON).until(() -> first.right.view().live().containsKey("n2"));
    second.listensOn = more;
    second.mesh.look();
    // Sooner than it would be said again anyway.
    await()
        .atMost(Duration.ofSeconds(5))
        .until(() ->
            Optional.ofNullable(first.right.view().live().get("n2"))
                .filter(heard -> heard.mesh().equals(second.mesh.endpoints()))
                .isPresent());
    assertThat(second.mesh.endpoints()).extracting(InetSocketAddress::getAddress).isEqualTo(more);
    assertThat(holder()).isEqualTo(holder);
  }

  @Test
  void threeNodesFindTheirVotersAndAnAddressSurvivesItsHolderWhileTheServerIsAway() {
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
    String second = holder();
    assertThat(second).isNotEqualTo(first);
    await().atMost(SOON).until(() -> !saidBy(second).getAsJsonObject("silentNodes").isEmpty());
    JsonObject said = saidBy(second);
    assertThat(said.getAsJsonObject("silentNodes").keySet()).containsExactly(first);
    JsonObject right = said.getAsJsonObject("right");
    assertThat(right.get("leaseMillisLeft").getAsLong()).isBetween(1L, (long) LEASE_MILLIS);
    assertThat(right.getAsJsonArray("voters").toString())
        .contains("{\"node\":\"" + first + "\",\"heard\":false")
        .contains("{\"node\":\"" + second + "\",\"heard\":true,\"answers\":true}");
    JsonObject address = said.getAsJsonArray("addresses").get(0).getAsJsonObject();
    assertThat(address.getAsJsonArray("grantedBy").toString()).contains("\"" + second + "\"");
    assertThat(address.getAsJsonObject("notOn").get(first).getAsString())
        .contains("its vip-manager says nothing (takes no part, last heard");
    assertThat(managerOf(first).right.standing().problem()).contains("did not answer");
  }

  /// Its node got another address, say, and a machine without a vip-manager has the former.
  @Test
  void aHolderIsNotDeadWhileItSpeaksFromElsewhereThanWhereConnectionsAreRefused()
      throws IOException {
    voters();
    Manager first = managerOf(threeVoters());
    long round = first.slots.confirmed();
    meshListeners.forEach((node, listener) -> {
      if (!node.equals(first.name)) {
        listener.accept(
            new MeshEvent.Died(first.name, first.process, InetAddress.ofLiteral("203.0.113.5")));
      }
    });
    await().atMost(SOON).until(() -> first.slots.confirmed() > round + 12);
    assertThat(holder()).isEqualTo(first.name);
    assertThat(first.enforcement.log).noneMatch(line -> line.startsWith("release"));
  }

  /// Lets a test say what the mesh says.
  private final class Overheard implements Mesh {
    private final String node;
    private final Mesh mesh;

    Overheard(String node, Mesh mesh) {
      this.node = node;
      this.mesh = mesh;
    }

    @Override
    public List<InetSocketAddress> endpoints() {
      return mesh.endpoints();
    }

    @Override
    public void onMove(Runnable listener) {
      mesh.onMove(listener);
    }

    @Override
    public void peers(Map<String, List<InetSocketAddress>> endpoints) {
      mesh.peers(endpoints);
    }

    @Override
    public void session(long number) {
      mesh.session(number);
    }

    @Override
    public void keys(Keyring ring) {
      mesh.keys(ring);
    }

    @Override
    public void announce(long version) {
      mesh.announce(version);
    }

    @Override
    public void onEvent(Consumer<MeshEvent> listener) {
      meshListeners.put(node, listener);
      mesh.onEvent(listener);
    }
  }

  private JsonObject saidBy(String node) {
    return managerOf(node).report.get();
  }

  @Test
  void rebalancingGivesAnAddressToThePreferredNodeAndNothingElseDoes() throws IOException {
    voters();
    rebalanceMovesWhatIsPreferredElsewhereOnceAndForAll(threeVoters());
  }

  @Test
  void nothingIsHeldWhileANodeHoldsByLeases() throws IOException {
    voters();
    lease(
        OwnershipNames.HOLDERS_LEASE,
        Map.of(OwnershipNames.HOLDER_PREFIX + "10.0.0.100", "n9 5-old 3"));
    lease(OwnershipNames.NODE_LEASE_PREFIX + "n9", Map.of(OwnershipNames.SESSION, "5-old"));
    manager(1);
    manager(2);
    manager(3);
    createWeb();
    await()
        .atMost(SOON)
        .until(() ->
            managers.stream()
                .allMatch(manager ->
                    manager.right.view().live().size() == 3
                        && manager.right.view().session().isPresent()));
    assertThat(wire.holders(V4)).isEmpty();
    assertThat(wire.holders(V6)).isEmpty();
    lease(
        OwnershipNames.NODE_LEASE_PREFIX + "n9",
        Map.of(OwnershipNames.SESSION, "5-old", OwnershipNames.LEAVING, "true"));
    assertThat(holder()).isIn("n1", "n2", "n3");
  }

  private void lease(String name, Map<String, String> annotations) {
    store.put(
        CoreTypes.LEASE,
        new V1Lease()
            .metadata(
                new V1ObjectMeta()
                    .name(name)
                    .namespace("kube-system")
                    .labels(Map.of(OwnershipNames.LABEL, OwnershipNames.FORMAT))
                    .annotations(annotations)));
  }

  /// Who cannot write down a new version of the record does not follow it: it goes on, holds
  /// nothing any more, and follows when there is room.
  @Test
  void aFullDiskMovesAnAddressAndEndsNobody() throws IOException {
    voters();
    String first = threeVoters();
    Path full =
        Files.createSymbolicLink(
            directory.resolve(first).resolve("voters.json.next"), Path.of("/dev/full"));
    store.put(
        CoreTypes.LEASE,
        new V1Lease()
            .metadata(
                new V1ObjectMeta()
                    .name(OwnershipNames.VOTERS_LEASE)
                    .namespace("kube-system")
                    .annotations(
                        Map.of(
                            OwnershipNames.VOTERS,
                            RECORD.replace("\"version\":4", "\"version\":5")))));
    await()
        .atMost(SOON)
        .until(() ->
            events.stream().anyMatch(event -> event.startsWith(first + " VoterRecordUnkept")));
    await()
        .atMost(SOON)
        .until(() -> !wire.holders(V4).isEmpty() && !wire.holders(V4).contains(first));
    assertThat(managerOf(first).right.problem()).isEmpty();
    assertThat(version(first)).isEqualTo(4);
    assertThat(managerOf(first).metrics.text()).contains("thresher_vip_voter_record_unkept 1");
    assertThat(managerOf(first).right.unready().orElseThrow()).contains("record of voters");

    Files.delete(full);
    await().atMost(SOON).until(() -> version(first) == 5);
    assertThat(managerOf(first).metrics.text()).contains("thresher_vip_voter_record_unkept 0");
    await().atMost(SOON).until(() -> managerOf(first).right.unready().isEmpty());
  }

  private long version(String node) {
    return managerOf(node).right.followed().orElseThrow().version();
  }

  /// It has never heard of the record, is no voter, and may found one.
  @Test
  void aDeletedRecordIsNotFoundedAgainByANewNode() throws IOException {
    voters();
    String first = threeVoters();
    ObjectKey record = ObjectKey.of("kube-system", OwnershipNames.VOTERS_LEASE);
    store.drop(CoreTypes.LEASE, record);
    Manager fresh = manager(4);
    await().atMost(SOON).until(() -> fresh.right.followed().isPresent());
    assertThat(fresh.right.followed().orElseThrow().cluster()).isEqualTo(1);
    assertThat(store.get(CoreTypes.LEASE, record)).isEmpty();
    assertThat(holder()).isEqualTo(first);
  }

  /// Where a node listens is in its Lease; what it holds does not rest on that.
  @Test
  void anAddressOutlastsTheLeaseOfItsHolder() throws IOException {
    voters();
    String first = threeVoters();
    ObjectKey lease = ObjectKey.of("kube-system", OwnershipNames.NODE_LEASE_PREFIX + first);
    await().atMost(SOON).until(() -> store.get(CoreTypes.LEASE, lease).isPresent());
    Manager holder = managerOf(first);
    holder.informers.pause();
    store.drop(CoreTypes.LEASE, lease);
    await()
        .during(Duration.ofMillis(2 * LEASE_MILLIS))
        .atMost(SOON)
        .until(() ->
            store.get(CoreTypes.LEASE, lease).isPresent()
                || wire.holders(V4).equals(Set.of(first)));
    if (store.get(CoreTypes.LEASE, lease).isEmpty()) {
      holder.informers.resume();
      await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> store.get(CoreTypes.LEASE, lease).isPresent());
    }
    assertThat(wire.holders(V4)).containsExactly(first);
  }

  @Test
  void anOrderlyStopHandsOver() throws IOException {
    voters();
    String first = threeVoters();
    assertThat(managerOf(first).lifecycle.stop()).isTrue();
    assertThat(holder()).isNotEqualTo(first);
  }

  @Test
  void anAddressLeavesANodeWhoseLinkIsDownAndGoesWithItsService() throws IOException {
    voters();
    String first = threeVoters();
    managerOf(first).cutItsLink();
    await().atMost(SOON).until(() -> !wire.holders(V4).contains(first));
    assertThat(holder()).isNotEqualTo(first);
    store.drop(CoreTypes.SERVICE, ObjectKey.of("default", "web"));
    await().atMost(SOON).until(() -> wire.holders(V4).isEmpty() && wire.holders(V6).isEmpty());
  }
}
