package dev.thresher.loadbalancer.reconcile;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.loadbalancer.PoolQuota;
import dev.thresher.api.loadbalancer.PoolReservation;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.reconcile.FaultyApi.Fault;
import dev.thresher.loadbalancer.reconcile.FaultyApi.Killed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterProperty;

/// Load balancers come and go at random, writes fail and processes die at random. There is an IPv4
/// pool that keeps an address for one of them and an IPv6 pool, both with quotas; some want both
/// families, and some have an address together.
///
/// No address has two owners, but for a group, whose ports differ in the end; none is lost, none
/// changes; no tenant has more than it may; the pools' numbers are those of the claims; and who has
/// nothing in the end could not have anything.
@Tag("simulation")
final class RandomOperationsTest {

  private static final String KEPT = "192.0.2.11";
  private static final String GROUP = "together";

  private static int addressesOf(IpFamily family) {
    return switch (family) {
      case IPV4 -> 5;
      case IPV6 -> 3;
    };
  }

  /// How many addresses of a pool a guest cluster may have.
  private static int quotaOf(IpFamily family) {
    return switch (family) {
      case IPV4 -> 2;
      case IPV6 -> 1;
    };
  }

  /// What a load balancer of a certain name is like, in each of its lives.
  private record Kind(String cluster, Set<IpFamily> families, String policy, String port) {

    boolean shares() {
      return !port.isEmpty();
    }

    LoadBalancer object(String name) {
      LoadBalancer object = shares() ? World.machines(name) : World.cluster(name);
      if (shares()) {
        object.getMetadata().putAnnotationsItem(ThresherNames.SHARE_GROUP, GROUP);
        object
            .getSpec()
            .getListeners()
            .getFirst()
            .port(Integer.parseInt(port.substring(4)))
            .protocol(port.substring(0, 3));
      } else {
        object.getMetadata().putLabelsItem(HarvesterNames.CLUSTER_LABEL, cluster);
      }
      if (!policy.isEmpty()) {
        object.getSpec().ipFamilyPolicy(policy);
        object
            .getMetadata()
            .putAnnotationsItem(
                ThresherNames.IP_FAMILIES,
                String.join(",", families.stream().map(IpFamily::text).sorted().toList()));
      }
      return object;
    }
  }

  private static final Set<IpFamily> FOUR = Set.of(IpFamily.IPV4);
  private static final Set<IpFamily> SIX = Set.of(IpFamily.IPV6);
  private static final Set<IpFamily> BOTH = Set.of(IpFamily.IPV4, IpFamily.IPV6);

  private static final List<Kind> KINDS =
      List.of(
          new Kind("g1", FOUR, "", ""),
          new Kind("g1", FOUR, "", ""),
          new Kind("g1", FOUR, "", ""),
          new Kind("g2", BOTH, "PreferDualStack", ""),
          new Kind("g2", BOTH, "RequireDualStack", ""),
          new Kind("g3", SIX, "SingleStack", ""),
          new Kind("g3", SIX, "SingleStack", ""),
          new Kind("", FOUR, "", "TCP 80"),
          new Kind("", FOUR, "", "TCP 81"),
          new Kind("", FOUR, "", "UDP 80"),
          // In the way of the first of the group.
          new Kind("", FOUR, "", "TCP 80"));

  /// For whom [#KEPT] is kept.
  private static final String KEEPER = "lb-0";

  /// It is deleted if it is there, else made.
  ///
  /// @param name which load balancer; the next one if it is on its way
  /// @param fault what happens at the next writes
  /// @param write at which of them; 0 for none
  /// @param pace how much is done before the next operation
  record Operation(int name, Fault fault, int write, Pace pace) {}

  enum Pace {
    /// Everything.
    SETTLE,
    /// One look at what waits.
    STEP,
    /// Looks at what waits, with caches that hear of nothing meanwhile.
    STEPS_WITH_STALE_CACHES
  }

  private static final int TRIES = 250;
  private static final int OPERATIONS_OF_A_TRY = 40;
  private static final int OPERATIONS = 10_000;

  /// How many load balancers were made or deleted in all tries.
  private int applied;

