package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.AllocatedAddress;
import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.IPPoolStatus;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerStatus;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// A host whose addresses the Go controller, or kube-vip's cloud provider before it, gave.
final class TakeOverTest {

  private final World world = new World();

  private void has(String name, String address, String created) {
    LoadBalancer object = cluster(name);
    object.getMetadata().setCreationTimestamp(OffsetDateTime.parse(created));
    object.status(
        new LoadBalancerStatus()
            .allocatedAddress(new AllocatedAddress().ipPool("pool").ip(address)));
    world.store.put(LoadBalancerTypes.LOAD_BALANCER, object);
  }

  private void poolSays(Map<String, String> allocated) {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
    IPPool pool = world.pool("pool");
    pool.status(
        new IPPoolStatus()
            .total(10L)
            .available(10L - allocated.size())
            .lastAllocated("192.0.2.12")
            .allocated(new HashMap<>(allocated)));
    world.store.put(LoadBalancerTypes.IP_POOL, pool);
  }

  private Optional<Condition> condition(String type) {
    return world.pool("pool").getStatus().getConditions().stream()
        .filter(condition -> type.equals(condition.getType()))
        .findFirst();
  }

  @Test
  void ofTwoThatSayTheyHaveAnAddressThePoolsStatusDecides() {
    poolSays(Map.of("192.0.2.10", "vms/b"));
    has("a", "192.0.2.10", "2026-01-01T00:00:00Z");
    has("b", "192.0.2.10", "2026-02-01T00:00:00Z");
    has("c", "192.0.2.10", "2026-03-01T00:00:00Z");
    world.restart();
    world.settle();

    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.10", "vms/b"));
    for (String name : new String[] {"a", "c"}) {
      assertThat(world.ready(name).getReason()).isEqualTo("AddressConflict");
      assertThat(world.ready(name).getMessage()).contains("192.0.2.10", "that of vms/b");
      assertThat(world.allocated(name)).isEqualTo("192.0.2.10");
    }
    assertThat(condition("AddressConflicts").orElseThrow().getStatus()).isEqualTo("True");
    assertThat(condition("AddressConflicts").orElseThrow().getMessage())
        .isEqualTo(
            "2 that two load balancers say they have: 192.0.2.10 of vms/b, also in the status of"
                + " vms/a, 192.0.2.10 of vms/b, also in the status of vms/c; delete one of the two");
    assertThat(world.events).contains("WARNING pool AddressConflicts");
    assertThat(world.control().conflicts()).containsExactly(Map.entry("pool", 2L));

    world.delete("a");
    world.delete("c");
    world.settle();
    assertThat(condition("AddressConflicts").orElseThrow().getStatus()).isEqualTo("False");
    assertThat(world.events).containsOnlyOnce("NORMAL pool NoAddressConflict");
    assertThat(world.control().conflicts()).isEmpty();
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.10", "vms/b"));
    world.assertConsistent("pool");
  }

  @Test
  void withoutAWordOfThePoolTheOldestHasIt() {
    poolSays(Map.of());
    has("a", "192.0.2.10", "2026-03-01T00:00:00Z");
    has("b", "192.0.2.10", "2026-02-01T00:00:00Z");
    world.restart();
    world.settle();

    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.10", "vms/b"));
    assertThat(world.ready("a").getReason()).isEqualTo("AddressConflict");
  }

  @Test
  void aConflictEndsWhenOneOfTheTwoNamesAnotherAddress() {
    poolSays(Map.of());
    has("a", "192.0.2.10", "2026-03-01T00:00:00Z");
    has("b", "192.0.2.10", "2026-02-01T00:00:00Z");
    world.restart();
    world.settle();
    world.delete("b");
    world.settle();

    assertThat(world.ready("a").getStatus()).isEqualTo("True");
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.10", "vms/a"));
    assertThat(condition("AddressConflicts").orElseThrow().getStatus()).isEqualTo("False");
  }

