package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.node;
import static dev.thresher.vip.services.Objects.service;
import static dev.thresher.vip.services.Objects.slice;
import static dev.thresher.vip.services.Objects.twoNetworks;
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
import dev.thresher.runtime.patch.Patches;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.LeaseRight;
import dev.thresher.vip.election.RightConfig;
import dev.thresher.vip.election.RightTimes;
import dev.thresher.vip.linux.InterfaceNames;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// [WholeManagers] with the right by Leases.
@Tag("simulation")
class ManagersTest extends WholeManagers<LeaseRight> {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");
  private static final InetAddress VIP = ip("10.0.0.200");
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final RightTimes TIMES =
      new RightTimes(Duration.ofSeconds(8), Duration.ofSeconds(5), Duration.ofMillis(300));

  private final FakeKubeApi api = new FakeKubeApi(store);

  ManagersTest() {
    super(SOON);
  }

  @Override
  LeaseRight right(Manager manager, FakeInformers informers, AddressKeeper keeper) {
    return new LeaseRight(
        new RightConfig(manager.name, manager.process, "kube-system", Optional::empty, TIMES),
        manager.api,
        informers,
        manager.mesh,
        manager.timeline,
        keeper,
        manager.slots,
        manager.metrics,
        manager::fatal);
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
  void nothingIsHeldByLeasesOnceAMajorityGivesAddresses() {
    store.put(
        CoreTypes.LEASE,
        new V1Lease()
            .metadata(
                new V1ObjectMeta()
                    .name(OwnershipNames.HOLDERS_LEASE)
                    .namespace("kube-system")
                    .labels(Map.of(OwnershipNames.LABEL, OwnershipNames.FORMAT))
                    .annotations(Map.of(OwnershipNames.CLOSED, "majority"))));
    createWeb();
    Manager manager = manager(1);
    await()
        .atMost(SOON)
        .until(() -> events.stream().anyMatch(event -> event.contains("set vip_right=majority")));
    await().atMost(SOON).until(() -> manager.slots.confirmed() > 0);
    assertThat(wire.holders(V4)).isEmpty();
    manager.lifecycle.stop();
    events.removeIf(event -> event.startsWith("FATAL"));
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

  @ParameterizedTest
  @ValueSource(strings = {"203.0.113.9", "2001:db8:9::9"})
  void aStatusTellsNoMoreOfWhatTheServiceGaveUpForAnAddressThatNoNodeCanHold(String nowhere) {
    oneOfTwoManagersAnswersForWeb();
    annotateWeb(KubeVipNames.LOAD_BALANCER_IPS, nowhere);
    await()
        .atMost(SOON)
        .until(() -> {
          String text = web().toString();
          return text.contains("\"ingress\":[]")
              && !text.contains(KubeVipNames.VIP_HOST)
              && text.contains("NoNodeForAddress");
        });
    assertThat(wire.holders(V4)).isEmpty();
    annotateWeb(KubeVipNames.LOAD_BALANCER_IPS, "10.0.0.100,fd00::100");
    awaitStatusOf(holder());
  }

  @Test
  void aStatusTellsNoMoreOfWhatTheServiceGaveUpForAnAddressThatItMayNotHave() {
    oneOfTwoManagersAnswersForWeb();
    annotateWeb(KubeVipNames.LOAD_BALANCER_IPS, "10.0.0.1");
    await()
        .atMost(SOON)
        .until(() -> {
          String text = web().toString();
          return text.contains("\"ingress\":[]")
              && !text.contains(KubeVipNames.VIP_HOST)
              && text.contains("AddressRefused");
        });
    assertThat(wire.holders(V4)).isEmpty();
    annotateWeb(KubeVipNames.IGNORE, "true");
    await().atMost(SOON).until(() -> !web().toString().contains("AddressRefused"));
    api.patch(
        CoreTypes.SERVICE,
        WEB,
        Patches.annotations(
            Map.of(
                KubeVipNames.IGNORE,
                Optional.empty(),
                KubeVipNames.LOAD_BALANCER_IPS,
                Optional.of("10.0.0.100,fd00::100"))));
    awaitStatusOf(holder());
  }

  @Test
  void everyNodeKnowsAllAddressesSoThatNothingElseAnswersForThem() {
    manager(1);
    manager(2);
    createWeb();
    holder();
    for (Manager manager : managers) {
      await().atMost(SOON).until(() -> manager.enforcement.known.equals(Set.of(V4, V6)));
    }
  }

  @Test
  void everyNodeKnowsTheAddressOfTheControlPlaneToo() {
    controlPlane = aControlPlane(VIP);
    manager(1);
    manager(2);
    await().atMost(SOON).until(() -> wire.holders(VIP).size() == 1);
    createWeb();
    holder();
    for (Manager manager : managers) {
      await().atMost(SOON).until(() -> manager.enforcement.known.equals(Set.of(VIP, V4, V6)));
      assertThat(manager.report.get().get("fencedBy").getAsString()).isEqualTo("process");
    }
  }

  @Test
  void theAddressOfTheControlPlaneIsKnownBeforeTheServicesAre() {
    controlPlane = aControlPlane(VIP);
    ranges = new KnownRanges(false, Map.of(), List.of());
    createWeb();
    manager(1);
    manager(2);
    await().atMost(SOON).until(() -> wire.holders(VIP).size() == 1);
    for (Manager manager : managers) {
      await().atMost(SOON).until(() -> manager.enforcement.known.equals(Set.of(VIP)));
    }
  }

  /// As where the name of the control plane still stands for its first node: that would be silenced
  /// by all the others, and could not be reached itself.
  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.1", "fd00::1"})
  void theAddressOfANodeIsNotHeldForTheControlPlane(String address) {
    controlPlane = aControlPlane(ip(address));
    manager(1);
    manager(2);
    createWeb();
    holder();
    for (Manager manager : managers) {
      await().atMost(SOON).until(() -> manager.enforcement.known.equals(Set.of(V4, V6)));
    }
    assertThat(wire.holders(ip(address))).isEmpty();
  }

  private void createOther(String name, String addresses) {
    store.put(CoreTypes.SERVICE, service(name, addresses));
    store.put(CoreTypes.ENDPOINT_SLICE, slice(name, "n2"));
  }

  /// Held after everything that was asked before was done or refused.
  private void awaitTurn(String name, String address) {
    createOther(name, address);
    await().atMost(SOON).until(() -> wire.holders(ip(address)).size() == 1);
  }

  private Map<String, String> saidOf(String node) {
    return store
        .get(CoreTypes.LEASE, ObjectKey.of("kube-system", OwnershipNames.NODE_LEASE_PREFIX + node))
        .map(lease -> lease.getMetadata().getAnnotations())
        .orElse(Map.of());
  }

  @Test
  void whoServesNoServicesIsGivenNoneAndDoesNotSpeakOfThem() {
    namespace = Optional.empty();
    controlPlane = aControlPlane(VIP);
    manager(1);
    manager(3);
    namespace = Optional.of("");
    controlPlane = ControlPlaneWish.View.NONE;
    manager(2);
    List<String> addresses = List.of("10.0.0.101", "10.0.0.102", "10.0.0.103", "10.0.0.104");
    addresses.forEach(address -> awaitTurn("s" + address.replace('.', '-'), address));
    assertThat(addresses)
        .allSatisfy(address -> assertThat(wire.holders(ip(address))).containsOnly("n2"));
    createOther("thief", "10.0.0.200");
    await()
        .atMost(SOON)
        .until(() -> events.stream().anyMatch(event -> event.startsWith("n2 AddressRefused")));
    JsonObject of = managerOf("n2").report.get();
    assertThat(of.toString())
        .contains("\"n1\":\"it serves no Services (svc_enable is not set there)\"");
  }

  @Test
  void whereNoServerIsWellTheControlPlanesAddressStaysAmongThoseThatServeIt() {
    manager(1);
    manager(2);
    controlPlane =
        aControlPlane(Optional.of(new ControlPlaneWish(AddressGroup.of(VIP), "")), false);
    Manager only = manager(3);
    await().atMost(SOON).until(() -> only.right.view().live().size() == 3);
    await().atMost(SOON).until(() -> wire.holders(VIP).equals(Set.of("n3")));
  }

  @Test
  void noServiceOfTheOneNamespaceGetsTheAddressOfAnApiServer() {
    namespace = Optional.of("apps");
    V1EndpointSlice servers = slice("kubernetes", "n9");
    servers.getEndpoints().getFirst().setAddresses(List.of("10.0.0.201"));
    store.put(CoreTypes.ENDPOINT_SLICE, servers);
    manager(1);
    InetAddress free = ip("10.0.0.202");
    var web = service("web", "10.0.0.201,10.0.0.202");
    web.getMetadata().setNamespace("apps");
    web.getMetadata().getAnnotations().put(KubeVipNames.ALLOW_RECONCILE_WITHOUT_ENDPOINTS, "true");
    store.put(CoreTypes.SERVICE, web);
    await().atMost(SOON).until(() -> wire.holders(free).equals(Set.of("n1")));
    assertThat(wire.holders(ip("10.0.0.201"))).isEmpty();
    await()
        .atMost(SOON)
        .until(() ->
            events.stream()
                .anyMatch(
                    event -> event.contains("\"10.0.0.201\" is the address of an API server")));
    // Another one takes its place.
    V1EndpointSlice moved = slice("kubernetes", "n9");
    moved.getEndpoints().getFirst().setAddresses(List.of("10.0.0.202"));
    store.put(CoreTypes.ENDPOINT_SLICE, moved);
    await().atMost(SOON).until(() -> wire.holders(free).isEmpty());
  }

  @Test
  void noServiceGetsTheAddressOfAControlPlaneThatOtherNodesServe() {
    controlPlane = aControlPlane(VIP);
    manager(1);
    await().atMost(SOON).until(() -> wire.holders(VIP).equals(Set.of("n1")));
    controlPlane = ControlPlaneWish.View.NONE;
    Manager worker = manager(2);
    createOther("thief", "10.0.0.200");
    awaitTurn("first", "10.0.0.101");
    assertThat(events)
        .anyMatch(event ->
            event.contains("AddressRefused")
                && event.contains("\"10.0.0.200\" is the address of the control plane of node n1"));
    assertThat(worker.enforcement.known).contains(VIP);
    assertThat(wire.holders(VIP)).isEqualTo(Set.of("n1"));

    // A node that stops, or cannot resolve its name after a restart, has not said otherwise.
    managerOf("n1").lifecycle.stop();
    awaitTurn("second", "10.0.0.102");
    assertThat(wire.holders(VIP)).isEmpty();
    controlPlane = aControlPlane(Optional.empty());
    Manager unresolved = manager(1);
    await().atMost(SOON).until(() -> unresolved.right.view().session().isPresent());
    assertThat(saidOf("n1")).containsEntry(OwnershipNames.CONTROL_PLANE, "10.0.0.200");
    assertThat(wire.holders(VIP)).isEmpty();

    unresolved.lifecycle.stop();
    store.drop(
        CoreTypes.LEASE, ObjectKey.of("kube-system", OwnershipNames.NODE_LEASE_PREFIX + "n1"));
    await().atMost(SOON).until(() -> wire.holders(VIP).equals(Set.of("n2")));
  }

  @Test
  void theControlPlaneTakesItsAddressFromAServiceAndLeavesItWhenItIsServedNoMore() {
    manager(2);
    createOther("early", "10.0.0.200");
    await().atMost(SOON).until(() -> wire.holders(VIP).equals(Set.of("n2")));
    controlPlane = aControlPlane(VIP);
    manager(1);
    await().atMost(SOON).until(() -> wire.holders(VIP).equals(Set.of("n1")));
    managerOf("n1").lifecycle.stop();
    awaitTurn("other", "10.0.0.101");
    assertThat(wire.holders(VIP)).isEmpty();
    controlPlane = ControlPlaneWish.View.NONE;
    manager(1);
    await().atMost(SOON).until(() -> wire.holders(VIP).size() == 1);
    assertThat(saidOf("n1")).doesNotContainKey(OwnershipNames.CONTROL_PLANE);
  }

  /// One whose servers are well.
  private static ControlPlaneWish.View aControlPlane(InetAddress address) {
    return aControlPlane(Optional.of(new ControlPlaneWish(AddressGroup.of(List.of(address)), "")));
  }

  private static ControlPlaneWish.View aControlPlane(Optional<ControlPlaneWish> wish) {
    return aControlPlane(wish, true);
  }

  /// @param wish empty while it is not known
  private static ControlPlaneWish.View aControlPlane(
      Optional<ControlPlaneWish> wish, boolean well) {
    return new ControlPlaneWish.View() {
      @Override
      public Optional<ControlPlaneWish> wish() {
        return wish;
      }

      @Override
      public boolean well() {
        return well;
      }

      @Override
      public void onChange(Runnable listener) {}
    };
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
    JsonObject said = managerOf(second).report.get();
    assertThat(said.getAsJsonObject("silentNodes").keySet()).containsExactly(first);
    assertThat(said.getAsJsonObject("right").get("by").getAsString()).isEqualTo("leases");
    assertThat(said.getAsJsonObject("right").get("leaseMillisLeft").getAsLong())
        .isBetween(1L, TIMES.renewDeadline().toMillis());
    JsonObject address = said.getAsJsonArray("addresses").get(0).getAsJsonObject();
    assertThat(address.get("holderSeconds").getAsLong()).isLessThan(SOON.toSeconds());
    assertThat(address.get("holderSecondsAtLeast").getAsBoolean()).isFalse();
  }

  private boolean connectedToAll(Manager manager) {
    return manager.metrics.text().contains("thresher_vip_mesh_connected_peers 2.0");
  }

  @Test
  void anOrderlyStopHandsOverAndTheReturningNodePullsNothingBack() {
    String first = oneOfTwoManagersAnswersForWeb();
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
    managerOf(first).cutItsLink();
    await().atMost(SOON).until(() -> !wire.holders(V4).equals(Set.of(first)));
    assertThat(holder()).isNotEqualTo(first);
  }

  @Test
  void aServiceMayNameAnInterfaceThatIsNotConfigured() {
    configured = InterfaceNames.parse("eth0");
    for (int number : List.of(1, 2)) {
      manager(number)
          .network
          .become(twoNetworks("10.0.0." + number + "/24", "192.0.2." + number + "/24"));
    }
    InetAddress elsewhere = ip("192.0.2.100");
    var web = service("web", "192.0.2.100");
    web.getMetadata().getAnnotations().put(KubeVipNames.SERVICE_INTERFACE, "eth1");
    store.put(CoreTypes.SERVICE, web);
    store.put(CoreTypes.ENDPOINT_SLICE, slice("web", "n1", "n2"));
    await().atMost(SOON).until(() -> wire.holders(elsewhere).size() == 1);
    String holder = wire.holders(elsewhere).iterator().next();
    assertThat(managerOf(holder).enforcement.log)
        .anyMatch(line -> line.contains("192.0.2.100") && line.contains("eth1"));
  }

  @Test
  void aDrainedNodeHandsOverAndTakesNothingBack() {
    String first = oneOfTwoManagersAnswersForWeb();
    managerOf(first).drain.ask(true);
    await().atMost(SOON).until(() -> !wire.holders(V4).equals(Set.of(first)));
    String second = holder();
    assertThat(second).isNotEqualTo(first);
    awaitStatusOf(second);
    // Both are drained now: the address stays where it is.
    managerOf(second).drain.ask(true);
    store.put(CoreTypes.SERVICE, service("other", "10.0.0.101"));
    store.put(CoreTypes.ENDPOINT_SLICE, slice("other", "n1"));
    await().atMost(SOON).until(() -> wire.holders(ip("10.0.0.101")).size() == 1);
    managerOf(first).drain.ask(false);
    await().atMost(SOON).until(() -> wire.holders(V4).equals(Set.of(first)));
    assertThat(wire.holders(ip("10.0.0.101"))).isEqualTo(Set.of(first));
  }

  @Test
  void rebalancingGivesAnAddressToThePreferredNodeAndNothingElseDoes() {
    String first = oneOfTwoManagersAnswersForWeb();
    rebalanceMovesWhatIsPreferredElsewhereOnceAndForAll(first);
  }

  private List<String> doneFor(String address) {
    return managerOf("n1").enforcement.log.stream().filter(line -> line.contains(address)).toList();
  }

  @Test
  void rangesThatChangeWhileItRunsDropNothingElse() {
    manager(1);
    createWeb();
    holder();
    store.put(CoreTypes.SERVICE, service("other", "10.0.0.101"));
    store.put(CoreTypes.ENDPOINT_SLICE, slice("other", "n1"));
    await().atMost(SOON).until(() -> wire.holders(ip("10.0.0.101")).size() == 1);
    List<String> before = doneFor("10.0.0.100");
    Cluster cluster = managerOf("n1").cluster;
    cluster.become(
        new ServicePolicy(ClassPolicy.DEFAULT, RuleBook.allowed("10.0.0.100/32,fd00::/64"), true));
    await().atMost(SOON).until(() -> wire.holders(ip("10.0.0.101")).isEmpty());
    assertThat(wire.holders(V4)).isEqualTo(Set.of("n1"));
    assertThat(doneFor("10.0.0.100")).as("never let go").isEqualTo(before);
    cluster.become(ServicePolicy.DEFAULT);
    await().atMost(SOON).until(() -> wire.holders(ip("10.0.0.101")).size() == 1);
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
    oneOfTwoManagersAnswersForWeb();
    annotateWeb(KubeVipNames.LOAD_BALANCER_IPS, "10.0.0.150");
    await()
        .atMost(SOON)
        .until(() ->
            wire.holders(V4).isEmpty()
                && wire.holders(ip("10.0.0.150")).size() == 1
                && web().toString().contains("\"ingress\":[{\"ip\":\"10.0.0.150\""));
    annotateWeb(KubeVipNames.IGNORE, "true");
    await().atMost(SOON).until(() -> wire.holders(ip("10.0.0.150")).isEmpty() && recordIsEmpty());
  }

  private String oneOfTwoManagersAnswersForWeb() {
    manager(1);
    manager(2);
    createWeb();
    String holder = holder();
    awaitStatusOf(holder);
    return holder;
  }

  private void annotateWeb(String key, String value) {
    api.patch(CoreTypes.SERVICE, WEB, Patches.annotations(Map.of(key, Optional.of(value))));
  }
}
