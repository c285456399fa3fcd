package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.loadbalancer.GuestServiceRef;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.loadbalancer.PoolQuota;
import dev.thresher.api.loadbalancer.PoolReservation;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Reservations, quotas and pools that are named by their labels, from the objects to the claims.
final class PoolPromisesTest {

  private final World world = new World();

  private void change(String pool, Consumer<IPPool> change) {
    IPPool object = world.pool(pool);
    change.accept(object);
    world.store.put(LoadBalancerTypes.IP_POOL, object);
  }

  private static LoadBalancer guest(String name, String cluster, String service) {
    LoadBalancer object = cluster(name);
    object
        .getMetadata()
        .setLabels(
            Map.of(
                HarvesterNames.CLUSTER_LABEL, cluster,
                HarvesterNames.SERVICE_NAMESPACE_LABEL, "default",
                HarvesterNames.SERVICE_NAME_LABEL, service));
    return object;
  }

  private static LoadBalancer selecting(String name, String selector) {
    LoadBalancer object = cluster(name);
    object.getMetadata().putAnnotationsItem(ThresherNames.POOL_SELECTOR, selector);
    return object;
  }

  @Test
  void aReservedAddressWaitsForItsServiceThroughEveryLifeOfIt() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.11");
    change(
        "pool",
        pool ->
            pool.getSpec()
                .addReservationsItem(
                    new PoolReservation()
                        .address("192.0.2.10")
                        .namespace(World.NS)
                        .guestService(
                            new GuestServiceRef().cluster("g1").namespace("default").name("web"))));
    world.create(guest("other", "g1", "db"));
    world.create(guest("too-many", "g1", "db2"));
    world.settle();
    assertThat(world.claims()).hasSize(1).containsKey("192.0.2.11");

    for (String name : new String[] {"g1-default-web-00000001", "g1-default-web-00000002"}) {
      world.create(guest(name, "g1", "web"));
      world.settle();
      assertThat(world.allocated(name)).isEqualTo("192.0.2.10");
      world.delete(name);
      world.settle();
    }
    assertThat(world.claims()).hasSize(1);

