package dev.thresher.loadbalancer.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.reconcile.FaultyApi.Fault;
import dev.thresher.loadbalancer.reconcile.FaultyApi.Killed;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/// Load balancers come and go at random, writes fail and processes die at random: no address has
/// two owners, none is lost, none changes, and the pool's numbers are those of the claims.
@Tag("simulation")
final class RandomOperationsTest {

  private static final int NAMES = 6;
  private static final int ADDRESSES = 4;

  /// @param name which load balancer
  /// @param delete whether it is deleted, else made
  /// @param fault what happens at the next writes
  /// @param write at which of them; 0 for none
  /// @param pace how much is done before the next operation
  record Operation(int name, boolean delete, Fault fault, int write, Pace pace) {}

  enum Pace {
    /// Everything.
    SETTLE,
    /// One look at what waits.
    STEP,
    /// Looks at what waits, with caches that hear of nothing meanwhile.
    STEPS_WITH_STALE_CACHES
  }

  @Provide
  Arbitrary<List<Operation>> operations() {
    return Combinators.combine(
            Arbitraries.integers().between(0, NAMES - 1),
            Arbitraries.of(true, false),
            Arbitraries.of(Fault.class),
            Arbitraries.integers().between(0, 6),
            Arbitraries.of(Pace.class))
        .as(Operation::new)
        .list()
        .ofMinSize(20)
        .ofMaxSize(60);
  }

  /// 250 times 20 to 60, on average 40: 10,000 operations.
  @Property(tries = 250)
  void keepsItsPromises(@ForAll("operations") List<Operation> operations) {
    World world = new World();
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.13");
    var known = new HashMap<String, String>();
    for (Operation operation : operations) {
      world.restart(new FaultyApi(world.api, operation.fault(), operation.write()));
      String name = "lb-" + operation.name();
      if (operation.delete() && world.exists(name)) {
        world.delete(name);
      } else if (!operation.delete() && !world.exists(name)) {
        world.create(World.cluster(name));
      }
      work(world, operation.pace());
      check(world, known);
    }
    world.restart();
    world.settle();
    check(world, known);

    world.assertConsistent("pool");
    List<LoadBalancer> all = world.store.list(LoadBalancerTypes.LOAD_BALANCER);
    assertThat(world.claims()).hasSize(Math.min(ADDRESSES, all.size()));
    assertThat(world.claimObjects()).hasSize(world.claims().size());
    assertThat(all.stream().filter(object -> !Recorded.of(object).isEmpty()))
        .hasSize(world.claims().size());
  }

  private static void work(World world, Pace pace) {
    try {
      switch (pace) {
        case SETTLE -> world.settle();
        case STEP -> world.step();
        case STEPS_WITH_STALE_CACHES -> {
          world.informers().pause();
          for (int i = 0; i < 3; i++) {
            world.step();
          }
          world.informers().resume();
        }
      }
    } catch (Killed killed) {
      world.restart();
    }
  }

  /// @param known the address of each load balancer that was seen with one, by UID
  private static void check(World world, Map<String, String> known) {
    Map<String, String> claims = world.claims();
    var given = new HashSet<String>();
    for (LoadBalancer object : world.store.list(LoadBalancerTypes.LOAD_BALANCER)) {
      String uid = object.getMetadata().getUid();
      boolean deleting = object.getMetadata().getDeletionTimestamp() != null;
      for (Recorded recorded : Recorded.of(object)) {
        String address = recorded.address().toString();
        assertThat(known.putIfAbsent(uid, address)).isIn(null, address);
        if (!deleting) {
          assertThat(given.add(address)).as("%s has two owners", address).isTrue();
          assertThat(claims)
              .containsEntry(address, World.NS + "/" + object.getMetadata().getName());
        }
      }
    }
    assertThat(world.store.list(NetTypes.ADDRESS_CLAIM).size()).isLessThanOrEqualTo(ADDRESSES);
  }
}
