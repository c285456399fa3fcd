package dev.thresher.loadbalancer.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.cni.CniTypes;
import dev.thresher.api.cni.NetworkAttachmentDefinition;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.MultusNetwork;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.IPPoolSpec;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.loadbalancer.PoolRange;
import dev.thresher.api.loadbalancer.PoolSelector;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Placement;
import dev.thresher.loadbalancer.reconcile.Backends.Backend;
import dev.thresher.loadbalancer.reconcile.StatusDocument.Said;
import dev.thresher.loadbalancer.rules.Vlan;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Pool and back ends in different VLANs: when a person is told, in which words, and when no more.
final class OtherVlanTest {

  private static final String TYPE = "BackendsInOtherVlan";

  /// A network that is missing here, such as `vms/trunk`, is one of which nothing is known.
  private static final Map<String, Vlan> VLANS =
      Map.of(
          "vms/seven", new Vlan("mgmt", 7),
          "vms/seven-too", new Vlan("mgmt", 7),
          "vms/eight", new Vlan("mgmt", 8),
          "vms/seven-of-data", new Vlan("data", 7),
          "vms/plain", new Vlan("mgmt", 0),
          "vms/one", new Vlan("mgmt", 1));

  private static Claim claim(String network, String address) {
    return new Claim(
        "uid",
        "1",
        new ClaimKey(network, IpAddress.parse(address)),
        "pool",
        new Owner("vms", "a"),
        "uid-of-a",
        "",
        Placement.HOST,
        24,
        null,
        false,
        Instant.EPOCH,
        null,
        "");
  }

  private static Backend backend(
      String name, Map<IpFamily, String> networks, Backends.State state) {
    return new Backend(
        name,
        "uid-of-" + name,
        "host-1",
        Map.of(IpFamily.IPV4, IpAddress.parse("10.0.0.5")),
        networks,
        state);
  }

  private static Optional<Said> said(List<Claim> claims, List<Backend> backends) {
    return OtherVlan.condition(
        claims, backends, network -> Optional.ofNullable(VLANS.get(network)));
  }

  @ParameterizedTest(name = "pool {0}, machine {1} {2}: {3}")
  @CsvSource({
    "vms/seven, vms/eight,         READY,       true",
    "vms/seven, vms/seven,         READY,       false",
    "vms/seven, vms/seven-too,     READY,       false",
    "vms/seven, vms/seven-of-data, READY,       true",
    "vms/plain, vms/seven,         READY,       true",
    "vms/seven, vms/plain,         READY,       true",
    "vms/plain, vms/one,           READY,       false",
    // Who is in use.
    "vms/seven, vms/eight,         TERMINATING, true",
    "vms/seven, vms/eight,         DRAINING,    true",
    "vms/seven, vms/eight,         NOT_RUNNING, false",
    "vms/seven, vms/eight,         NOT_NAMED,   false",
    // What nobody knows: the management network, the pod network, a trunk.
    "'',        vms/seven,         READY,       false",
    "'',        vms/plain,         READY,       false",
    "vms/seven, ,                  READY,       false",
    "vms/seven, vms/trunk,         READY,       false",
    "vms/trunk, vms/seven,         READY,       false",
  })
  void isSaidWhereBothAreKnownAndDiffer(
      String pool, @Nullable String machine, Backends.State state, boolean expected) {
    Map<IpFamily, String> networks = machine == null ? Map.of() : Map.of(IpFamily.IPV4, machine);
    assertThat(said(List.of(claim(pool, "192.0.2.9")), List.of(backend("vm", networks, state))))
        .matches(one -> one.isPresent() == expected);
  }

  /// Each family has its own pool and its own way to the machine.
  @Test
  void familiesAreLookedAtOneByOne() {
    var claims = List.of(claim("vms/seven", "192.0.2.9"), claim("vms/eight", "2001:db8::9"));
    var machine =
        backend(
            "vm",
            Map.of(IpFamily.IPV4, "vms/seven", IpFamily.IPV6, "vms/eight"),
            Backends.State.READY);
    assertThat(said(claims, List.of(machine))).isEmpty();
    assertThat(said(claims.reversed(), List.of(machine))).isEmpty();
  }

  @Test
  void namesPoolMachineNetworksVlansAndRemedy() {
    List<Claim> claims = List.of(claim("vms/seven", "192.0.2.9"));
    var machines = new ArrayList<Backend>();
    machines.add(backend("plain", Map.of(IpFamily.IPV4, "vms/plain"), Backends.State.READY));
    IntStream.rangeClosed(1, 7)
        .mapToObj(i -> backend("vm-" + i, Map.of(IpFamily.IPV4, "vms/eight"), Backends.State.READY))
        .forEach(machines::add);

    Said said = said(claims, machines).orElseThrow();
    assertThat(said.type()).isEqualTo(TYPE);
    assertThat(said.status()).isTrue();
    assertThat(said.reason()).isEqualTo("VlansDiffer");
    assertThat(said.message())
        .isEqualTo(
            "pool \"pool\" is on vms/seven (VLAN 7 on cluster network mgmt), and vm-1, vm-2, vm-3,"
                + " vm-4, vm-5 and 2 more are reached on vms/eight (VLAN 8 on cluster network"
                + " mgmt); pool \"pool\" is on vms/seven (VLAN 7 on cluster network mgmt), and plain"
                + " is reached on vms/plain (untagged on cluster network mgmt): machines in"
                + " different VLANs reach each other only through a router; see to it that one leads"
                + " from each of the two to the other, or take a pool on the network of the"
                + " machines, or machines on that of the pool (spec.backendNetwork)");
    assertThat(said(claims, machines.reversed()).orElseThrow())
        .as("whatever the order")
        .isEqualTo(said);
  }

