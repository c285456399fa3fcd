package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.api.net.NetTypes;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// One address of several load balancers, each with ports of its own.
final class SharedAddressTest {

  private final World world = new World();

  @BeforeEach
  void scene() {
    world.pool("pool", "192.0.2.0/24");
    world.machine("vm-1", "10.0.0.5");
  }

  private static LoadBalancer member(String name, String protocol, int port) {
    return member(name, "together", protocol, port);
  }

  private static LoadBalancer member(String name, String group, String protocol, int port) {
    LoadBalancer object = machines(name);
    object.getMetadata().putAnnotationsItem(ThresherNames.SHARE_GROUP, group);
    object.getSpec().getListeners().get(0).protocol(protocol).port(port);
    return object;
  }

  private void create(LoadBalancer object) {
    world.create(object);
    world.timeline.advance(Duration.ofSeconds(1));
  }

  @Test
  void membersWithPortsOfTheirOwnHaveOneAddress() {
    create(member("web", "TCP", 80));
    create(member("dns", "UDP", 80));
    create(member("tls", "TCP", 443));
    world.settle();

    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/web"));
    for (String name : new String[] {"web", "dns", "tls"}) {
      assertThat(world.allocated(name)).isEqualTo("192.0.2.2");
      assertThat(world.service(name).getSpec().getLoadBalancerIP()).isEqualTo("192.0.2.2");
    }
    assertThat(world.claimObjects().get(0).getSpec().getShareGroup()).isEqualTo("together");
    world.api.forgetCalls();
    world.restart();
    world.settle();
    assertThat(world.api.writes()).isEmpty();
  }

  @Test
  void aPortThatClashesIsRefusedWithTheOthersName() {
    create(member("web", "TCP", 80));
    create(member("web2", "TCP", 80));
    world.settle();

    assertThat(world.allocated("web2")).isEmpty();
    assertThat(world.ready("web2").getReason()).isEqualTo("PortClash");
    assertThat(world.ready("web2").getMessage())
        .isEqualTo(
            "port 80/TCP of 192.0.2.2 is that of vms/web of the same group \"together\"; change one"
                + " of the two ports, or leave the group");

    LoadBalancer web2 = world.loadBalancer("web2");
    web2.getSpec().getListeners().get(0).port(81);
    world.store.put(LoadBalancerTypes.LOAD_BALANCER, web2);
    world.settle();
    assertThat(world.allocated("web2")).isEqualTo("192.0.2.2");
  }

  @Test
  void theAddressStaysThoughItsClaimEndedAndAnotherWaitedLonger() {
    create(member("web", "TCP", 80));
    create(member("blocked", "TCP", 80));
    create(member("dns", "UDP", 80));
    world.settle();
    assertThat(world.allocated("dns")).isEqualTo("192.0.2.2");
    assertThat(world.ready("blocked").getReason()).isEqualTo("PortClash");

    world.delete("web");
    world.control().loadBalancerReconciler().reconcile(World.key("web"));
    world.store.drop(NetTypes.ADDRESS_CLAIM, ObjectKey.of(world.claimObjects().getFirst()));
    world.control().loadBalancerReconciler().reconcile(World.key("blocked"));
    world.settle();

    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/dns"));
    assertThat(world.allocated("dns")).isEqualTo("192.0.2.2");
    assertThat(world.allocated("blocked")).isEqualTo("192.0.2.2");
  }

  @Test
  void whoWaitsForAMemberHearsThatItHasTakenTheAddressOver() {
    create(member("web", "TCP", 80));
    create(member("blocked", "TCP", 80));
    create(member("dns", "UDP", 80));
    world.settle();

    world.delete("web");
    // Its Service goes first.
    world.control().loadBalancerReconciler().reconcile(World.key("web"));
    world.control().loadBalancerReconciler().reconcile(World.key("web"));
    assertThat(world.exists("web")).isFalse();
    world.control().loadBalancerReconciler().reconcile(World.key("blocked"));
    assertThat(world.ready("blocked").getReason()).isEqualTo("WaitingForGroup");
    world.settle();

    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/dns"));
    assertThat(world.allocated("blocked")).isEqualTo("192.0.2.2");
  }

  /// Of the one that was first the cache has not heard when the other is looked at.
  @Test
  void ofTwoThatAskForOnePortAtTheSameMomentOneIsLetIn() {
    create(member("owner", "TCP", 81));
    world.settle();
    create(member("one", "TCP", 80));
    create(member("two", "TCP", 80));
    world.informers().pause();
    world.step();
    world.step();
    world.informers().resume();
    world.settle();

    assertThat(world.allocated("one")).isEqualTo(world.allocated("owner"));
    assertThat(world.allocated("two")).isEmpty();
    assertThat(world.ready("two").getReason()).isEqualTo("PortClash");

    world.delete("one");
    world.settle();
    assertThat(world.allocated("two")).isEqualTo(world.allocated("owner"));
  }

