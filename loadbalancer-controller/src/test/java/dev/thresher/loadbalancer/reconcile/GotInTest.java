package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static dev.thresher.loadbalancer.reconcile.World.machines;
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
import dev.thresher.api.loadbalancer.ScopeTuple;
import dev.thresher.loadbalancer.rules.LoadBalancerRules;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Objects that were stored while the webhooks were away.
final class GotInTest {

  private final World world = new World();

  private IPPool stored(String pool) {
    return world.store.get(LoadBalancerTypes.IP_POOL, ObjectKey.cluster(pool)).orElseThrow();
  }

  private String againstRules(String pool) {
    return stored(pool).getStatus().getConditions().stream()
        .filter(condition -> condition.getType().equals("AgainstRules"))
        .map(condition -> condition.getStatus() + ": " + condition.getMessage())
        .findFirst()
        .orElse("");
  }

  /// Harvester's webhook lets ranges pass that hold addresses of the host.
  @Test
  void anAddressThatOthersAnswerForIsGivenToNobody() {
    world.store.put(
        CoreTypes.NODE,
        new V1Node()
            .metadata(new V1ObjectMeta().name("n1"))
            .status(
                new V1NodeStatus()
                    .addresses(
                        List.of(
                            new V1NodeAddress().type("InternalIP").address("192.0.2.2"),
                            new V1NodeAddress().type("InternalIP").address("2001:db8::2")))));
    world.pool("pool", "192.0.2.0/24");
    world.create(cluster("a"));
    world.settle();
    assertThat(world.allocated("a")).isEqualTo("192.0.2.3");
    assertThat(againstRules("pool"))
        .isEqualTo(
            "True: spec.ranges[0]: want addresses that nobody answers for, other than 192.0.2.2 of"
                + " node \"n1\", got \"192.0.2.1-192.0.2.254\"; add them to spec.ranges[0].exclude, or"
                + " narrow the range");

    LoadBalancer wants = cluster("b");
    wants.getMetadata().putAnnotationsItem("thresher.dev/wanted-addresses", "192.0.2.2");
    world.create(wants);
    world.settle();
    assertThat(world.ready("b").getReason()).isEqualTo("WantedAddressTaken");
    assertThat(world.claims()).hasSize(1);

    // The node is gone, and whoever waits looks again.
    world.store.drop(CoreTypes.NODE, ObjectKey.cluster("n1"));
    world.settle();
    assertThat(world.allocated("b")).isEqualTo("192.0.2.2");
    assertThat(againstRules("pool")).isEqualTo("False: ");
    assertThat(world.events).containsOnlyOnce("NORMAL pool WithinRules");
  }

