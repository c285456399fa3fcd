package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeKubeApi;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Many Services that come and go while everybody is slow, calls fail and the program is killed:
/// nothing is left on the host, and no address is given back that a Service still has.
@Tag("simulation")
class BurstTest {

  @ParameterizedTest
  @ValueSource(ints = {100, 500})
  void createdAtOnceAndDeletedBeforeAnybodyAnswered(int count) {
    TwoClusters clusters = new TwoClusters();
    for (int i = 0; i < count; i++) {
      clusters.create("s" + i, "80/TCP");
    }
    clusters.programLooks();
    clusters.hostLooks();
    clusters.programLooks();
    assertThat(clusters.claims).hasSize(count);
    for (int i = 0; i < count; i++) {
      clusters.delete("s" + i);
    }
    clusters.settle();
    assertNothingLeft(clusters);
    assertThat(clusters.host.calls().stream().filter(call -> call.isWrite())).hasSize(2 * count);
  }

  @Test
  void createdAtOnceAndDeletedWhileHalfHaveNoAddress() {
    TwoClusters clusters = new TwoClusters();
    int count = 100;
    for (int i = 0; i < count; i++) {
      clusters.create("s" + i, "80/TCP");
    }
    clusters.programLooks();
    var half =
        clusters.hostStore.list(LoadBalancerTypes.LOAD_BALANCER).subList(0, count / 2).stream()
            .map(ObjectKey::of)
            .map(key ->
                clusters.hostStore.getJson(LoadBalancerTypes.LOAD_BALANCER, key).orElseThrow())
            .toList();
    half.forEach(clusters::hostLooksAt);
    clusters.programLooks();
    clusters.vipManagerLooks();
    for (int i = 0; i < count; i++) {
      clusters.delete("s" + i);
    }
    clusters.settle();
    assertNothingLeft(clusters);
  }

  @Test
  void threeCallsForEachFromCreateToDelete() {
    TwoClusters clusters = new TwoClusters();
    int count = 100;
    for (int i = 0; i < count; i++) {
      clusters.create("s" + i, "80/TCP");
    }
    clusters.settle();
    for (int i = 0; i < count; i++) {
      clusters.delete("s" + i);
    }
    clusters.settle();
    assertNothingLeft(clusters);
    assertThat(clusters.host.calls()).hasSize(3 * count);
  }

  @Test
  void aRestartWithServicesAtRestWritesNothing() {
    TwoClusters clusters = new TwoClusters();
    for (int i = 0; i < 100; i++) {
      clusters.create("s" + i, "80/TCP");
    }
    clusters.settle();
    clusters.host.forgetCalls();
    clusters.guest.forgetCalls();
    clusters.restart();
    clusters.programLooks();
    assertThat(clusters.host.calls()).isEmpty();
    assertThat(clusters.guest.calls()).isEmpty();
  }

  @Property(tries = 200)
  void nothingIsLeftWhateverHappensInBetween(@ForAll long seed) {
    Random random = new Random(seed);
    TwoClusters clusters = new TwoClusters();
    faults(clusters, random);
    List<String> alive = new ArrayList<>();
    int made = 0;
    for (int step = 0; step < 150; step++) {
      switch (random.nextInt(12)) {
        case 0, 1 -> {
          String name = "s" + made++;
          clusters.create(name, 80 + random.nextInt(3) + "/TCP");
          if (random.nextInt(3) == 0) {
            clusters.onHost(name);
          }
          alive.add(name);
        }
        case 2 ->
            pick(alive, random)
                .ifPresent(name -> {
                  clusters.delete(name);
                  alive.remove(name);
                });
        case 3 ->
            pick(alive, random)
                .ifPresent(name ->
                    pick(alive, random).ifPresent(primary -> clusters.share(name, primary)));
        case 4 -> pick(alive, random).ifPresent(clusters::unshareIfShared);
        case 5 -> clusters.hostLooks();
        case 6 -> clusters.vipManagerLooks();
        case 7 -> {
          if (random.nextInt(4) == 0) {
            clusters.restart();
          }
        }
        case 8 -> clusters.pauseHost();
        case 9 -> clusters.resumeHost();
        default -> pick(List.copyOf(clusters.woken), random).ifPresent(clusters::look);
      }
      assertAddressesAreHeldRightly(clusters, alive);
    }
    clusters.host.noFaults();
    clusters.guest.noFaults();
    clusters.resumeHost();
    alive.forEach(clusters::delete);
    clusters.wakeAll();
    clusters.settle();
    clusters.settle();
    assertNothingLeft(clusters);
  }

  /// No address is given back to the pool while a Service is told to have it.
  private static void assertAddressesAreHeldRightly(TwoClusters clusters, List<String> alive) {
    for (String name : alive) {
      String address = clusters.address(name);
      if (!address.isEmpty()) {
        assertThat(clusters.claims.values())
            .describedAs("addresses that are reserved, while %s has %s", name, address)
            .contains(address);
      }
    }
  }

  /// One call in ten fails.
  private static void faults(TwoClusters clusters, Random random) {
    for (FakeKubeApi api : List.of(clusters.host, clusters.guest)) {
      api.fault(call ->
          random.nextInt(10) == 0
              ? Optional.of(
                  FakeKubeApi.exception(
                      random.nextBoolean() ? Reason.UNREACHABLE : Reason.CONFLICT, "by chance"))
              : Optional.empty());
    }
  }

  private static void assertNothingLeft(TwoClusters clusters) {
    assertThat(clusters.balancers()).isEmpty();
    assertThat(clusters.claims).isEmpty();
    assertThat(clusters.guestStore.list(CoreTypes.SERVICE)).isEmpty();
  }

  private static <T> Optional<T> pick(List<T> from, Random random) {
    return from.isEmpty() ? Optional.empty() : Optional.of(from.get(random.nextInt(from.size())));
  }
}
