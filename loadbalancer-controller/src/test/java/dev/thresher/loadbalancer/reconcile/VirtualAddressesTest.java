package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.cni.CniTypes;
import dev.thresher.api.cni.NetworkAttachmentDefinition;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.MultusNetwork;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.IPPoolSpec;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.loadbalancer.PoolRange;
import dev.thresher.api.loadbalancer.PoolSelector;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Placement;
import dev.thresher.runtime.informer.Scope;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// One number in two networks: a machine keeps its own address though a load balancer of another
/// network has the same.
final class VirtualAddressesTest {

  private static final IpAddress ADDRESS = IpAddress.parse("10.0.0.5");

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

  @ParameterizedTest(name = "held on {0} for {1} in \"{2}\", card in \"{3}\": {4}")
  @CsvSource({
    "HOST,  vms,    vms/seven, vms/seven,     true",
    "HOST,  others, vms/seven, vms/seven,     true",
    "GUEST, vms,    vms/seven, vms/seven,     true",
    // A guest's machines are where its load balancers are.
    "GUEST, others, vms/seven, vms/seven,     false",
    "HOST,  vms,    vms/seven, vms/eight,     false",
    "GUEST, vms,    vms/seven, vms/eight,     false",
    // Two names of one VLAN.
    "GUEST, vms,    vms/seven, vms/seven-too, true",
    "GUEST, vms,    vms/seven, vms/unknown,   false",
    "GUEST, vms,    vms/unknown, vms/seven,   false",
    // What the management network is nobody knows, nor what a card without a name is at.
    "HOST,  vms,    '',        vms/seven,     true",
    "GUEST, vms,    '',        vms/seven,     true",
    "GUEST, others, '',        vms/seven,     false",
    "GUEST, vms,    vms/seven, '',            true",
    "GUEST, vms,    seven,     vms/seven,     true",
  })
  void countWhereTheyMayBeMeant(
      Placement placement, String namespace, String pool, String card, boolean expected) {
    network("seven", "7");
    network("seven-too", "7");
    network("eight", "8");
    var book = new ClaimBook();
    book.record(
        new Claim(
            "uid",
            "1",
            new ClaimKey(pool, ADDRESS),
            "pool",
            new Owner(namespace, "lb"),
            "uid-of-lb",
            "",
            placement,
            24,
            null,
            false,
            Instant.EPOCH,
            null,
            ""));
    var networks =
        new Networks(world.informers().optional(CniTypes.NETWORK_ATTACHMENT_DEFINITION, Scope.ALL));

    var virtual = new VirtualAddresses(book, networks).of("vms");
    assertThat(virtual.test(card, ADDRESS)).isEqualTo(expected);
    assertThat(virtual.test(card, IpAddress.parse("10.0.0.6"))).isFalse();
  }

  private void pool(String name, String network) {
    world.store.put(
        LoadBalancerTypes.IP_POOL,
        new IPPool()
            .metadata(new V1ObjectMeta().name(name))
            .spec(
                new IPPoolSpec()
                    .selector(new PoolSelector().network(network))
                    .addRangesItem(
                        new PoolRange()
                            .subnet("10.0.0.0/24")
                            .rangeStart(ADDRESS.toString())
                            .rangeEnd(ADDRESS.toString()))));
  }

  private void machine(String... addresses) {
    VirtualMachineInstance machine = World.instance("vm-1", "web", addresses);
    machine.getSpec().getNetworks().getFirst().multus(new MultusNetwork().networkName("eight"));
    world.store.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, machine);
  }

  /// Reported or, for a moment, not.
  @ParameterizedTest(name = "of {0}: {1}")
  @CsvSource({"vms/seven, 10.0.0.5", "vms/eight, 10.52.0.255"})
  void theAddressOfAMachineIsItsOwnInAnotherNetwork(String network, String expected) {
    world.pool("front", "192.0.2.0/24");
    machine("10.0.0.5");
    world.create(machines("web"));
    world.settle();
    assertThat(world.endpoints("web")).containsExactly("10.0.0.5");

    pool("same-numbers", network);
    LoadBalancer other = cluster("other");
    other.getSpec().ipPool("same-numbers");
    world.create(other);
    world.settle();
    assertThat(world.allocated("other")).isEqualTo("10.0.0.5");
    world.restart();
    world.settle();
    assertThat(world.endpoints("web")).containsExactly(expected);

    machine();
    world.settle();
    assertThat(world.endpoints("web")).containsExactly(expected);
  }

  /// An address that a load balancer has may be on a node; one of the same number elsewhere is no
  /// reason for a pool to give away what the node has.
  @ParameterizedTest(name = "of {0}")
  @ValueSource(strings = {"", "vms/seven"})
  void whatANodeHasIsSaidWhateverIsInUseElsewhere(String network) {
    pool("taken", network);
    LoadBalancer other = cluster("other");
    other.getSpec().ipPool("taken");
    world.create(other);
    world.settle();
    assertThat(world.allocated("other")).isEqualTo("10.0.0.5");
    pool("ours", "");
    world.store.put(
        CoreTypes.NODE,
        new V1Node()
            .metadata(new V1ObjectMeta().name("n1"))
            .status(
                new V1NodeStatus()
                    .addresses(
                        List.of(new V1NodeAddress().type("InternalIP").address("10.0.0.5")))));
    world.settle();

    assertThat(world.pool("ours").getStatus().getConditions())
        .filteredOn(condition -> condition.getType().equals("AgainstRules"))
        .extracting(condition -> condition.getMessage().contains("of node \"n1\""))
        .containsExactly(!network.isEmpty());
  }
}
