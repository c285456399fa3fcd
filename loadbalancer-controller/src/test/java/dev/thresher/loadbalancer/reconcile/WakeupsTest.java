package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.MultusNetwork;
import dev.thresher.api.kubevirt.Network;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceSpec;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.loadbalancer.PoolQuota;
import dev.thresher.api.loadbalancer.ScopeTuple;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Endpoint;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What wakes a load balancer that waits for an address, besides pools and claims. Time does not
/// pass for it: nobody polls.
final class WakeupsTest {

  private final World world = new World();

  private void namespace(String project) {
    world.store.put(
        CoreTypes.NAMESPACE,
        new V1Namespace()
            .metadata(
                new V1ObjectMeta()
                    .name(World.NS)
                    .annotations(
                        project.isEmpty() ? null : Map.of(HarvesterNames.PROJECT_ID, project))));
  }

  private void machine(String cluster, String network) {
    world.store.put(
        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
        new VirtualMachineInstance()
            .metadata(
                new V1ObjectMeta()
                    .namespace(World.NS)
                    .name("node-1")
                    .labels(Map.of(HarvesterNames.GUEST_CLUSTER_LABEL, cluster)))
            .spec(
                new VirtualMachineInstanceSpec()
                    .addNetworksItem(
                        new Network()
                            .name("nic")
                            .multus(new MultusNetwork().networkName(network)))));
  }

  private void node(String name, String... addresses) {
    world.store.put(
        CoreTypes.NODE,
        new V1Node()
            .metadata(new V1ObjectMeta().name(name))
            .status(
                new V1NodeStatus()
                    .addresses(
                        List.of(addresses).stream()
                            .map(one -> new V1NodeAddress().type("InternalIP").address(one))
                            .toList())));
  }

  private void poolOnNetwork(String network) {
    // A pool for everybody would not heed its network.
    world.pool(
        "pool",
        new ScopeTuple().project("*").namespace(World.NS).guestCluster("*"),
        "192.0.2.0/24");
    IPPool pool = world.pool("pool");
    pool.getSpec().getSelector().network(network);
    world.store.put(LoadBalancerTypes.IP_POOL, pool);
  }

  private static LoadBalancer ofCluster(String name, String cluster) {
    LoadBalancer object = cluster(name);
    object.getMetadata().annotations(Map.of(HarvesterNames.LB_REQUIRED_CLUSTER, cluster));
    return object;
  }

  @Test
  void theProjectOfItsNamespace() {
    namespace("");
    world.pool(
        "pool", new ScopeTuple().project("c/p").namespace("*").guestCluster("*"), "192.0.2.0/24");
    world.create(cluster("a"));
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("NoMatchingPool");

    namespace("c:p");
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.2");
  }

  @Test
  void theProjectOfThoseWhoUseUpItsQuota() {
    namespace("c:p");
    world.pool("pool", "192.0.2.0/24");
    IPPool pool = world.pool("pool");
    pool.getSpec().addQuotasItem(new PoolQuota().project("c/p").addresses(1));
    world.store.put(LoadBalancerTypes.IP_POOL, pool);
    world.create(cluster("a"));
    world.settle();
    world.create(cluster("b"));
    world.settle();
    assertThat(world.ready("b").getReason()).isEqualTo("QuotaExceeded");

    namespace("c:other");
    world.settle();

    assertThat(world.allocated("b")).isEqualTo("192.0.2.3");
  }

  @Test
  void theFirstMachineOfItsCluster() {
    poolOnNetwork("default/lan");
    world.create(ofCluster("a", "g1"));
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("NoMatchingPool");

    machine("g1", "default/lan");
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.2");
  }