  @Test
  void theGatewayOfAnotherPoolIsGivenToNobodyFromTheMomentThatThePoolIsThere() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
    world.create(cluster("a"));
    world.settle();
    world.pool("other", new ScopeTuple().namespace("x"), "192.0.2.10/31 192.0.2.10 192.0.2.10");
    world.settle();
    world.create(cluster("b"));
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.10");
    assertThat(world.allocated("b")).as("192.0.2.11 is a gateway").isEqualTo("192.0.2.12");
    assertThat(againstRules("pool"))
        .contains(
            "192.0.2.11 of the gateway of pool \"other\" (the first address of 192.0.2.10/31)");
  }

  @Test
  void anInvalidLoadBalancerIsSaidInTheWordsOfTheWebhook() {
    world.pool("pool", "192.0.2.0/24");
    LoadBalancer object = machines("a");
    object.getSpec().getListeners().getFirst().protocol("HTTP");
    object.getSpec().workloadType("pod");
    world.create(object);
    world.settle();

    assertThat(world.ready("a").getReason()).isEqualTo("Invalid");
    assertThat(world.ready("a").getMessage())
        .isEqualTo(
            String.join(
                "; ", LoadBalancerRules.ofObject(object).stream().map(v -> v.message()).toList()))
        .contains("spec.workloadType: want vm or cluster, got \"pod\"")
        .contains("spec.listeners[0].protocol: want TCP, UDP or SCTP in capitals, got \"HTTP\"");
    assertThat(world.claims()).isEmpty();
  }

  @Test
  void aNameThatNoServiceCanHaveGetsNoAddress() {
    world.pool("pool", "192.0.2.0/24");
    world.create(machines("web.example"));
    world.create(cluster("guest.example"));
    world.settle();

    assertThat(world.ready("web.example").getReason()).isEqualTo("Invalid");
    assertThat(world.ready("web.example").getMessage()).startsWith("metadata.name: want a name");
    assertThat(world.claims()).containsOnlyKeys("192.0.2.2");
    assertThat(world.allocated("guest.example")).isEqualTo("192.0.2.2");
  }

  @Test
  void poolsThatDoNotGetOnSaySoUntilTheyDo() {
    world.pool("one", "192.0.2.0/24 192.0.2.10 192.0.2.20");
    world.pool("two", new ScopeTuple().namespace("a"), "192.0.2.0/24 192.0.2.20 192.0.2.30");
    world.settle();

    assertThat(againstRules("one"))
        .startsWith("True: spec.ranges[0]: want addresses that no other pool of the network has")
        .contains("pool \"two\" has 192.0.2.20-192.0.2.30");
    assertThat(againstRules("two")).contains("pool \"one\" has 192.0.2.10-192.0.2.20");
    assertThat(world.events).contains("WARNING one AgainstRules", "WARNING two AgainstRules");

    world.pool("two", new ScopeTuple().namespace("a"), "192.0.2.0/24 192.0.2.21 192.0.2.30");
    world.settle();
    assertThat(againstRules("one")).isEqualTo("False: ");
    assertThat(againstRules("two")).doesNotStartWith("True");
  }

  @Test
  void theDefaultsOfTheMutatorCount() {
    world.store.put(
        CoreTypes.NAMESPACE,
        new V1Namespace()
            .metadata(
                new V1ObjectMeta()
                    .name(World.NS)
                    .annotations(Map.of("field.cattle.io/projectId", "c-1:p-2"))));
    world.store.put(
        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
        new VirtualMachineInstance()
            .metadata(
                new V1ObjectMeta()
                    .namespace(World.NS)
                    .name("node-1")
                    .labels(Map.of("guestcluster.harvesterhci.io/name", "g1")))
            .spec(
                new VirtualMachineInstanceSpec()
                    .addNetworksItem(
                        new Network()
                            .name("nic")
                            .multus(new MultusNetwork().networkName("default/lan")))));
    world.pool("everybody", "192.0.2.0/24");
    world.pool(
        "project",
        new ScopeTuple().project("c-1/p-2").namespace(World.NS).guestCluster("g1"),
        "198.51.100.0/24");
    IPPool onNetwork = stored("project");
    onNetwork.getSpec().getSelector().network("default/lan");
    world.store.put(LoadBalancerTypes.IP_POOL, onNetwork);
    LoadBalancer object = cluster("a");
    object.getMetadata().annotations(Map.of("loadbalancer.harvesterhci.io/cluster", "g1"));
    world.create(object);
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("198.51.100.2");
  }

  /// A guest writes the annotations of its objects.
  @Test
  void anObjectThatSaysItIsOfAnotherTenantGetsNoAddressOfThatOne() {
    world.store.put(
        CoreTypes.NAMESPACE,
        new V1Namespace()
            .metadata(
                new V1ObjectMeta()
                    .name(World.NS)
                    .annotations(Map.of("field.cattle.io/projectId", "c-1:p-2"))));
    world.poolPolicy(new PoolPolicy(true, false));
    world.pool(
        "team",
        new ScopeTuple().project("c-1/p-9").namespace("team").guestCluster("*"),
        "198.51.100.0/24");
    LoadBalancer chooses = cluster("a");
    LoadBalancer names = cluster("b");
    names.getSpec().ipPool("team");
    for (LoadBalancer object : List.of(chooses, names)) {
      object
          .getMetadata()
          .annotations(
              Map.of(
                  "loadbalancer.harvesterhci.io/cluster", "g1",
                  "loadbalancer.harvesterhci.io/project", "c-1/p-9",
                  "loadbalancer.harvesterhci.io/namespace", "team"));
      world.create(object);
    }
    world.settle();

    assertThat(world.ready("a").getReason()).isEqualTo("NoMatchingPool");
    assertThat(world.ready("a").getMessage())
        .contains("project \"c-1/p-2\", namespace \"vms\", cluster \"g1\"");
    assertThat(world.ready("b").getReason()).isEqualTo("PoolNotAllowed");
    assertThat(world.claims()).isEmpty();
  }

  /// Harvester's mutating webhook sets this label by the scopes, as ours does.
  @Test
  void aPoolThatIsLabelledGlobalAndIsNotIsForItsScopesAlone() {
    world.pool("team", new ScopeTuple().project("*").namespace("team"), "198.51.100.0/24");
    IPPool labelled = stored("team");
    labelled.getMetadata().labels(Map.of("loadbalancer.harvesterhci.io/global-ip-pool", "true"));
    world.store.put(LoadBalancerTypes.IP_POOL, labelled);
    world.create(cluster("a"));
    world.settle();

    assertThat(world.ready("a").getReason()).isEqualTo("NoMatchingPool");
  }

  @Test
  void whatIsNamedAndIsNotThereIsSaidInTheWordsOfTheWebhook() {
    LoadBalancer object = cluster("a");
    object.getSpec().ipPool("gone");
    world.create(object);
    world.settle();

    assertThat(world.ready("a").getReason()).isEqualTo("PoolUnusable");
    assertThat(world.ready("a").getMessage())
        .isEqualTo(LoadBalancerRules.noSuchPool("spec.ipPool", "gone").message());
  }
}
