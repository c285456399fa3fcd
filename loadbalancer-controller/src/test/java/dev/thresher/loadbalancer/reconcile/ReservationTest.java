package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.AllocatedAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.IPPoolStatus;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerStatus;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.loadbalancer.ScopeTuple;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.api.net.NetTypes;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Addresses that are held in the guest: reservation only.
final class ReservationTest {

  private final World world = new World();

  private static LoadBalancer annotated(String name, String key, String value) {
    LoadBalancer object = cluster(name);
    object.getMetadata().putAnnotationsItem(key, value);
    return object;
  }

  @Test
  void allocatesInTwoWritesAndTellsThePool() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
    world.settle();
    world.create(cluster("a"));

    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.10");
    AllocatedAddress allocated = world.loadBalancer("a").getStatus().getAllocatedAddress();
    assertThat(allocated)
        .isEqualTo(
            new AllocatedAddress()
                .ipPool("pool")
                .ip("192.0.2.10")
                .mask("255.255.255.0")
                .gateway("192.0.2.1"));
    assertThat(world.loadBalancer("a").getStatus().getAddresses()).containsExactly("192.0.2.10");
    assertThat(world.loadBalancer("a").getStatus().getAddress()).isNull();
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
    assertThat(world.loadBalancer("a").getMetadata().getFinalizers())
        .containsExactly(HarvesterNames.LB_FINALIZER);
    world.assertConsistent("pool");
    assertThat(world.pool("pool").getStatus().getLastAllocated()).isEqualTo("192.0.2.10");
    assertThat(world.api.writes())
        .extracting(call -> call.verb() + " " + call.resource())
        .containsExactly(
            "create addressclaims.net.thresher.dev",
            "patch loadbalancers.loadbalancer.harvesterhci.io",
            "patch ippools.loadbalancer.harvesterhci.io");
    assertThat(world.events).contains("NORMAL a AddressAllocated");
    assertThat(world.allocations).hasSize(1);
    assertThat(world.store.list(CoreTypes.SERVICE)).isEmpty();
  }

  @Test
  void claimSaysWhoseItIs() {
    world.pool("pool", "192.0.2.0/24");
    LoadBalancer object = cluster("a");
    object
        .getMetadata()
        .labels(
            Map.of(
                HarvesterNames.CLUSTER_LABEL, "gc",
                HarvesterNames.SERVICE_NAMESPACE_LABEL, "default",
                HarvesterNames.SERVICE_NAME_LABEL, "web"));
    world.create(object);
    world.settle();

    var claim = world.claimObjects().get(0);
    assertThat(claim.getMetadata().getName()).startsWith("v4-192-0-2-2-");
    assertThat(claim.getMetadata().getLabels()).containsEntry(ThresherNames.POOL, "pool");
    assertThat(claim.getSpec().getOwner().getUid())
        .isEqualTo(world.loadBalancer("a").getMetadata().getUid());
    assertThat(claim.getSpec().getOwner().getCluster()).isEqualTo("gc");
    assertThat(claim.getSpec().getOwner().getServiceName()).isEqualTo("web");
    assertThat(claim.getSpec().getPlacement()).isEqualTo("guest");
  }

  @Test
  void secondLookWritesNothing() {
    world.pool("pool", "192.0.2.0/24");
    world.create(cluster("a"));
    world.settle();
    world.api.forgetCalls();

    world.restart();
    world.settle();

    assertThat(world.api.writes()).isEmpty();
  }

  @Test
  void staleCacheAfterOwnWritesCostsNoRefusedWrite() {
    world.pool("pool", "192.0.2.0/24");
    world.create(cluster("a"));
    world.informers().pause();
    world.control().loadBalancerReconciler().reconcile(World.key("a"));
    int writes = world.api.writes().size();

    world.control().loadBalancerReconciler().reconcile(World.key("a"));

    assertThat(world.api.writes()).hasSize(writes);
    world.informers().resume();
    world.settle();
    assertThat(world.claims()).hasSize(1);
  }

  @Test
  void deletionReleasesAndKeepsHistory() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
    world.create(cluster("a"));
    world.settle();
    world.delete("a");

    world.settle();

    assertThat(world.exists("a")).isFalse();
    assertThat(world.claimObjects()).isEmpty();
    world.assertConsistent("pool");
    assertThat(world.pool("pool").getStatus().getAllocatedHistory())
        .containsExactly(Map.entry("192.0.2.10", "vms/a"));
  }

  @Test
  void withoutIpamTheAddressIsReleasedAsAnyOther() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
    LoadBalancer object = cluster("a");
    object.getSpec().ipam(null);
    world.create(object);
    world.settle();
    assertThat(world.allocated("a")).isEqualTo("192.0.2.10");
    world.delete("a");
    world.settle();
    assertThat(world.exists("a")).isFalse();
    assertThat(world.claimObjects()).isEmpty();
    world.assertConsistent("pool");
  }

  @Test
  void loadBalancerThatIsMadeAgainGetsItsAddressBack() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
    world.create(cluster("a"));
    world.create(cluster("b"));
    world.settle();
    world.delete("a");
    world.settle();
    world.create(cluster("c"));
    world.settle();
    assertThat(world.allocated("c")).isEqualTo("192.0.2.12");

    world.create(cluster("a"));
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.10");
    world.assertConsistent("pool");
  }

  /// As the cloud provider makes it: all but the checksum at the end tells the Service.
  private static LoadBalancer ofService(String name, String checksum) {
    LoadBalancer object = cluster("gc-default-" + name + "-" + checksum);
    object
        .getMetadata()
        .putLabelsItem(HarvesterNames.SERVICE_NAMESPACE_LABEL, "default")
        .putLabelsItem(HarvesterNames.SERVICE_NAME_LABEL, name)
        .putAnnotationsItem(ThresherNames.SERVICE_UID, "uid-" + checksum);
    return object;
  }

  @Test
  void guestServiceThatIsMadeAgainGetsItsAddressBack() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
    world.create(ofService("web", "0123abcd"));
    world.settle();
    assertThat(world.claimObjects().get(0).getMetadata().getAnnotations())
        .containsEntry(ThresherNames.SERVICE_UID, "uid-0123abcd");
    world.delete("gc-default-web-0123abcd");
    world.settle();
    world.create(ofService("api", "aaaaaaaa"));
    world.settle();

    world.create(ofService("web", "4567cdef"));
    world.settle();

    assertThat(world.allocated("gc-default-api-aaaaaaaa")).isEqualTo("192.0.2.11");
    assertThat(world.allocated("gc-default-web-4567cdef")).isEqualTo("192.0.2.10");
    world.assertConsistent("pool");
  }

  @Test
  void guestServiceThatIsMadeAgainAtOnceHasItsAddressAtOnce() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
    world.create(ofService("web", "0123abcd"));
    world.settle();
    world.delete("gc-default-web-0123abcd");
    // Released, but the pool has not written its history yet.
    world.control().loadBalancerReconciler().reconcile(World.key("gc-default-web-0123abcd"));
    world.create(ofService("web", "4567cdef"));
    world.control().loadBalancerReconciler().reconcile(World.key("gc-default-web-4567cdef"));

    assertThat(world.allocated("gc-default-web-4567cdef")).isEqualTo("192.0.2.10");
    assertThat(world.claimObjects().get(0).getMetadata().getAnnotations())
        .containsEntry(ThresherNames.SERVICE_UID, "uid-4567cdef");
    world.settle();
    world.assertConsistent("pool");
  }

  @Test
  void guestServiceThatIsMadeAgainWaitsForWhatStillSaysItHasItsAddress() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
    LoadBalancer before = ofService("web", "0123abcd");
    before.getMetadata().addFinalizersItem("example.com/audit");
    world.create(before);
    world.settle();
    world.delete("gc-default-web-0123abcd");
    world.control().loadBalancerReconciler().reconcile(World.key("gc-default-web-0123abcd"));
    world.create(ofService("web", "4567cdef"));
    world.control().loadBalancerReconciler().reconcile(World.key("gc-default-web-4567cdef"));
    assertThat(world.ready("gc-default-web-4567cdef").getReason())
        .isEqualTo("AddressBeingReleased");

    world.store.drop(LoadBalancerTypes.LOAD_BALANCER, World.key("gc-default-web-0123abcd"));
    world.settle();

    assertThat(world.allocated("gc-default-web-4567cdef")).isEqualTo("192.0.2.10");
  }

  @Test
  void anAddressReleasedWhileThePoolIsWrittenDoesNotStayInItsStatus() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
    world.create(cluster("first"));
    world.create(cluster("second"));
    world.settle();
    world.delete("first");
    world.delete("second");
    world.control().loadBalancerReconciler().reconcile(World.key("first"));
    AtomicBoolean once = new AtomicBoolean();
    world.api.fault(call -> {
      if (call.verb().equals("patch")
          && call.resource().startsWith("ippools")
          && once.compareAndSet(false, true)) {
        // What is being written still says that this one is in use.
        world.control().loadBalancerReconciler().reconcile(World.key("second"));
      }
      return Optional.empty();
    });
    world.timeline.advance(Duration.ofSeconds(1));
    world.control().poolReconciler().reconcile("pool");

    world.settle();

    assertThat(once).isTrue();
    assertThat(world.claimObjects()).isEmpty();
    assertThat(world.pool("pool").getStatus().getAllocated()).isNullOrEmpty();
    assertThat(world.pool("pool").getStatus().getAllocatedHistory())
        .containsOnlyKeys("192.0.2.10", "192.0.2.11");
  }

  @Test
  void ownerThatComesBackDuringHoldDownTakesItsClaimBack() {
    world.holdDown(Duration.ofMinutes(5));
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.10");
    world.create(cluster("a"));
    world.settle();
    world.delete("a");
    world.step();
    world.step();
    String claim = world.claimObjects().get(0).getMetadata().getUid();
    world.create(cluster("b"));
    world.create(cluster("a"));
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.10");
    assertThat(world.claimObjects()).hasSize(1);
    assertThat(world.claimObjects().get(0).getMetadata().getUid()).isEqualTo(claim);
    assertThat(world.claimObjects().get(0).getSpec().getOwner().getUid())
        .isEqualTo(world.loadBalancer("a").getMetadata().getUid());
    assertThat(world.allocated("b")).isEmpty();
  }

  @Test
  void deletedBeforeItHadAnAddressLeavesNothing() {
    world.create(cluster("a"));
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("NoMatchingPool");
    world.delete("a");
    world.settle();

    assertThat(world.exists("a")).isFalse();
    assertThat(world.control().pending()).isZero();
  }

  @Test
  void whoeverWaitsIsWokenByAPool() {
    world.create(cluster("a"));
    world.settle();
    assertThat(world.control().pending()).isEqualTo(1);
    assertThat(world.ready("a").getStatus()).isEqualTo("False");

    world.pool("pool", "192.0.2.0/24");
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.2");
    assertThat(world.control().pending()).isZero();
  }

  @Test
  void whoeverWaitsIsWokenByARelease() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.10");
    world.create(cluster("a"));
    world.settle();
    world.create(cluster("b"));
    world.settle();
    assertThat(world.ready("b").getReason()).isEqualTo("PoolExhausted");
    assertThat(world.events).contains("WARNING b PoolExhausted");

    world.delete("a");
    world.settle();

    assertThat(world.allocated("b")).isEqualTo("192.0.2.10");
    world.assertConsistent("pool");
  }

  @Test
  void whoeverWaitsHasAReleasedAddressBeforeThePoolsStatusIsWritten() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.10");
    world.create(cluster("a"));
    world.settle();
    world.create(cluster("b"));
    world.settle();
    // The pool's status has just been written: no write of it is due for half a second.
    world.waits = false;
    var before = world.timeline.now();
    world.api.forgetCalls();

    world.delete("a");
    world.settle();

    assertThat(world.allocated("b")).isEqualTo("192.0.2.10");
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.10", World.NS + "/b"));
    assertThat(world.timeline.now()).as("no time has passed").isEqualTo(before);
    assertThat(world.api.writes().toString()).doesNotContain("ippools");
    assertThat(world.pool("pool").getStatus().getAllocated()).containsValue(World.NS + "/a");

    world.waits = true;
    world.restart();
    world.settle();
    world.assertConsistent("pool");
    assertThat(world.pool("pool").getStatus().getAllocatedHistory()).isNullOrEmpty();
  }

  @Test
  void whoeverWaitsDoesNotHaveAReleasedAddressDuringTheHoldDown() {
    world.holdDown(Duration.ofMinutes(5));
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.10");
    world.create(cluster("a"));
    world.settle();
    world.create(cluster("b"));
    world.settle();
    world.waits = false;
    world.delete("a");
    world.settle();
    assertThat(world.allocated("b")).isEmpty();
    assertThat(world.ready("b").getReason()).isEqualTo("PoolExhausted");
  }

  @Test
  void theAddressThatIsAskedForIsTakenOverAsSoonAsItIsReleased() {
    world.pool("pool", "192.0.2.0/24");
    world.create(cluster("a"));
    world.settle();
    LoadBalancer wanting = cluster("b");
    wanting.getMetadata().putAnnotationsItem(ThresherNames.WANTED_ADDRESSES, world.allocated("a"));
    world.create(wanting);
    world.settle();
    assertThat(world.ready("b").getReason()).isEqualTo("WantedAddressTaken");
    world.waits = false;
    String address = world.allocated("a");

    world.delete("a");
    world.settle();

    assertThat(world.allocated("b")).isEqualTo(address);
    assertThat(world.claimObjects()).hasSize(1);
    assertThat(world.claimObjects().getFirst().getSpec().getWanted()).isTrue();
  }

  @Test
  void whoeverWaitsIsWokenByAWiderRange() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.10");
    world.create(cluster("a"));
    world.create(cluster("b"));
    world.settle();
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.11");
    world.settle();

    assertThat(world.claims()).hasSize(2);
    world.assertConsistent("pool");
  }

  @Test
  void wantedAddressIsGivenOrWaitedFor() {
    world.pool("pool", "192.0.2.0/24");
    world.create(annotated("a", ThresherNames.WANTED_ADDRESSES, "192.0.2.77"));
    world.create(annotated("b", ThresherNames.WANTED_ADDRESSES, "192.0.2.77"));
    world.create(annotated("c", ThresherNames.WANTED_ADDRESSES, "198.51.100.1"));
    world.create(annotated("d", ThresherNames.WANTED_ADDRESSES, "192.0.2"));
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.77");
    assertThat(world.ready("b").getReason()).isEqualTo("WantedAddressTaken");
    assertThat(world.ready("c").getReason()).isEqualTo("WantedAddressNotInPool");
    assertThat(world.ready("d").getReason()).isEqualTo("Invalid");
    assertThat(world.claimObjects().get(0).getSpec().getWanted()).isTrue();

    world.delete("a");
    world.settle();
    assertThat(world.allocated("b")).isEqualTo("192.0.2.77");
  }

  @Test
  void dualStackTakesAnAddressOfEachFamily() {
    world.pool("four", "192.0.2.0/24");
    world.pool("six", "2001:db8::/64");
    LoadBalancer object = annotated("a", ThresherNames.IP_FAMILIES, "IPv6,IPv4");
    object.getSpec().ipFamilyPolicy("RequireDualStack");
    world.create(object);
    world.settle();

    AllocatedAddress allocated = world.loadBalancer("a").getStatus().getAllocatedAddress();
    assertThat(allocated)
        .isEqualTo(
            new AllocatedAddress()
                .ipPool("four")
                .ip("192.0.2.2")
                .mask("255.255.255.0")
                .gateway("192.0.2.1")
                .ipv6Pool("six")
                .ipv6IP("2001:db8::2")
                .ipv6Mask("ffff:ffff:ffff:ffff::")
                .ipv6Gateway("2001:db8::1"));
    assertThat(world.loadBalancer("a").getStatus().getAddresses())
        .containsExactly("2001:db8::2", "192.0.2.2");
    world.delete("a");
    world.settle();
    assertThat(world.claimObjects()).isEmpty();
  }

  @Test
  void singleIpv6StandsInTheFieldOfTheFirstAddress() {
    world.pool("four", "192.0.2.0/24");
    world.pool("six", "2001:db8::/64");
    LoadBalancer object = annotated("a", ThresherNames.IP_FAMILIES, "IPv6");
    object.getSpec().ipFamilyPolicy("SingleStack");
    world.create(object);
    world.settle();

    assertThat(world.loadBalancer("a").getStatus().getAllocatedAddress())
        .isEqualTo(
            new AllocatedAddress()
                .ipPool("six")
                .ip("2001:db8::2")
                .mask("ffff:ffff:ffff:ffff::")
                .gateway("2001:db8::1"));
  }

  @Test
  void preferredSecondFamilyComesWhenThereIsAPoolForIt() {
    world.pool("four", "192.0.2.0/24");
    LoadBalancer object = cluster("a");
    object.getSpec().ipFamilyPolicy("PreferDualStack");
    world.create(object);
    world.settle();
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
    assertThat(world.loadBalancer("a").getStatus().getAddresses()).containsExactly("192.0.2.2");

    world.events.clear();
    world.pool("six", "2001:db8::/64");
    world.settle();

    assertThat(world.loadBalancer("a").getStatus().getAddresses())
        .containsExactly("192.0.2.2", "2001:db8::2");
    assertThat(world.events).containsExactly("NORMAL a AddressAllocated");
  }

  @Test
  void requiredSecondFamilyKeepsTheFirstWhileItWaits() {
    world.pool("four", "192.0.2.0/24");
    LoadBalancer object = cluster("a");
    object.getSpec().ipFamilyPolicy("RequireDualStack");
    world.create(object);
    world.settle();

    assertThat(world.ready("a").getStatus()).isEqualTo("False");
    assertThat(world.ready("a").getReason()).isEqualTo("PoolLacksFamily");
    assertThat(world.claims()).hasSize(1);
  }

  @Test
  void addressOfTheGoControllerIsAdoptedAndNeverChanged() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.12");
    var pool = world.pool("pool");
    pool.status(
        new IPPoolStatus()
            .total(3L)
            .available(1L)
            .lastAllocated("192.0.2.11")
            .allocated(Map.of("192.0.2.10", "vms/a", "192.0.2.11", "vms/gone"))
            .allocatedHistory(Map.of("192.0.2.12", "vms/c")));
    world.store.put(LoadBalancerTypes.IP_POOL, pool);
    LoadBalancer object = cluster("a");
    object.status(
        new LoadBalancerStatus()
            .address("192.0.2.10")
            .allocatedAddress(
                new AllocatedAddress()
                    .ipPool("pool")
                    .ip("192.0.2.10")
                    .mask("255.255.255.0")
                    .gateway("192.0.2.1")));
    world.store.put(LoadBalancerTypes.LOAD_BALANCER, object);
    world.create(cluster("b"));
    world.create(cluster("c"));
    world.create(cluster("d"));
    world.restart();
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.10");
    assertThat(world.loadBalancer("a").getStatus().getAddress()).isEqualTo("192.0.2.10");
    // One address is left, and the first to look gets it: "gone" has no load balancer, but nobody
    // has freed its address.
    assertThat(world.claims()).containsEntry("192.0.2.10", "vms/a").hasSize(2);
    assertThat(world.pool("pool").getStatus().getAllocated())
        .containsEntry("192.0.2.11", "vms/gone");
    assertThat(world.pool("pool").getStatus().getAvailable()).isZero();
    assertThat(world.events).contains("WARNING pool UnclaimedAddresses");

    world.api.patch(
        LoadBalancerTypes.IP_POOL,
        ObjectKey.cluster("pool"),
        Patches.annotations(
            Map.of(HarvesterNames.MANUALLY_RELEASE_IP, Optional.of("192.0.2.11: vms/gone"))));
    world.settle();
    assertThat(world.claims()).hasSize(3).containsKey("192.0.2.11");
    assertThat(world.events).contains("NORMAL pool NoUnclaimedAddress");
    assertThat(world.pool("pool").getMetadata().getAnnotations())
        .as("the next one may follow")
        .satisfiesAnyOf(all -> assertThat(all).isNull(), all -> assertThat(all).isEmpty());
    world.assertConsistent("pool");
  }

  @Test
  void addressBookedForAnOwnerWhoseStatusWasLostIsItsOwn() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.19");
    var pool = world.pool("pool");
    pool.status(
        new IPPoolStatus()
            .total(10L)
            .available(9L)
            .lastAllocated("192.0.2.15")
            .allocated(Map.of("192.0.2.15", "vms/a")));
    world.store.put(LoadBalancerTypes.IP_POOL, pool);
    world.create(cluster("a"));
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.15");
    world.assertConsistent("pool");
  }

  @Test
  void twoWhoSayTheyHaveOneAddressAreTold() {
    world.pool("pool", "192.0.2.0/24");
    for (String name : List.of("a", "b")) {
      LoadBalancer object = cluster(name);
      object.status(
          new LoadBalancerStatus()
              .allocatedAddress(new AllocatedAddress().ipPool("pool").ip("192.0.2.10")));
      world.store.put(LoadBalancerTypes.LOAD_BALANCER, object);
    }
    world.restart();
    world.settle();

    assertThat(world.claims()).hasSize(1);
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
    assertThat(world.ready("b").getReason()).isEqualTo("AddressConflict");
    assertThat(world.ready("b").getMessage()).contains("192.0.2.10", "vms/a");
    assertThat(world.allocated("b")).isEqualTo("192.0.2.10");
    assertThat(world.events).contains("WARNING b AddressConflict");

    world.delete("a");
    world.settle();
    assertThat(world.ready("b").getStatus()).isEqualTo("True");
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.10", "vms/b"));
  }

  @Test
  void addressOfAPoolThatIsGoneIsAdoptedToo() {
    LoadBalancer object = cluster("a");
    object.status(
        new LoadBalancerStatus()
            .allocatedAddress(
                new AllocatedAddress().ipPool("gone").ip("192.0.2.10").mask("255.255.255.0")));
    world.store.put(LoadBalancerTypes.LOAD_BALANCER, object);
    world.restart();
    world.settle();

    assertThat(world.claimObjects().get(0).getSpec().getPrefixLength()).isEqualTo(24);
    world.delete("a");
    world.settle();
    assertThat(world.claimObjects()).isEmpty();
  }

  @Test
  void namedPoolThatChangesMovesTheAddressMakeBeforeBreak() {
    world.pool("one", new ScopeTuple(), "192.0.2.0/24");
    world.pool("two", new ScopeTuple(), "198.51.100.0/30");
    LoadBalancer object = cluster("a");
    object.getSpec().ipPool("one");
    world.create(object);
    world.settle();
    assertThat(world.allocated("a")).isEqualTo("192.0.2.2");

    patchPool("a", "missing");
    world.settle();
    assertThat(world.allocated("a")).isEqualTo("192.0.2.2");
    assertThat(world.ready("a").getReason()).isEqualTo("PoolUnusable");
    patchPool("a", "");
    world.settle();
    assertThat(world.allocated("a")).isEqualTo("192.0.2.2");
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
    world.events.clear();
    patchPool("a", "two");
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("198.51.100.2");
    assertThat(world.claims()).containsExactly(Map.entry("198.51.100.2", "vms/a"));
    assertThat(world.events).as("the reason stays").containsExactly("NORMAL a AddressAllocated");
  }

  @Test
  void namedPoolThatIsFullMovesNothing() {
    world.pool("one", new ScopeTuple(), "192.0.2.0/24");
    world.pool("two", new ScopeTuple(), "198.51.100.0/30");
    LoadBalancer other = cluster("b");
    other.getSpec().ipPool("two");
    world.create(other);
    LoadBalancer object = cluster("a");
    object.getSpec().ipPool("one");
    world.create(object);
    world.settle();

    patchPool("a", "two");
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("192.0.2.2");
    assertThat(world.ready("a").getReason()).isEqualTo("PoolExhausted");
    world.delete("b");
    world.settle();
    assertThat(world.allocated("a")).isEqualTo("198.51.100.2");
  }

  @Test
  void namedPoolThatLacksTheFamilyMovesNothingAndIsWaitedFor() {
    world.pool("one", new ScopeTuple(), "192.0.2.0/24");
    world.pool("six", new ScopeTuple(), "2001:db8::/64");
    LoadBalancer object = cluster("a");
    object.getSpec().ipPool("one");
    world.create(object);
    world.settle();

    patchPool("a", "six");
    world.settle();
    assertThat(world.allocated("a")).isEqualTo("192.0.2.2");
    assertThat(world.ready("a").getReason()).isEqualTo("PoolLacksFamily");
    assertThat(world.ready("a").getMessage()).contains("\"six\"", "IPv4");
    assertThat(world.events).contains("WARNING a PoolLacksFamily");

    world.pool("six", new ScopeTuple(), "2001:db8::/64", "198.51.100.0/30");
    world.settle();
    assertThat(world.allocated("a")).isEqualTo("198.51.100.2");
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
  }

  @Test
  void namedPoolThatIsBrokenMovesNothingAndIsWaitedFor() {
    world.pool("one", new ScopeTuple(), "192.0.2.0/24");
    world.pool("two", new ScopeTuple(), "198.51.100.0/99");
    LoadBalancer object = cluster("a");
    object.getSpec().ipPool("one");
    world.create(object);
    world.settle();

    patchPool("a", "two");
    world.settle();
    assertThat(world.allocated("a")).isEqualTo("192.0.2.2");
    assertThat(world.ready("a").getReason()).isEqualTo("PoolUnusable");
    assertThat(world.ready("a").getMessage()).contains("198.51.100.0/99");

    world.pool("two", new ScopeTuple(), "198.51.100.0/30");
    world.settle();
    assertThat(world.allocated("a")).isEqualTo("198.51.100.2");
  }

  @Test
  void ofTwoFamiliesTheOneThatTheNamedPoolLacksStays() {
    world.pool("four", "192.0.2.0/24");
    world.pool("six", "2001:db8::/64");
    world.pool("other", new ScopeTuple(), "2001:db8:1::/64");
    LoadBalancer object = cluster("a");
    object.getSpec().ipFamilyPolicy("RequireDualStack");
    world.create(object);
    world.settle();

    patchPool("a", "other");
    world.settle();
    assertThat(world.loadBalancer("a").getStatus().getAddresses())
        .containsExactly("192.0.2.2", "2001:db8:1::2");
    assertThat(world.ready("a").getStatus()).isEqualTo("True");

    // A policy that is not said any more moves nothing, either.
    world.api.patch(
        LoadBalancerTypes.LOAD_BALANCER,
        World.key("a"),
        new Patch.Merge(Patches.nest(JsonNull.INSTANCE, "spec", "ipFamilyPolicy"), ""));
    world.settle();
    assertThat(world.loadBalancer("a").getStatus().getAddresses())
        .containsExactly("192.0.2.2", "2001:db8:1::2");
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
  }

  private void patchPool(String name, String pool) {
    JsonObject document = Patches.nest(new JsonPrimitive(pool), "spec", "ipPool");
    world.api.patch(
        LoadBalancerTypes.LOAD_BALANCER, World.key(name), new Patch.Merge(document, ""));
  }

  @Test
  void claimThatSomebodyDeletedIsMadeAgain() {
    world.pool("pool", "192.0.2.0/24");
    world.create(cluster("a"));
    world.settle();
    var claim = world.claimObjects().get(0);
    world.api.delete(NetTypes.ADDRESS_CLAIM, ObjectKey.of(claim), Precondition.NONE);
    world.settle();

    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/a"));
  }

  @Test
  void claimOfALoadBalancerThatVanishedIsReleased() {
    world.pool("pool", "192.0.2.0/24");
    world.create(cluster("a"));
    world.settle();
    world.store.drop(LoadBalancerTypes.LOAD_BALANCER, World.key("a"));
    world.settle();

    assertThat(world.claimObjects()).isEmpty();
    world.assertConsistent("pool");
  }

  @Test
  void dhcpIsPassedOn() {
    LoadBalancer object = cluster("a");
    object.getSpec().ipam("dhcp");
    world.create(object);
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("0.0.0.0");
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
    world.delete("a");
    world.settle();
    assertThat(world.exists("a")).isFalse();
  }

  @Test
  void poolThatIsDeletedStaysWhileItIsUsed() {
    world.pool("pool", "192.0.2.0/24");
    world.create(cluster("a"));
    world.settle();
    world.api.delete(LoadBalancerTypes.IP_POOL, ObjectKey.cluster("pool"), Precondition.NONE);
    world.settle();
    assertThat(world.pool("pool").getMetadata().getDeletionTimestamp()).isNotNull();
    assertThat(world.events).contains("WARNING pool PoolInUse");
    world.create(cluster("b"));
    world.settle();
    assertThat(world.ready("b").getReason()).isEqualTo("NoMatchingPool");

    world.delete("a");
    world.settle();

    assertThat(world.store.list(LoadBalancerTypes.IP_POOL)).isEmpty();
    assertThat(world.claimObjects()).isEmpty();
  }

  @Test
  void brokenPoolIsSaidAndUsedByNobody() {
    world.pool("pool", "192.0.2.0/99");
    world.create(cluster("a"));
    world.settle();

    assertThat(world.pool("pool").getStatus().getConditions().get(0).getMessage())
        .contains("spec.ranges[0].subnet", "192.0.2.0/99");
    assertThat(world.ready("a").getReason()).isEqualTo("NoMatchingPool");
    assertThat(world.events).contains("WARNING pool InvalidRange");
    IPPool pool = world.pool("pool");
    pool.getSpec().getRanges().getFirst().subnet("192.0.2.0/24");
    world.store.put(LoadBalancerTypes.IP_POOL, pool);
    world.settle();
    assertThat(world.events).containsOnlyOnce("NORMAL pool RangesValid");
    assertThat(world.allocated("a")).isEqualTo("192.0.2.2");
    assertThat(world.pool("pool").getStatus().getConditions().get(0).getStatus()).isEqualTo("True");
  }

  @Test
  void whatABrokenPoolGaveEndsAsAnyOther() {
    world.holdDown(Duration.ofMinutes(5));
    world.waits = false;
    world.pool("pool", "192.0.2.0/24");
    world.create(cluster("a"));
    world.create(cluster("b"));
    world.settle();
    IPPool pool = world.pool("pool");
    pool.getSpec().getRanges().getFirst().subnet("192.0.2.0/99");
    world.store.put(LoadBalancerTypes.IP_POOL, pool);
    world.settle();
    world.delete("a");
    world.settle();
    assertThat(world.claimObjects()).hasSize(2);
    assertThat(world.pool("pool").getStatus().getAllocated()).hasSize(2);

    world.timeline.advance(Duration.ofMinutes(5));
    world.restart();
    world.settle();
    assertThat(world.claimObjects()).hasSize(1);
    assertThat(world.pool("pool").getStatus().getAllocated())
        .containsExactly(Map.entry("192.0.2.3", "vms/b"));
    assertThat(world.pool("pool").getStatus().getAllocatedHistory())
        .containsExactly(Map.entry("192.0.2.2", "vms/a"));

    pool = world.pool("pool");
    pool.getSpec().getRanges().getFirst().subnet("192.0.2.0/24");
    world.store.put(LoadBalancerTypes.IP_POOL, pool);
    world.settle();
    world.assertConsistent("pool");
    world.create(cluster("a"));
    world.settle();
    assertThat(world.allocated("a")).as("the address that it had").isEqualTo("192.0.2.2");
  }

  @Test
  void hundredAtOnceAreOneAddressEachAndFewPoolWrites() {
    world.pool("pool", "10.0.0.0/16");
    world.settle();
    for (int i = 0; i < 100; i++) {
      world.create(cluster("lb-" + i));
    }
    world.settle();

    assertThat(world.claims()).hasSize(100);
    world.assertConsistent("pool");
    assertThat(world.api.writes())
        .filteredOn(call -> call.resource().equals(LoadBalancerTypes.IP_POOL.resource()))
        .hasSizeLessThan(5);
  }

  /// Harvester's controller answers from a stale cache after a conflict, and leaves living ones
  /// whose address no pool lists.
  @Test
  void afterABurstWithConflictsAndStaleCachesThePoolListsEveryAddress() {
    world.pool("pool", "10.0.0.0/16");
    world.settle();
    var patches = new AtomicInteger();
    world.api.fault(call ->
        call.verb().equals("patch") && patches.incrementAndGet() % 3 == 0
            ? Optional.of(FakeKubeApi.exception(Reason.CONFLICT, "somebody else wrote"))
            : Optional.empty());
    for (int i = 0; i < 100; i++) {
      world.create(cluster("lb-" + i));
      if (i % 10 == 9) {
        world.informers().pause();
        world.step();
        world.step();
        world.informers().resume();
      }
    }
    world.settle();
    assertThat(patches.get()).isGreaterThan(100);

    assertThat(world.pool("pool").getStatus().getAllocated()).hasSize(100);
    for (int i = 0; i < 100; i++) {
      assertThat(world.pool("pool").getStatus().getAllocated())
          .containsEntry(world.allocated("lb-" + i), World.NS + "/lb-" + i);
    }
    world.assertConsistent("pool");
  }
}