  @Provide
  Arbitrary<List<Operation>> operations() {
    return Combinators.combine(
            // Else small numbers come more often.
            Arbitraries.integers()
                .between(0, KINDS.size() - 1)
                .withDistribution(RandomDistribution.uniform()),
            Arbitraries.of(Fault.class),
            Arbitraries.integers().between(0, 8).withDistribution(RandomDistribution.uniform()),
            Arbitraries.of(Pace.class))
        .as(Operation::new)
        .list()
        .ofSize(OPERATIONS_OF_A_TRY);
  }

  @Property(tries = TRIES)
  void keepsItsPromises(@ForAll("operations") List<Operation> operations) {
    World world = new World();
    world.pool("four", "192.0.2.0/24 192.0.2.10 192.0.2.14");
    world.pool("six", "2001:db8::/64 2001:db8::10 2001:db8::12");
    limit(world, "four", quotaOf(IpFamily.IPV4));
    limit(world, "six", quotaOf(IpFamily.IPV6));
    var known = new HashMap<String, String>();
    for (Operation operation : operations) {
      world.restart(new FaultyApi(world.api, operation.fault(), operation.write()));
      apply(world, operation.name());
      work(world, operation.pace());
      check(world, known);
    }
    world.restart();
    world.settle();
    check(world, known);
    checkSettled(world);
  }

  /// An operation that finds nothing to do would be none.
  @AfterProperty
  void manyOperationsWereApplied() {
    assertThat(applied).isGreaterThanOrEqualTo(OPERATIONS);
  }

  private void apply(World world, int first) {
    for (int i = 0; i < KINDS.size(); i++) {
      int number = (first + i) % KINDS.size();
      String name = "lb-" + number;
      if (!world.exists(name)) {
        world.create(KINDS.get(number).object(name));
      } else if (world.loadBalancer(name).getMetadata().getDeletionTimestamp() == null) {
        world.delete(name);
      } else {
        continue;
      }
      applied++;
      return;
    }
    throw new AssertionError("all are on their way, and nobody lets them go");
  }