  /// Nobody gets an address that is somebody's by any account.
  @Test
  void nothingOfAConflictOrAnOrphanIsGivenAway() {
    poolSays(
        Map.of(
            "192.0.2.10",
            "vms/gone",
            "192.0.2.11",
            "vms/a",
            "192.0.2.12",
            "vms/other",
            "192.0.2.13",
            "vms/x1",
            "192.0.2.14",
            "vms/x2",
            "192.0.2.15",
            "vms/x3"));
    has("a", "192.0.2.11", "2026-01-01T00:00:00Z");
    has("b", "192.0.2.11", "2026-01-01T00:00:00Z");
    for (int i = 0; i < 6; i++) {
      world.create(cluster("new-" + i));
    }
    world.restart();
    world.settle();

    assertThat(world.claims().keySet())
        .containsExactlyInAnyOrder(
            "192.0.2.11", "192.0.2.16", "192.0.2.17", "192.0.2.18", "192.0.2.19");
    assertThat(condition("UnclaimedAddresses").orElseThrow().getMessage())
        .isEqualTo(
            "5 without a claim: 192.0.2.10 vms/gone, 192.0.2.12 vms/other, 192.0.2.13 vms/x1,"
                + " 192.0.2.14 vms/x2, 192.0.2.15 vms/x3");
    assertThat(world.control().pools())
        .hasEntrySatisfying("pool", projection -> assertThat(projection.unclaimed()).hasSize(5));
    assertThat(world.pool("pool").getStatus().getAvailable()).isZero();

    world.api.patch(
        LoadBalancerTypes.IP_POOL,
        ObjectKey.cluster("pool"),
        Patches.annotations(
            Map.of(HarvesterNames.MANUALLY_RELEASE_IP, Optional.of("192.0.2.10: vms/gone"))));
    world.settle();
    assertThat(world.claims()).hasSize(6).containsKey("192.0.2.10");
  }

  // --- kube-vip's cloud provider ---

  private void configMap(String namespace, Map<String, String> data) {
    world.store.put(
        CoreTypes.CONFIG_MAP,
        new V1ConfigMap()
            .metadata(new V1ObjectMeta().namespace(namespace).name("kubevip"))
            .data(data));
  }

  private void imports() {
    world.control().kubeVipImport().reconcile(KubeVipImport.CONFIG_MAP);
    world.settle();
  }

  private boolean isMarked() {
    Map<String, String> annotations =
        world
            .store
            .get(CoreTypes.CONFIG_MAP, KubeVipImport.CONFIG_MAP)
            .orElseThrow()
            .getMetadata()
            .getAnnotations();
    return annotations != null && "true".equals(annotations.get(HarvesterNames.AFTER_CONVERSION));
  }

  @Test
  void configurationOfKubeVipBecomesPoolsOnce() {
    configMap("kube-system", Map.of("range-vms", "192.0.2.10-192.0.2.19"));
    configMap(
        "vms",
        Map.of(
            "kubevip-services",
            "{\"services\":[{\"vip\":\"192.0.2.12\",\"serviceName\":\"a\"},"
                + "{\"vip\":\"192.0.2.13\",\"serviceName\":\"old\"}]}"));
    imports();
    world.create(cluster("a"));
    world.create(cluster("b"));
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.12");
    assertThat(world.allocated("b")).isEqualTo("192.0.2.10");
    assertThat(world.pool("vms").getStatus().getAllocated())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("192.0.2.10", "vms/b", "192.0.2.12", "vms/a", "192.0.2.13", "vms/old"));
    assertThat(isMarked()).isTrue();
    assertThat(world.events).contains("NORMAL kubevip PoolImported");

    world.store.drop(LoadBalancerTypes.IP_POOL, ObjectKey.cluster("vms"));
    imports();
    assertThat(world.store.list(LoadBalancerTypes.IP_POOL)).isEmpty();
  }

  @Test
  void whatCannotBeImportedIsSaidAndTriedAgain() {
    configMap("kube-system", Map.of("cidr-a", "192.0.2.0/24", "cidr-b", "192.0.2.0"));
    world.pool("a", "203.0.113.0/24");
    imports();

    assertThat(isMarked()).isFalse();
    assertThat(world.events).contains("WARNING kubevip PoolNotImported");
    assertThat(world.pool("a").getSpec().getRanges().get(0).getSubnet())
        .as("a pool of that name was there")
        .isEqualTo("203.0.113.0/24");

    configMap("kube-system", Map.of("cidr-a", "192.0.2.0/24", "cidr-b", "198.51.100.0/24"));
    world.api.failNext("create", LoadBalancerTypes.IP_POOL, Reason.INVALID);
    imports();
    assertThat(isMarked()).isFalse();
    imports();
    assertThat(isMarked()).isTrue();
    assertThat(world.pool("b").getStatus().getTotal()).isEqualTo(253);
  }

  @Test
  void withoutTheConfigurationNothingIsDone() {
    configMap("vms", Map.of("cidr-vms", "192.0.2.0/24"));
    imports();

    assertThat(world.store.list(LoadBalancerTypes.IP_POOL)).isEmpty();
  }
}
