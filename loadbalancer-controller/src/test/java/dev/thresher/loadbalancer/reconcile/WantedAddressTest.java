package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.runtime.patch.Patches;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// An address that is asked for while there is another one.
final class WantedAddressTest {

  private final World world = new World();

  @BeforeEach
  void pool() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19", "2001:db8::/64");
  }

  private void asks(String name, String addresses) {
    world.api.patch(
        LoadBalancerTypes.LOAD_BALANCER,
        World.key(name),
        Patches.annotations(
            Map.of(
                ThresherNames.WANTED_ADDRESSES,
                addresses.isEmpty() ? Optional.empty() : Optional.of(addresses))));
    world.settle();
  }

  private String condition(String name) {
    return StatusDocument.condition(world.loadBalancer(name), WantedAddress.TYPE)
        .map(one -> one.getStatus() + " " + one.getReason())
        .orElse("");
  }

  @Test
  void aWishThatComesLaterMovesNothingAndIsSaid() {
    world.create(cluster("a"));
    world.settle();
    asks("a", "192.0.2.17");

    assertThat(world.allocated("a")).isEqualTo("192.0.2.10");
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
    assertThat(condition("a")).isEqualTo("False OtherAddressHeld");
    assertThat(
            StatusDocument.condition(world.loadBalancer("a"), WantedAddress.TYPE)
                .orElseThrow()
                .getMessage())
        .isEqualTo(
            "has 192.0.2.10, but annotation thresher.dev/wanted-addresses asks for 192.0.2.17: an"
                + " address that it has is not exchanged for that; delete the LoadBalancer (that of"
                + " a guest cluster: its Service) and create it again to have 192.0.2.17, or ask"
                + " for 192.0.2.10");
    assertThat(world.events).containsOnlyOnce("WARNING a OtherAddressHeld");

    asks("a", "192.0.2.10");
    assertThat(condition("a")).isEqualTo("True AsAsked");
    assertThat(world.events).containsOnlyOnce("NORMAL a AsAsked");
    asks("a", "192.0.2.18");
    asks("a", "");
    assertThat(condition("a")).isEqualTo("True AsAsked");
  }

  @Test
  void whatIsSaidToBeDoneDoesIt() {
    world.create(cluster("a"));
    world.settle();
    asks("a", "192.0.2.17");
    world.delete("a");
    world.settle();
    LoadBalancer again = cluster("a");
    again.getMetadata().putAnnotationsItem(ThresherNames.WANTED_ADDRESSES, "192.0.2.17");
    world.create(again);
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.17");
    assertThat(condition("a")).isEmpty();
  }

  @Test
  void withAnAddressOnTheHostItIsSaidToo() {
    world.machine("vm", "10.52.0.9");
    world.create(World.machines("a"));
    world.settle();
    asks("a", "192.0.2.17");

    assertThat(world.service("a").getSpec().getLoadBalancerIP()).isEqualTo("192.0.2.10");
    assertThat(condition("a")).isEqualTo("False OtherAddressHeld");
  }

  @Test
  void aWishOfTheOtherFamilyIsInPlaceOfTheOneAddress() {
    world.create(cluster("a"));
    world.settle();
    asks("a", "2001:db8::77");

    assertThat(world.allocated("a")).isEqualTo("192.0.2.10");
    assertThat(condition("a")).isEqualTo("False OtherAddressHeld");
  }

  @Test
  void aWishForAFamilyThatItLacksIsNoOtherAddress() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
    LoadBalancer object = cluster("a");
    object.getSpec().ipFamilyPolicy("RequireDualStack");
    object
        .getMetadata()
        .putAnnotationsItem(ThresherNames.WANTED_ADDRESSES, "192.0.2.12,2001:db8::77");
    world.create(object);
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.12");
    assertThat(world.ready("a").getReason()).isEqualTo("WantedAddressNotInPool");
    assertThat(condition("a")).isEmpty();
  }

  @Test
  void nothingIsSaidWhereNothingIsAskedFor() {
    world.create(cluster("a"));
    world.settle();

    assertThat(condition("a")).isEmpty();
    assertThat(world.events).noneMatch(event -> event.endsWith("AsAsked"));
  }
}