  @Test
  void aMachineThatComesToItsClusterOrToAnotherNetwork() {
    poolOnNetwork("default/lan");
    machine("g2", "default/other");
    world.create(ofCluster("a", "g1"));
    world.settle();
    machine("g1", "default/other");
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("NoMatchingPool");

    machine("g1", "default/lan");
    world.settle();
    assertThat(world.allocated("a")).isEqualTo("192.0.2.2");

    world.create(ofCluster("b", "g2"));
    world.settle();
    assertThat(world.ready("b").getReason()).isEqualTo("NoMatchingPool");
    machine("g2", "default/lan");
    world.settle();
    assertThat(world.allocated("b")).isEqualTo("192.0.2.3");
  }

  @Test
  void anAddressThatANodeGivesUp() {
    node("n1", "192.0.2.10");
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.10");
    world.create(cluster("a"));
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("PoolExhausted");
    assertThat(world.events).contains("WARNING pool AgainstRules");

    node("n1", "192.0.2.200");
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.10");
  }

  @Test
  void aNodeThatGoes() {
    node("n1", "192.0.2.10");
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.10");
    world.create(cluster("a"));
    world.settle();

    world.store.drop(CoreTypes.NODE, ObjectKey.cluster("n1"));
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.10");
  }

  @ParameterizedTest
  @MethodSource("addressesOfTheHost")
  void anAddressThatTheHostGivesUp(BiConsumer<World, String> gets, Consumer<World> loses) {
    gets.accept(world, "192.0.2.10");
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.10");
    world.create(cluster("a"));
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("PoolExhausted");

    gets.accept(world, "192.0.2.200");
    world.settle();
    assertThat(world.allocated("a")).isEqualTo("192.0.2.10");

    gets.accept(world, "198.51.100.10");
    world.pool(
        "other", new ScopeTuple().namespace("x"), "198.51.100.0/24 198.51.100.10 198.51.100.10");
    LoadBalancer b = cluster("b");
    b.getSpec().ipPool("other");
    world.create(b);
    world.settle();
    assertThat(world.ready("b").getReason()).isEqualTo("PoolExhausted");

    loses.accept(world);
    world.settle();
    assertThat(world.allocated("b")).isEqualTo("198.51.100.10");
  }

  @ParameterizedTest
  @MethodSource("addressesOfTheHost")
  void anAddressThatTheHostGetsIsGivenToNobodyFromTheMomentThatItIsThere(
      BiConsumer<World, String> gets, Consumer<World> loses) {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.12");
    world.pool("six", "2001:db8::/64 2001:db8::10 2001:db8::12");
    world.create(cluster("a"));
    world.create(six("a6"));
    world.settle();
    gets.accept(world, "192.0.2.11");
    world.create(cluster("b"));
    world.settle();
    gets.accept(world, "2001:db8::11");
    world.create(six("b6"));
    world.settle();

    assertThat(world.allocated("b")).isEqualTo("192.0.2.12");
    assertThat(world.allocated("b6")).isEqualTo("2001:db8::12");
    assertThat(againstRules("six")).contains("2001:db8::11 of the");

    loses.accept(world);
    world.settle();
    assertThat(againstRules("six")).isEqualTo("False");
  }

  private static LoadBalancer six(String name) {
    LoadBalancer object = cluster(name);
    object.getSpec().ipPool("six");
    return object;
  }

  private String againstRules(String pool) {
    return world.pool(pool).getStatus().getConditions().stream()
        .filter(condition -> "AgainstRules".equals(condition.getType()))
        .map(condition ->
            "True".equals(condition.getStatus()) ? condition.getMessage() : condition.getStatus())
        .findFirst()
        .orElse("");
  }

