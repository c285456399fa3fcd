package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.loadbalancer.AllocatedAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerStatus;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.loadbalancer.PoolQuota;
import dev.thresher.api.loadbalancer.PoolRange;
import dev.thresher.api.loadbalancer.PoolReservation;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Whoever is made again while its address is held down for it.
final class TakenBackTest {

  private static final String BEFORE = "gc-default-web-0123abcd";
  private static final String AFTER = "gc-default-web-4567cdef";

  private final World world = new World();

  @BeforeEach
  void heldDown() {
    world.holdDown(Duration.ofMinutes(1));
    world.waits = false;
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
  }

  private void change(Consumer<IPPool> change) {
    IPPool object = world.pool("pool");
    change.accept(object);
    world.store.put(LoadBalancerTypes.IP_POOL, object);
    world.settle();
  }

  /// Gets 192.0.2.10 and gives it back.
  private void wasThere(LoadBalancer object) {
    world.create(object);
    world.settle();
    assertThat(world.allocated(name(object))).isEqualTo("192.0.2.10");
    world.delete(name(object));
    world.settle();
    assertThat(world.claimObjects()).hasSize(1);
    assertThat(world.claims()).isEmpty();
  }

  private String comesBack(LoadBalancer object) {
    world.create(object);
    world.settle();
    return world.allocated(name(object));
  }

  private static String name(LoadBalancer object) {
    return object.getMetadata().getName();
  }

  private static LoadBalancer asking(LoadBalancer object, String address) {
    object.getMetadata().putAnnotationsItem(ThresherNames.WANTED_ADDRESSES, address);
    return object;
  }

  private static LoadBalancer ofService(String name) {
    LoadBalancer object = cluster(name);
    object
        .getMetadata()
        .putLabelsItem(HarvesterNames.SERVICE_NAMESPACE_LABEL, "default")
        .putLabelsItem(HarvesterNames.SERVICE_NAME_LABEL, "web");
    return object;
  }

  private static PoolReservation reservation(String owner) {
    return new PoolReservation().address("192.0.2.10").namespace(World.NS).name(owner);
  }

  private void node(String address) {
    world.store.put(
        CoreTypes.NODE,
        new V1Node()
            .metadata(new V1ObjectMeta().name("host-1"))
            .status(
                new V1NodeStatus()
                    .addresses(List.of(new V1NodeAddress().type("InternalIP").address(address)))));
    world.settle();
  }

  @Test
  void anotherAddressThatIsAskedForIsGiven() {
    wasThere(cluster("a"));

    assertThat(comesBack(asking(cluster("a"), "192.0.2.17"))).isEqualTo("192.0.2.17");
  }

  @Test
  void theAddressThatIsAskedForIsTakenBack() {
    wasThere(cluster("a"));

    assertThat(comesBack(asking(cluster("a"), "192.0.2.10"))).isEqualTo("192.0.2.10");
  }

  @Test
  void anAddressOfAnotherFamilyThatIsAskedForIsGiven() {
    change(pool -> pool.getSpec().addRangesItem(new PoolRange().subnet("2001:db8::/64")));
    wasThere(cluster("a"));

    assertThat(comesBack(asking(cluster("a"), "2001:db8::77"))).isEqualTo("2001:db8::77");
    assertThat(world.claims()).containsOnlyKeys("2001:db8::77");
  }

  @Test
  void anAddressThatThePoolExcludesMeanwhileIsNotTakenBack() {
    wasThere(cluster("a"));
    change(pool -> pool.getSpec().getRanges().getFirst().addExcludeItem("192.0.2.10"));

    assertThat(comesBack(cluster("a"))).isEqualTo("192.0.2.11");
  }

  @Test
  void anAddressThatIsReservedForAnotherMeanwhileIsNotTakenBack() {
    wasThere(cluster("a"));
    change(pool -> pool.getSpec().addReservationsItem(reservation("b")));

    assertThat(comesBack(cluster("a"))).isEqualTo("192.0.2.11");
  }

  @Test
  void anAddressThatIsReservedForItMeanwhileIsTakenBack() {
    wasThere(cluster("a"));
    change(pool -> pool.getSpec().addReservationsItem(reservation("a")));

    assertThat(comesBack(cluster("a"))).isEqualTo("192.0.2.10");
  }

  @Test
  void anAddressThatANodeHasMeanwhileIsNotTakenBack() {
    wasThere(cluster("a"));
    node("192.0.2.10");

    assertThat(comesBack(cluster("a"))).isEqualTo("192.0.2.11");
  }

  @Test
  void anAddressThatItsStatusNamesIsItsOwnWhateverThePoolSays() {
    wasThere(cluster("a"));
    change(pool -> pool.getSpec().getRanges().getFirst().addExcludeItem("192.0.2.10"));
    LoadBalancer object = cluster("a");
    object.status(
        new LoadBalancerStatus()
            .allocatedAddress(new AllocatedAddress().ipPool("pool").ip("192.0.2.10")));

    assertThat(comesBack(object)).isEqualTo("192.0.2.10");
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.10", "vms/a"));
  }

  @Test
  void aGuestServiceThatIsMadeAgainHasItsAddress() {
    wasThere(ofService(BEFORE));
    world.create(cluster("other"));
    world.settle();

    assertThat(comesBack(ofService(AFTER))).isEqualTo("192.0.2.10");
    assertThat(world.allocated("other")).isEqualTo("192.0.2.11");
    assertThat(world.claims()).containsEntry("192.0.2.10", "vms/" + AFTER);
  }

  @Test
  void aGuestServiceThatIsMadeAgainHasTheAddressThatItAsksForAgain() {
    wasThere(asking(ofService(BEFORE), "192.0.2.10"));

    assertThat(comesBack(asking(ofService(AFTER), "192.0.2.10"))).isEqualTo("192.0.2.10");
  }

  @Test
  void aGuestServiceThatIsMadeAgainMayAskForAnotherAddress() {
    wasThere(ofService(BEFORE));

    assertThat(comesBack(asking(ofService(AFTER), "192.0.2.17"))).isEqualTo("192.0.2.17");
  }

  @Test
  void aGuestServiceThatIsMadeAgainDoesNotGetWhatIsReservedForAnother() {
    wasThere(ofService(BEFORE));
    change(pool -> pool.getSpec().addReservationsItem(reservation("b")));

    assertThat(comesBack(ofService(AFTER))).isEqualTo("192.0.2.11");
  }

  @Test
  void aGuestServiceThatIsMadeAgainDoesNotGetWhatANodeHas() {
    wasThere(ofService(BEFORE));
    node("192.0.2.10");

    assertThat(comesBack(ofService(AFTER))).isEqualTo("192.0.2.11");
  }

  @Test
  void aGuestServiceThatIsMadeAgainWaitsForRoomInTheQuota() {
    change(pool -> pool.getSpec().addQuotasItem(new PoolQuota().namespace("*").addresses(1)));
    wasThere(ofService(BEFORE));
    world.create(cluster("other"));
    world.settle();

    assertThat(comesBack(ofService(AFTER))).isEmpty();
    assertThat(world.ready(AFTER).getReason()).isEqualTo("QuotaExceeded");
    world.delete("other");
    world.settle();
    assertThat(world.allocated(AFTER)).isEqualTo("192.0.2.10");
  }
}
