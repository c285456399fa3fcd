package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.AllocatedAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.IPPoolStatus;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerStatus;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.loadbalancer.PoolReservation;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.api.net.NetTypes;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Load balancers whose status names an address that no claim gives them: who may write load
/// balancers may write that, too.
final class StatusAloneTest {

  private static final String ADDRESS = "192.0.2.10";

  private final World world = new World();

  @BeforeEach
  void pool() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
  }

  private void change(String name, Consumer<IPPool> change) {
    IPPool pool = world.pool(name);
    change.accept(pool);
    world.store.put(LoadBalancerTypes.IP_POOL, pool);
  }

  private void books(String pool, String owner) {
    change(
        pool,
        object ->
            object.status(
                new IPPoolStatus()
                    .total(10L)
                    .available(9L)
                    .allocated(new HashMap<>(Map.of(ADDRESS, owner)))));
  }

  private void reserves(String owner) {
    change(
        "pool",
        pool ->
            pool.getSpec()
                .addReservationsItem(
                    new PoolReservation().address(ADDRESS).namespace(World.NS).name(owner)));
  }

  private void node() {
    world.store.put(
        CoreTypes.NODE,
        new V1Node()
            .metadata(new V1ObjectMeta().name("host-1"))
            .status(
                new V1NodeStatus()
                    .addresses(List.of(new V1NodeAddress().type("InternalIP").address(ADDRESS)))));
  }

  private void says(LoadBalancer object, String pool) {
    object.status(
        new LoadBalancerStatus().allocatedAddress(new AllocatedAddress().ipPool(pool).ip(ADDRESS)));
    world.store.put(LoadBalancerTypes.LOAD_BALANCER, object);
    world.settle();
  }

  private void assertRefused(String holder) {
    assertThat(world.claims()).isEmpty();
    assertThat(world.ready("a").getReason()).isEqualTo("AddressConflict");
    assertThat(world.ready("a").getMessage()).contains(ADDRESS, "that of " + holder);
    assertThat(world.allocated("a")).as("nothing is changed").isEqualTo(ADDRESS);
  }

  private void assertHas(String name) {
    assertThat(world.claims()).containsEntry(ADDRESS, World.NS + "/" + name);
    assertThat(world.ready(name).getStatus()).isEqualTo("True");
  }

  /// Without a pool, or with one that is not there, the network is not known: any is meant.
  @ParameterizedTest
  @ValueSource(strings = {"pool", "", "gone"})
  void anAddressThatIsBookedForAnotherIsNotTaken(String named) {
    books("pool", "vms/old");
    says(cluster("a"), named);

    assertRefused("vms/old");
    assertThat(world.ready("a").getMessage())
        .contains(HarvesterNames.MANUALLY_RELEASE_IP, "\"192.0.2.10: vms/old\"");

    world.api.patch(
        LoadBalancerTypes.IP_POOL,
        ObjectKey.cluster("pool"),
        Patches.annotations(
            Map.of(HarvesterNames.MANUALLY_RELEASE_IP, Optional.of(ADDRESS + ": vms/old"))));
    world.settle();
    assertHas("a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pool", "", "gone"})
  void anAddressThatIsReservedForAnotherIsNotTaken(String named) {
    reserves("b");
    says(cluster("a"), named);

    assertRefused("vms/b");
    change("pool", pool -> pool.getSpec().reservations(List.of()));
    world.settle();
    assertHas("a");
  }

  @Test
  void anAddressOfANodeIsNotTaken() {
    node();
    says(cluster("a"), "pool");

    assertRefused("node \"host-1\"");
    assertThat(
            world.pool("pool").getStatus().getConditions().stream()
                .filter(condition -> "AddressConflicts".equals(condition.getType()))
                .findFirst()
                .orElseThrow()
                .getMessage())
        .isEqualTo(
            "1 that load balancers say they have and others have: 192.0.2.10 of node \"host-1\","
                + " also in the status of vms/a; the condition Ready of each says what to do");
    world.store.drop(CoreTypes.NODE, ObjectKey.cluster("host-1"));
    world.settle();
    assertHas("a");
  }

  @Test
  void whoeverIsRefusedCanBeDeleted() {
    books("pool", "vms/old");
    LoadBalancer object = cluster("a");
    object.getMetadata().addFinalizersItem(HarvesterNames.LB_FINALIZER);
    says(object, "pool");
    world.delete("a");
    world.settle();

    assertThat(world.exists("a")).isFalse();
    assertThat(world.claimObjects()).isEmpty();
    assertThat(world.pool("pool").getStatus().getAllocated())
        .containsExactly(Map.entry(ADDRESS, "vms/old"));
  }

  @Test
  void anAddressThatThePoolBooksForItIsItsOwnWhoeverElseAsksForIt() {
    books("pool", "vms/a");
    reserves("b");
    node();
    says(cluster("a"), "pool");

    assertHas("a");
  }

  @Test
  void anAddressOfNoPoolEndsAsAnyOther() {
    LoadBalancer object = cluster("a");
    object.getMetadata().addFinalizersItem(HarvesterNames.LB_FINALIZER);
    says(object, "");
    assertHas("a");
    world.delete("a");
    world.settle();

    assertThat(world.claimObjects()).isEmpty();
  }

  @Test
  void anAddressThatNobodySpeaksForIsAdopted() {
    says(cluster("a"), "pool");

    assertHas("a");
  }

  @Test
  void theSameNumberOfAnotherNetworkIsAnotherAddress() {
    world.pool("lan", "192.0.2.0/24 192.0.2.10 192.0.2.19");
    change("lan", pool -> pool.getSpec().getSelector().network("default/lan"));
    books("lan", "vms/old");
    says(cluster("a"), "pool");

    assertHas("a");
  }

  private static LoadBalancer sharing(String name) {
    LoadBalancer object = World.machines(name);
    object.getMetadata().putAnnotationsItem(ThresherNames.SHARE_GROUP, "g");
    return object;
  }

  /// The pool's status names the one of a group that has the claim.
  @Test
  void anAddressOfItsGroupIsItsOwn() {
    world.machine("vm", "10.52.0.9");
    world.create(sharing("first"));
    world.settle();
    LoadBalancer second = sharing("second");
    second.getSpec().getListeners().getFirst().port(81);
    world.create(second);
    world.settle();
    assertThat(world.allocated("second")).isEqualTo(ADDRESS);
    assertThat(world.pool("pool").getStatus().getAllocated()).containsEntry(ADDRESS, "vms/first");

    // Its owner vanishes with the claim, and the pool's status still names it.
    world.waits = false;
    world.informers().pause();
    world.store.drop(LoadBalancerTypes.LOAD_BALANCER, World.key("first"));
    world.api.delete(
        NetTypes.ADDRESS_CLAIM, ObjectKey.of(world.claimObjects().getFirst()), Precondition.NONE);
    world.informers().resume();
    world.control().loadBalancerReconciler().reconcile(World.key("second"));

    assertThat(world.claims()).containsExactly(Map.entry(ADDRESS, "vms/second"));
  }
}