  private static void limit(World world, String name, int most) {
    IPPool pool = world.pool(name);
    pool.getSpec().addQuotasItem(new PoolQuota().guestCluster("*").addresses(most));
    if (name.equals("four")) {
      pool.getSpec()
          .addReservationsItem(
              new PoolReservation().address(KEPT).namespace(World.NS).name(KEEPER));
    }
    world.store.put(LoadBalancerTypes.IP_POOL, pool);
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

  private static Kind kind(String name) {
    return KINDS.get(Integer.parseInt(name.substring(name.lastIndexOf('-') + 1)));
  }

  private static String name(LoadBalancer object) {
    return Objects.requireNonNull(object.getMetadata().getName());
  }

  private static IpFamily family(String address) {
    return IpAddress.parse(address).family();
  }

  private static Map<IpFamily, String> addresses(LoadBalancer object) {
    var addresses = new HashMap<IpFamily, String>();
    Recorded.of(object)
        .forEach(
            recorded -> addresses.put(recorded.address().family(), recorded.address().toString()));
    return addresses;
  }

  /// What holds at any time.
  ///
  /// @param known the address of each load balancer that was seen with one, by UID and family
  private static void check(World world, Map<String, String> known) {
    Map<String, String> claims = world.claims();
    var holders = new HashMap<String, List<LoadBalancer>>();
    for (LoadBalancer object : world.store.list(LoadBalancerTypes.LOAD_BALANCER)) {
      addresses(object)
          .forEach((family, address) -> {
            assertThat(known.putIfAbsent(object.getMetadata().getUid() + family, address))
                .as("the %s address of %s stays", family, name(object))
                .isIn(null, address);
            if (object.getMetadata().getDeletionTimestamp() == null) {
              holders.computeIfAbsent(address, _ -> new ArrayList<>()).add(object);
            }
          });
    }
    holders.forEach((address, all) -> {
      assertThat(all.stream().filter(one -> !kind(name(one)).shares()).count())
          .as("%s has two owners", address)
          .isLessThanOrEqualTo(all.size() == 1 ? 1 : 0);
      boolean shared = kind(name(all.getFirst())).shares();
      // Between an owner that is gone and the one that follows there may be none.
      assertThat(claims.getOrDefault(address, shared ? World.NS + "/lb-7" : "nobody"))
          .satisfies(owner ->
              assertThat(
                      shared
                          ? kind(owner).shares()
                          : owner.equals(World.NS + "/" + name(all.getFirst())))
                  .as("%s of %s is claimed for %s", address, name(all.getFirst()), owner)
                  .isTrue());
    });
    assertThat(claims.getOrDefault(KEPT, World.NS + "/" + KEEPER))
        .isEqualTo(World.NS + "/" + KEEPER);
    // One that is on its way may claim what its status names, only to release it.
    var staying = new HashMap<>(claims);
    staying
        .values()
        .removeIf(owner ->
            !world.exists(owner.substring(owner.indexOf('/') + 1))
                || world
                        .loadBalancer(owner.substring(owner.indexOf('/') + 1))
                        .getMetadata()
                        .getDeletionTimestamp()
                    != null);
    for (IpFamily family : IpFamily.values()) {
      for (Kind tenant : KINDS) {
        assertThat(has(staying, tenant.cluster(), family))
            .as("%s addresses of %s", family, tenant.cluster())
            .isLessThanOrEqualTo(
                tenant.cluster().isEmpty() ? addressesOf(family) : quotaOf(family));
      }
    }
  }

  /// How many addresses of a family a guest cluster has.
  private static int has(Map<String, String> claims, String cluster, IpFamily family) {
    return (int)
        claims.entrySet().stream()
            .filter(claim -> family(claim.getKey()) == family)
            .filter(claim -> kind(claim.getValue()).cluster().equals(cluster))
            .count();
  }

  /// What holds when nothing is left to do.
  private static void checkSettled(World world) {
    Map<String, String> claims = world.claims();
    List<LoadBalancer> all = world.store.list(LoadBalancerTypes.LOAD_BALANCER);
    assertThat(world.claimObjects()).as("nothing is lost").hasSize(claims.size());
    Map<String, IpFamily> pools = Map.of("four", IpFamily.IPV4, "six", IpFamily.IPV6);
    pools.forEach((pool, family) -> {
      var of = new HashMap<>(claims);
      of.keySet().removeIf(address -> family(address) != family);
      var status = world.pool(pool).getStatus();
      assertThat(status.getAllocated()).isEqualTo(of);
      assertThat(status.getTotal()).isEqualTo((long) addressesOf(family));
      assertThat(status.getAvailable()).isEqualTo(status.getTotal() - of.size());
    });
    Set<String> used =
        all.stream().flatMap(object -> addresses(object).values().stream()).collect(toSet());
    assertThat(used).isEqualTo(claims.keySet());
    // Before, two that look at the same moment may both find a port free; the younger one leaves.
    assertThat(
            all.stream()
                .filter(object -> kind(name(object)).shares() && !addresses(object).isEmpty())
                .map(object -> addresses(object) + " " + kind(name(object)).port()))
        .as("ports of the group")
        .doesNotHaveDuplicates();
    for (LoadBalancer object : all) {
      Kind kind = kind(name(object));
      for (IpFamily family : kind.families()) {
        if (!addresses(object).containsKey(family)) {
          assertThat(couldHave(object, kind, family, claims, all))
              .as("%s has no %s address: %s", name(object), family, world.ready(name(object)))
              .isFalse();
        }
      }
    }
  }

  private static boolean couldHave(
      LoadBalancer object,
      Kind kind,
      IpFamily family,
      Map<String, String> claims,
      List<LoadBalancer> all) {
    if (kind.shares()) {
      boolean inTheWay =
          all.stream()
              .filter(other -> kind(name(other)).port().equals(kind.port()))
              .anyMatch(other -> addresses(other).containsKey(family));
      boolean groupHas = claims.values().stream().anyMatch(owner -> kind(owner).shares());
      return !inTheWay && (groupHas || free(object, family, claims));
    }
    return has(claims, kind.cluster(), family) < quotaOf(family) && free(object, family, claims);
  }

  private static boolean free(LoadBalancer object, IpFamily family, Map<String, String> claims) {
    long taken = claims.keySet().stream().filter(address -> family(address) == family).count();
    boolean keptForAnother =
        family == IpFamily.IPV4 && !name(object).equals(KEEPER) && !claims.containsKey(KEPT);
    return taken + (keptForAnother ? 1 : 0) < addressesOf(family);
  }
}