  // --- With the reconciler ---

  private final World world = new World();

  private void network(String name, String vlan) {
    world.store.put(
        CniTypes.NETWORK_ATTACHMENT_DEFINITION,
        new NetworkAttachmentDefinition()
            .metadata(
                new V1ObjectMeta()
                    .namespace(World.NS)
                    .name(name)
                    .labels(
                        Map.of(
                            "network.harvesterhci.io/type", "L2VlanNetwork",
                            "network.harvesterhci.io/clusternetwork", "mgmt",
                            "network.harvesterhci.io/vlan-id", vlan))));
  }

  /// A pool on `vms/seven`, and a machine that is reached on `vms/eight`.
  private void scene() {
    world.store.put(
        LoadBalancerTypes.IP_POOL,
        new IPPool()
            .metadata(new V1ObjectMeta().name("lan"))
            .spec(
                new IPPoolSpec()
                    .selector(new PoolSelector().network("vms/seven"))
                    .addRangesItem(new PoolRange().subnet("192.0.2.0/24"))));
    VirtualMachineInstance machine = World.instance("vm-1", "web", "10.8.0.5");
    machine.getSpec().getNetworks().getFirst().multus(new MultusNetwork().networkName("eight"));
    world.store.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, machine);
    LoadBalancer object = World.machines("a");
    object.getSpec().ipPool("lan");
    world.create(object);
    world.settle();
    world.announce("a", "192.0.2.2");
    world.settle();
  }

  private String condition() {
    Optional<Condition> condition = StatusDocument.condition(world.loadBalancer("a"), TYPE);
    return condition.map(one -> one.getStatus() + " " + one.getReason()).orElse("none");
  }

  private void assertNothingIsWritten() {
    world.api.forgetCalls();
    world.restart();
    world.settle();
    assertThat(world.api.writes()).isEmpty();
  }

  @Test
  void isSaidWhenItBeginsAndWhenItEnds() {
    network("seven", "7");
    network("eight", "8");
    scene();
    assertThat(condition()).isEqualTo("True VlansDiffer");
    assertThat(world.ready("a").getStatus()).as("a warning, no refusal").isEqualTo("True");
    assertThat(world.endpoints("a")).containsExactly("10.8.0.5");
    assertThat(world.events).containsOnlyOnce("WARNING a VlansDiffer");
    assertNothingIsWritten();

    network("eight", "7");
    world.settle();
    assertThat(condition()).isEqualTo("False NoOtherVlan");
    assertThat(world.events).containsOnlyOnce("NORMAL a NoOtherVlan");
    assertNothingIsWritten();
  }

  @Test
  void whoWasNeverWarnedHearsNothing() {
    network("seven", "7");
    network("eight", "7");
    scene();
    assertThat(condition()).isEqualTo("none");
    assertThat(world.events).noneMatch(event -> event.endsWith("Vlan"));
    assertNothingIsWritten();
  }

  /// Neither a cluster without the definition nor one that does not name its VLANs is warned.
  @Test
  void nothingIsKnownUntilTheNetworksAre() {
    world.informers().define(CniTypes.NETWORK_ATTACHMENT_DEFINITION, false);
    scene();
    assertThat(condition()).isEqualTo("none");
    assertThat(world.ready("a").getStatus()).isEqualTo("True");

    network("seven", "7");
    world.settle();
    assertThat(condition()).isEqualTo("none");
    network("eight", "8");
    world.settle();
    assertThat(condition()).isEqualTo("True VlansDiffer");

    world.api.delete(
        CniTypes.NETWORK_ATTACHMENT_DEFINITION, ObjectKey.of(World.NS, "seven"), Precondition.NONE);
    world.settle();
    assertThat(condition()).isEqualTo("False NoOtherVlan");
  }

  @Test
  void aMachineThatIsReachedOnThePoolsNetworkMendsIt() {
    network("seven", "7");
    network("eight", "8");
    scene();
    VirtualMachineInstance machine = World.instance("vm-1", "web", "10.7.0.5");
    machine.getSpec().getNetworks().getFirst().multus(new MultusNetwork().networkName("seven"));
    world.store.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, machine);
    world.settle();
    assertThat(condition()).isEqualTo("False NoOtherVlan");
  }

  /// A network is written often, its VLAN seldom.
  @Test
  void onlyWhatChangesAVlanIsLookedAt() {
    network("seven", "7");
    network("eight", "8");
    scene();
    assertThat(world.step()).as("nothing waits").isFalse();
    world.api.patch(
        CniTypes.NETWORK_ATTACHMENT_DEFINITION,
        ObjectKey.of(World.NS, "eight"),
        new Patch.Merge(
            JsonParser.parseString("{\"metadata\": {\"annotations\": {\"a\": \"b\"}}}")
                .getAsJsonObject(),
            ""));
    assertThat(world.step()).isFalse();
    network("eight", "9");
    assertThat(world.step()).isTrue();
  }
}