  static List<Arguments> addressesOfTheHost() {
    BiConsumer<World, String> virtual =
        (world, address) ->
            world.store.put(
                CoreTypes.CONFIG_MAP,
                new V1ConfigMap()
                    .metadata(new V1ObjectMeta().namespace("harvester-system").name("vip"))
                    .data(Map.of("enabled", "true", "mode", "static", "ip", address)));
    Consumer<World> noVirtual =
        world -> world.store.drop(CoreTypes.CONFIG_MAP, ObjectKey.of("harvester-system", "vip"));
    BiConsumer<World, String> servers =
        (world, address) ->
            world.store.put(
                CoreTypes.ENDPOINT_SLICE,
                new V1EndpointSlice()
                    .metadata(new V1ObjectMeta().namespace("default").name("kubernetes"))
                    .addressType(address.contains(":") ? "IPv6" : "IPv4")
                    .endpoints(List.of(new V1Endpoint().addresses(List.of(address)))));
    Consumer<World> noServers =
        world -> world.store.drop(CoreTypes.ENDPOINT_SLICE, ObjectKey.of("default", "kubernetes"));
    return List.of(
        Arguments.of(Named.of("the ConfigMap vip", virtual), noVirtual),
        Arguments.of(Named.of("the slice of the API servers", servers), noServers));
  }

  @Test
  void theAddressOfANewNodeIsGivenToNobodyFromTheMomentThatItIsThere() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.12");
    world.create(cluster("a"));
    world.settle();
    node("n1", "192.0.2.11");
    world.settle();
    world.create(cluster("b"));
    world.settle();

    assertThat(world.allocated("b")).isEqualTo("192.0.2.12");
  }

  @Test
  void whatSaysNothingNewWakesNobody() {
    namespace("c:p");
    node("n1", "192.0.2.10");
    machine("g1", "default/lan");
    world.create(cluster("a"));
    world.settle();
    assertThat(world.step()).isFalse();

    namespace("c:p");
    node("n1", "192.0.2.10");
    for (String other : List.of("vip", "other")) {
      world.store.put(
          CoreTypes.CONFIG_MAP,
          new V1ConfigMap()
              .metadata(new V1ObjectMeta().namespace("harvester-system").name(other))
              .data(
                  Map.of("enabled", "false", "other".equals(other) ? "ip" : "mode", "192.0.2.1")));
    }
    world.store.put(
        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, World.instance("vm-1", "other", "10.0.0.5"));

    assertThat(world.step()).isFalse();
  }

  /// All that decides is heard before the look ends, which began without it: nobody wakes whoever
  /// does not wait yet, and nothing is written that would bring the next look.
  @Test
  void whatComesWhileItLooks() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.10");
    AddressClaim strangers = claimOfStranger("192.0.2.10");
    world.store.put(NetTypes.ADDRESS_CLAIM, strangers);
    world.create(cluster("a"));
    // Without the pool's status, which would name the stranger.
    world.control().loadBalancerReconciler().reconcile(World.key("a"));
    assertThat(world.ready("a").getReason()).isEqualTo("PoolExhausted");
    // The next process has its first look before its caches know of the claim.
    world.store.drop(NetTypes.ADDRESS_CLAIM, ObjectKey.of(strangers));
    world.restart();
    world.informers().pause();
    world.store.put(NetTypes.ADDRESS_CLAIM, strangers);
    var once = new AtomicBoolean();
    world.api.fault(call -> {
      if (call.toString().startsWith("create addressclaims") && once.compareAndSet(false, true)) {
        world.pool("other", "198.51.100.0/24");
        world.informers().resume();
      }
      return Optional.empty();
    });

    Result result = world.control().loadBalancerReconciler().reconcile(World.key("a"));

    assertThat(once).isTrue();
    assertThat(world.ready("a").getReason()).isEqualTo("PoolExhausted");
    assertThat(result).isEqualTo(Result.after(Duration.ZERO));
    assertThat(world.control().loadBalancerReconciler().reconcile(World.key("a")))
        .isEqualTo(Result.done());
    assertThat(world.allocated("a")).isEqualTo("198.51.100.2");
    assertThat(world.control().pending()).isZero();
  }

  private static AddressClaim claimOfStranger(String address) {
    return ClaimDocument.of(
        new ClaimKey("", IpAddress.parse(address)),
        "pool",
        new ClaimDocument.Subnet(24, null),
        Wish.of(cluster("stranger")),
        false,
        Instant.EPOCH);
  }
}