  /// Whichever of the two was made invalid past the webhook.
  @ParameterizedTest
  @ValueSource(strings = {"web", "dns"})
  void aMemberThatMakesNoSenseNowHasTheAddressStill(String invalid) {
    create(member("web", "TCP", 80));
    create(member("dns", "UDP", 53));
    world.settle();
    world.announce("web", "192.0.2.2");
    world.announce("dns", "192.0.2.2");
    world.settle();
    world.events.clear();

    LoadBalancer object = world.loadBalancer(invalid);
    object.getSpec().getListeners().getFirst().name("Not a name");
    world.store.put(LoadBalancerTypes.LOAD_BALANCER, object);
    world.settle();

    assertThat(world.ready(invalid).getReason()).isEqualTo("Invalid");
    String other = invalid.equals("web") ? "dns" : "web";
    assertThat(world.ready(other).getStatus()).isEqualTo("True");
    for (String name : new String[] {"web", "dns"}) {
      assertThat(world.allocated(name)).isEqualTo("192.0.2.2");
      assertThat(world.service(name).getSpec().getLoadBalancerIP()).isEqualTo("192.0.2.2");
    }
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/web"));
    assertThat(world.pool("pool").getStatus().getConditions())
        .extracting(Condition::getType)
        .doesNotContain("AddressConflicts");
    assertThat(world.events).containsExactly("WARNING " + invalid + " Invalid");
  }

  @Test
  void aMemberThatMakesNoSenseNowTakesTheAddressOverAndGetsNone() {
    create(member("web", "TCP", 80));
    create(member("dns", "UDP", 53));
    world.settle();
    LoadBalancer object = world.loadBalancer("dns");
    object.getSpec().getListeners().getFirst().name("Not a name");
    world.store.put(LoadBalancerTypes.LOAD_BALANCER, object);
    LoadBalancer late = member("late", "TCP", 443);
    late.getSpec().getListeners().getFirst().name("Not a name");
    create(late);
    world.settle();
    assertThat(world.allocated("late")).isEmpty();
    assertThat(world.ready("late").getReason()).isEqualTo("Invalid");

    world.delete("web");
    world.settle();
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/dns"));
    assertThat(world.allocated("dns")).isEqualTo("192.0.2.2");
    assertThat(world.allocated("late")).isEmpty();
  }

  @Test
  void groupsAreOfOneNamespaceAndName() {
    create(member("a", "one", "TCP", 80));
    create(member("b", "two", "TCP", 80));
    create(machines("c"));
    world.settle();

    assertThat(world.claims()).hasSize(3);
  }

  @Test
  void theAddressStaysWhenItsOwnerGoes() {
    create(member("web", "TCP", 80));
    create(member("dns", "UDP", 53));
    world.settle();
    world.announce("web", "192.0.2.2");
    world.announce("dns", "192.0.2.2");
    world.delete("web");
    world.create(machines("stranger"));
    world.settle();

    assertThat(world.exists("web")).isFalse();
    assertThat(world.allocated("dns")).isEqualTo("192.0.2.2");
    assertThat(world.ready("dns").getStatus()).isEqualTo("True");
    assertThat(world.claims())
        .containsEntry("192.0.2.2", "vms/dns")
        .containsEntry("192.0.2.3", "vms/stranger")
        .hasSize(2);
    world.assertConsistent("pool");

    world.delete("dns");
    world.delete("stranger");
    world.settle();
    assertThat(world.claimObjects()).isEmpty();
    world.assertConsistent("pool");
  }

  @Test
  void anOwnerThatIsMadeAgainInAnotherGroupTakesItsClaimThere() {
    world.holdDown(Duration.ofMinutes(5));
    create(member("web", "one", "TCP", 80));
    world.settle();
    world.delete("web");
    world.settle();
    create(member("web", "two", "TCP", 80));
    create(member("dns", "two", "UDP", 53));
    world.settle();

    assertThat(world.allocated("web")).isEqualTo("192.0.2.2");
    assertThat(world.allocated("dns")).isEqualTo("192.0.2.2");
    assertThat(world.claimObjects().get(0).getSpec().getShareGroup()).isEqualTo("two");
  }

  @Test
  void whoGoesWithoutOwningTheClaimFreesNothing() {
    create(member("web", "TCP", 80));
    create(member("dns", "UDP", 53));
    world.settle();
    world.delete("dns");
    world.settle();

    assertThat(world.exists("dns")).isFalse();
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/web"));
    assertThat(world.allocated("web")).isEqualTo("192.0.2.2");
  }

  @Test
  void membersWaitForTheOldestOfThemUnlessItCannotHaveAnAddress() {
    world.pool("full", "198.51.100.0/30 198.51.100.2 198.51.100.2");
    LoadBalancer first = member("z-first", "TCP", 80);
    first.getSpec().ipPool("gone");
    create(first);
    create(member("a-second", "TCP", 81));
    world.settle();
    assertThat(world.ready("a-second").getReason()).isEqualTo("WaitingForGroup");
    assertThat(world.ready("a-second").getMessage()).contains("vms/z-first", "together");

    world.delete("z-first");
    world.settle();
    assertThat(world.allocated("a-second")).isNotEmpty();
  }
}