    // Who waits gets it as soon as it is kept for nobody.
    change("pool", pool -> pool.getSpec().reservations(List.of()));
    world.settle();
    assertThat(world.claims()).hasSize(2);
    world.assertConsistent("pool");
  }

  @Test
  void aPoolThatKeepsAnAddressComesBeforeABetterOne() {
    world.pool("a-first", "192.0.2.0/24");
    world.pool("b-keeping", "198.51.100.0/24");
    change(
        "b-keeping",
        pool ->
            pool.getSpec()
                .addReservationsItem(
                    new PoolReservation()
                        .address("198.51.100.77")
                        .namespace(World.NS)
                        .name("web")));
    world.create(cluster("web"));
    world.create(cluster("other"));
    world.settle();

    assertThat(world.allocated("web")).isEqualTo("198.51.100.77");
    assertThat(world.allocated("other")).startsWith("192.0.2.");
  }

  @Test
  void aQuotaHoldsAndALoadBalancerWaitsForRoom() {
    world.pool("pool", "192.0.2.0/24");
    change(
        "pool", pool -> pool.getSpec().addQuotasItem(new PoolQuota().namespace("*").addresses(2)));
    for (String name : new String[] {"a", "b", "c"}) {
      world.create(cluster(name));
    }
    world.settle();

    assertThat(world.claims()).hasSize(2);
    assertThat(world.ready("c").getReason()).isEqualTo("QuotaExceeded");
    assertThat(world.ready("c").getMessage())
        .isEqualTo(
            "namespace \"vms\" has 2 addresses of pool \"pool\", and spec.quotas allows 2; delete"
                + " load balancers, name another pool or raise the quota");

    world.delete("a");
    world.settle();
    assertThat(world.ready("c").getStatus()).isEqualTo("True");
    // A lower quota takes nothing away.
    change("pool", pool -> pool.getSpec().getQuotas().get(0).addresses(0));
    world.restart();
    world.settle();
    assertThat(world.claims()).hasSize(2);
  }

  @Test
  void anOwnerThatComesBackDoesNotExceedTheQuotaThatIsFullMeanwhile() {
    world.pool("pool", "192.0.2.0/24");
    change(
        "pool", pool -> pool.getSpec().addQuotasItem(new PoolQuota().namespace("*").addresses(1)));
    world.holdDown(Duration.ofMinutes(5));
    world.waits = false;
    world.create(cluster("a"));
    world.settle();
    world.delete("a");
    world.settle();
    world.create(cluster("b"));
    world.settle();
    world.create(cluster("a"));
    world.settle();

    assertThat(world.claims().values()).containsExactly("vms/b");
    assertThat(world.ready("a").getReason()).isEqualTo("QuotaExceeded");
    world.delete("b");
    world.settle();
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/a"));
  }

  @Test
  void quotasOfProjectsAndClustersGoByTheClusterNotByAnnotations() {
    world.store.put(
        CoreTypes.NAMESPACE,
        new V1Namespace()
            .metadata(
                new V1ObjectMeta()
                    .name(World.NS)
                    .annotations(Map.of(HarvesterNames.PROJECT_ID, "c:p"))));
    world.pool("pool", "192.0.2.0/24");
    change(
        "pool",
        pool ->
            pool.getSpec()
                .addQuotasItem(new PoolQuota().project("c/p").addresses(3))
                .addQuotasItem(new PoolQuota().guestCluster("g1").addresses(1)));
    world.create(guest("a", "g1", "a"));
    world.create(guest("b", "g1", "b"));
    LoadBalancer liar = guest("c", "g2", "c");
    liar.getMetadata().putAnnotationsItem(HarvesterNames.LB_REQUIRED_PROJECT, "c/other");
    world.create(liar);
    world.create(guest("d", "g3", "d"));
    world.create(guest("e", "g4", "e"));
    world.settle();

    assertThat(world.ready("b").getReason()).isEqualTo("QuotaExceeded");
    assertThat(world.ready("e").getMessage()).startsWith("project \"c/p\" has 3 addresses");
    assertThat(world.claims().values()).containsExactlyInAnyOrder("vms/a", "vms/c", "vms/d");
    // The same after a restart, when all is known from the caches only.
    world.restart();
    world.settle();
    assertThat(world.claims()).hasSize(3);
  }

  @Test
  void poolsAreNamedByTheirLabelsAndOneAfterTheOtherServes() {
    world.pool("gold-1", "192.0.2.0/24 192.0.2.10 192.0.2.10");
    world.pool("gold-2", "198.51.100.0/24");
    world.pool("silver", "203.0.113.0/24");
    change("gold-1", pool -> pool.getMetadata().putLabelsItem("tier", "gold"));
    change("gold-2", pool -> pool.getMetadata().putLabelsItem("tier", "gold"));
    world.create(selecting("a", "tier=gold"));
    world.settle();
    world.create(selecting("b", "tier in (gold)"));
    world.create(selecting("c", "tier=copper"));
    world.create(selecting("d", "tier="));
    world.create(selecting("e", "tier in"));
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.10");
    assertThat(world.allocated("b")).startsWith("198.51.100.");
    assertThat(world.ready("c").getReason()).isEqualTo("NoMatchingPool");
    assertThat(world.ready("c").getMessage()).contains(ThresherNames.POOL_SELECTOR);
    assertThat(world.ready("d").getReason()).isEqualTo("NoMatchingPool");
    assertThat(world.ready("e").getReason()).isEqualTo("Invalid");

    change("silver", pool -> pool.getMetadata().putLabelsItem("tier", "copper"));
    world.settle();
    assertThat(world.allocated("c")).startsWith("203.0.113.");
  }

  private void gold() {
    world.pool("gold-1", "192.0.2.0/24 192.0.2.10 192.0.2.10");
    world.pool("gold-2", "198.51.100.0/24 198.51.100.10 198.51.100.19");
    change("gold-1", pool -> pool.getMetadata().putLabelsItem("tier", "gold"));
    change("gold-2", pool -> pool.getMetadata().putLabelsItem("tier", "gold"));
  }

  @Test
  void ofPoolsThatAreNamedByTheirLabelsTheOneIsFirstThatItHadAnAddressOf() {
    gold();
    world.create(selecting("a", "tier=gold"));
    world.settle();
    world.create(selecting("b", "tier=gold"));
    world.settle();
    assertThat(world.allocated("b")).isEqualTo("198.51.100.10");
    world.delete("a");
    world.delete("b");
    world.settle();

    world.create(selecting("b", "tier=gold"));
    world.settle();
    assertThat(world.allocated("b")).isEqualTo("198.51.100.10");
    world.create(selecting("c", "tier=gold"));
    world.settle();
    assertThat(world.allocated("c")).as("the first one has room").isEqualTo("192.0.2.10");
  }

  @Test
  void ofPoolsThatAreNamedByTheirLabelsOneThatHasNothingForItAnyMoreIsNotFirst() {
    gold();
    world.create(selecting("a", "tier=gold"));
    world.settle();
    world.create(selecting("b", "tier=gold"));
    world.settle();
    world.delete("a");
    world.delete("b");
    world.settle();
    LoadBalancer other = cluster("other");
    other.getSpec().ipPool("gold-2");
    other.getMetadata().putAnnotationsItem(ThresherNames.WANTED_ADDRESSES, "198.51.100.10");
    world.create(other);
    world.settle();

    world.create(selecting("b", "tier=gold"));
    world.settle();
    assertThat(world.allocated("b")).isEqualTo("192.0.2.10");
  }

  @Test
  void ofPoolsThatAreNamedByTheirLabelsTheOneIsFirstThatKeepsAnAddress() {
    gold();
    change(
        "gold-2",
        pool ->
            pool.getSpec()
                .addReservationsItem(
                    new PoolReservation()
                        .address("198.51.100.17")
                        .namespace(World.NS)
                        .name("web")));
    world.create(selecting("web", "tier=gold"));
    world.settle();

    assertThat(world.allocated("web")).isEqualTo("198.51.100.17");
  }

  @Test
  void ofPoolsThatAreNamedByTheirLabelsTheOneIsFirstThatHasTheWantedAddress() {
    gold();
    LoadBalancer wanting = selecting("a", "tier=gold");
    wanting.getMetadata().putAnnotationsItem(ThresherNames.WANTED_ADDRESSES, "198.51.100.17");
    world.create(wanting);
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("198.51.100.17");
  }

  @Test
  void ofPoolsThatAreNamedByTheirLabelsTheOneIsFirstOfWhichAnAddressComesBack() {
    gold();
    world.create(selecting("a", "tier=gold"));
    world.settle();
    LoadBalancer before = guest("g1-default-web-00000001", "g1", "web");
    before.getMetadata().putAnnotationsItem(ThresherNames.POOL_SELECTOR, "tier=gold");
    before.getMetadata().addFinalizersItem("example.com/audit");
    world.create(before);
    world.settle();
    world.delete("a");
    world.settle();
    world.delete("g1-default-web-00000001");
    world.control().loadBalancerReconciler().reconcile(World.key("g1-default-web-00000001"));
    LoadBalancer after = guest("g1-default-web-00000002", "g1", "web");
    after.getMetadata().putAnnotationsItem(ThresherNames.POOL_SELECTOR, "tier=gold");
    world.create(after);
    world.control().loadBalancerReconciler().reconcile(World.key("g1-default-web-00000002"));
    assertThat(world.ready("g1-default-web-00000002").getReason())
        .isEqualTo("AddressBeingReleased");

    world.store.drop(LoadBalancerTypes.LOAD_BALANCER, World.key("g1-default-web-00000001"));
    world.settle();
    assertThat(world.allocated("g1-default-web-00000002")).isEqualTo("198.51.100.10");
  }

  @Test
  void globalPoolsServeEveryNetworkUnlessTold() {
    world.pool("global", "192.0.2.0/24");
    LoadBalancer object = cluster("a");
    object.getMetadata().putAnnotationsItem(HarvesterNames.LB_NETWORK, "default/lan");
    world.poolPolicy(new PoolPolicy(false, true));
    world.create(object);
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("NoMatchingPool");

    world.poolPolicy(PoolPolicy.DEFAULT);
    world.settle();
    assertThat(world.allocated("a")).startsWith("192.0.2.");
  }
}
