package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static dev.thresher.loadbalancer.reconcile.World.key;
import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.cni.CniTypes;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.ShippedRoles;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.loadbalancer.machines.MachineScene;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// The role that is shipped allows what the program does, and nothing else.
final class RoleTest {

  private static final List<ResourceType<?>> WATCHED =
      List.of(
          LoadBalancerTypes.LOAD_BALANCER,
          LoadBalancerTypes.IP_POOL,
          NetTypes.ADDRESS_CLAIM,
          CoreTypes.SERVICE,
          CoreTypes.ENDPOINT_SLICE,
          KubeVirtTypes.VIRTUAL_MACHINE,
          KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
          CoreTypes.NODE,
          NetTypes.NODE_REPORT,
          CniTypes.NETWORK_ATTACHMENT_DEFINITION,
          CoreTypes.NAMESPACE);

  @Test
  void allowsWhatIsDoneAndNothingElse() throws IOException {
    var done = new TreeSet<String>();
    var calls = new ArrayList<FakeCall>(everything());
    calls.addAll(MachineScene.everyCall());
    for (FakeCall call : calls) {
      done.add(
          call.verb()
              + " "
              + call.resource()
              + (call.subresource().isEmpty() ? "" : "/" + call.subresource()));
    }
    for (ResourceType<?> type : WATCHED) {
      done.add("list " + type.resource());
      done.add("watch " + type.resource());
    }
    // The recorder of Events.
    done.add("create events");
    done.add("patch events");
    // By a role in the namespace of the one object that is followed.
    assertThat(ShippedRoles.allowed("Role", "harvester-load-balancer"))
        .containsExactlyInAnyOrder("list configmaps", "watch configmaps");

    assertThat(ShippedRoles.allowed("ClusterRole", "harvester-load-balancer"))
        .containsExactlyInAnyOrderElementsOf(done);
  }

  @Test
  void leaseIsOneLease() throws IOException {
    assertThat(ShippedRoles.allowed("Role", "harvester-load-balancer-lease"))
        .containsExactlyInAnyOrder(
            "create leases.coordination.k8s.io",
            "get leases.coordination.k8s.io",
            "watch leases.coordination.k8s.io",
            "update leases.coordination.k8s.io");
    assertThat(Files.readString(ShippedRoles.FILE))
        .contains("resourceNames: [" + HarvesterNames.LOAD_BALANCER_LEASE + "]");
  }

  /// All kinds of calls that the reconcilers make.
  private static List<FakeCall> everything() {
    World world = new World();
    world.holdDown(Duration.ofSeconds(1));
    FakeKubeApi api = new FakeKubeApi("controller", world.store);
    world.restart(api);
    world.pool("pool", "192.0.2.0/24 192.0.2.10");
    world.pool("six", "2001:db8::/64");
    world.machine("vm-1", "10.0.0.5");
    LoadBalancer both = machines("a");
    both.getSpec().ipFamilyPolicy("RequireDualStack");
    world.create(both);
    world.create(cluster("b"));
    world.settle();
    world.announce("a", "192.0.2.10");
    world.settle();
    // Foreign edits: a label lost, a slice with a name of ours.
    world.api.patch(
        CoreTypes.SERVICE,
        key("a"),
        Patches.labels(Map.of(HarvesterNames.SERVICE_LB_LABEL, Optional.empty())));
    world.machine("vm-2", "10.0.0.6");
    world.settle();
    world.store.put(
        CoreTypes.ENDPOINT_SLICE,
        new V1EndpointSlice()
            .addressType("IPv4")
            .endpoints(List.of())
            .metadata(new V1ObjectMeta().namespace(World.NS).name("c")));
    world.create(machines("c"));
    world.settle();
    // One family less.
    world.api.patch(
        LoadBalancerTypes.LOAD_BALANCER,
        key("a"),
        new Patch.Merge(
            JsonParser.parseString(
                    "{\"metadata\": {\"annotations\": {\"thresher.dev/ip-families\": \"IPv4\"}}}")
                .getAsJsonObject(),
            ""));
    world.api.patch(
        LoadBalancerTypes.LOAD_BALANCER,
        key("a"),
        new Patch.Merge(
            Patches.nest(new JsonPrimitive("SingleStack"), "spec", "ipFamilyPolicy"), ""));
    world.settle();
    // A claim that the caches do not know yet, an owner that comes back.
    world.delete("b");
    world.step();
    world.create(cluster("b"));
    world.settle();
    world.store.drop(LoadBalancerTypes.LOAD_BALANCER, key("b"));
    world.settle();
    world.create(cluster("d"));
    world.informers().pause();
    world.control().loadBalancerReconciler().reconcile(key("d"));
    world.restart(api);
    world.settle();
    claimedBySomebodyElse(world, api);
    world.store.put(
        CoreTypes.CONFIG_MAP,
        new V1ConfigMap()
            .metadata(new V1ObjectMeta().namespace("kube-system").name("kubevip"))
            .data(Map.of("cidr-other", "203.0.113.0/24")));
    world.control().kubeVipImport().reconcile(KubeVipImport.CONFIG_MAP);
    for (String name : List.of("a", "c", "d")) {
      world.delete(name);
    }
    world.settle();
    world.api.delete(LoadBalancerTypes.IP_POOL, ObjectKey.cluster("pool"), Precondition.NONE);
    world.settle();
    return api.calls();
  }

  /// Somebody is quicker, and the cache is behind.
  private static void claimedBySomebodyElse(World world, FakeKubeApi api) {
    world.create(cluster("e"));
    world.informers().pause();
    // Whichever address comes next, it is gone already.
    for (int i = 13; i < 16; i++) {
      world.store.put(
          NetTypes.ADDRESS_CLAIM,
          ClaimDocument.of(
              new ClaimKey("", IpAddress.parse("192.0.2." + i)),
              "pool",
              new ClaimDocument.Subnet(24, null),
              Wish.of(cluster("stranger")),
              false,
              Instant.EPOCH));
    }
    world.step();
    world.informers().resume();
    world.settle();
    assertThat(world.allocated("e")).isEqualTo("192.0.2.16");
    assertThat(api.calls()).anyMatch(call -> call.toString().startsWith("get addressclaims"));
    world.delete("e");
    world.settle();
  }
}
