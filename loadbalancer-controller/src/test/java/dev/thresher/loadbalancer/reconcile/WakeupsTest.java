package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
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
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

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
    world.store.put(
        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, World.instance("vm-1", "other", "10.0.0.5"));

    assertThat(world.step()).isFalse();
  }

  @Test
  void whatComesWhileItLooks() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.10");
    world.settle();
    node("n1", "192.0.2.10");
    world.create(cluster("a"));
    var once = new AtomicBoolean();
    world.api.fault(call -> {
      if (call.toString().startsWith("list nodes") && once.compareAndSet(false, true)) {
        world.pool("other", "198.51.100.0/24");
      }
      return Optional.empty();
    });
    world.control().loadBalancerReconciler().reconcile(World.key("a"));
    assertThat(once).isTrue();

    world.settle();

    assertThat(world.allocated("a")).isEqualTo("198.51.100.2");
    assertThat(world.control().pending()).isZero();
  }
}
