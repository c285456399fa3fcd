package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.Families;
import dev.thresher.loadbalancer.ipam.Pool;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What is to be done about the addresses of one load balancer, from what it wishes, what is
/// claimed for it and what its status says it has.
///
/// An address that it has stays, unless another pool is named for it: then a new one is claimed
/// first, and the old one is given back when the status names the new one.
///
/// @param steps what is to be claimed, in order
/// @param keep claims that hold, at most one of each family, in the order of the wish
/// @param surplus claims to give back once the status names all of `keep`
record AddressPlan(List<Step> steps, List<Claim> keep, List<Claim> surplus) {

  AddressPlan {
    steps = List.copyOf(steps);
    keep = List.copyOf(keep);
    surplus = List.copyOf(surplus);
  }

  sealed interface Step {

    /// The status names this address, but no claim does.
    record Adopt(Recorded recorded) implements Step {}

    /// A released claim of the same owner is in use again, or the owner was made again: the claim
    /// gets its UID.
    record TakeBack(Claim claim) implements Step {}

    /// A new address.
    ///
    /// @param family null for that of the pool that is chosen
    /// @param pool the pool that is named, empty to choose one
    /// @param required whether the load balancer is incomplete without it
    record Allocate(@Nullable IpFamily family, String pool, boolean required) implements Step {}
  }

  /// @param claims the claims of the owner, released ones too
  /// @param pools looks a pool up by its name
  /// @param occupied whether somebody who is no load balancer answers for an address of a pool
  static AddressPlan of(
      Wish wish,
      Collection<Claim> claims,
      List<Recorded> recorded,
      Function<String, Optional<Pool>> pools,
      BiPredicate<Pool, IpAddress> occupied) {
    var steps = new ArrayList<Step>();
    var held = new EnumMap<IpFamily, Claim>(IpFamily.class);
    var promised = new EnumMap<IpFamily, Boolean>(IpFamily.class);
    var surplus = new ArrayList<Claim>();

    for (Recorded address : recorded) {
      if (claims.stream().noneMatch(claim -> claim.address().equals(address.address()))) {
        steps.add(new Step.Adopt(address));
        promised.put(address.address().family(), true);
      }
    }
    boolean suffices = claims.stream().anyMatch(Claim::active);
    for (IpFamily family : IpFamily.values()) {
      List<Claim> active = byPreference(wish, claims, recorded, family, true);
      List<Claim> released =
          byPreference(wish, claims, recorded, family, false).stream()
              .filter(claim ->
                  isNamed(recorded, claim)
                      || (isAsAsked(wish, claim) && mayBeGiven(wish, claim, pools, occupied)))
              .toList();
      if (!active.isEmpty()) {
        held.put(family, active.get(0));
        surplus.addAll(active.subList(1, active.size()));
      } else if (!released.isEmpty()
          && !promised.containsKey(family)
          && wanted(wish, family, suffices || !promised.isEmpty())) {
        steps.add(new Step.TakeBack(released.get(0)));
        promised.put(family, true);
      }
    }
    held.values().stream()
        .filter(claim -> !claim.ownerUid().equals(wish.uid()))
        .forEach(claim -> steps.add(new Step.TakeBack(claim)));
    steps.addAll(allocations(wish, held, promised, pools));
    return ordered(wish, steps, held, surplus, recorded);
  }

  private static boolean isNamed(List<Recorded> recorded, Claim claim) {
    return recorded.stream().anyMatch(address -> address.address().equals(claim.address()));
  }

  /// Whether no other address is asked for in place of this one.
  private static boolean isAsAsked(Wish wish, Claim claim) {
    @Nullable IpAddress wanted = wish.wanted().get(claim.family());
    return wanted == null
        ? wish.wanted().isEmpty() || wish.families() instanceof Families.These
        : wanted.equals(claim.address());
  }

  /// Whether its pool would give the address to this one as a new one. A released address is
  /// nobody's that was excluded, reserved for another or taken by a machine meanwhile.
  private static boolean mayBeGiven(
      Wish wish,
      Claim claim,
      Function<String, Optional<Pool>> pools,
      BiPredicate<Pool, IpAddress> occupied) {
    return pools
        .apply(claim.pool())
        .filter(pool -> pool.rangeGiving(claim.address()).isPresent())
        .filter(pool -> !pool.reservedForOthersThan(wish.claimant()).containsKey(claim.address()))
        .filter(pool -> !occupied.test(pool, claim.address()))
        .isPresent();
  }

  private static List<Step> allocations(
      Wish wish,
      Map<IpFamily, Claim> held,
      Map<IpFamily, Boolean> promised,
      Function<String, Optional<Pool>> pools) {
    var steps = new ArrayList<Step>();
    for (IpFamily family : held.keySet()) {
      String named = wish.poolFor(family);
      boolean elsewhere = !named.isEmpty() && !named.equals(held.get(family).pool());
      // Of two addresses one may be of a pool that is chosen, if the one that is named lacks its
      // family; else what cannot be followed is tried, and said.
      boolean chosen = held.size() == 2 && namesAnotherFamily(family, named, pools);
      if (elsewhere
          && !chosen
          && wanted(wish, family, false)
          && !namedFor(wish, family, pools).isEmpty()) {
        steps.add(new Step.Allocate(family, named, true));
      }
    }
    switch (wish.families()) {
      case Families.OfThePool(boolean _) -> {
        if (held.isEmpty() && promised.isEmpty()) {
          steps.add(new Step.Allocate(null, wish.ipPool(), true));
        }
      }
      case Families.These(List<IpFamily> order, boolean all, boolean _) -> {
        for (IpFamily family : order) {
          if (!held.containsKey(family) && !promised.containsKey(family)) {
            steps.add(new Step.Allocate(family, namedFor(wish, family, pools), all));
          }
        }
      }
    }
    return steps;
  }

  /// The pool that is named counts for a family only if it has it, when two families are wanted:
  /// one pool of one family is named for the first address, the other is chosen.
  private static String namedFor(
      Wish wish, IpFamily family, Function<String, Optional<Pool>> pools) {
    String named = wish.poolFor(family);
    boolean two = wish.families() instanceof Families.These these && these.order().size() == 2;
    return two && namesAnotherFamily(family, named, pools) ? "" : named;
  }

  private static boolean namesAnotherFamily(
      IpFamily family, String named, Function<String, Optional<Pool>> pools) {
    return pools.apply(named).filter(pool -> !pool.has(family)).isPresent();
  }

  private static AddressPlan ordered(
      Wish wish,
      List<Step> steps,
      EnumMap<IpFamily, Claim> held,
      List<Claim> surplus,
      List<Recorded> recorded) {
    List<IpFamily> order =
        switch (wish.families()) {
          case Families.OfThePool(boolean exclusive) -> {
            List<IpFamily> said =
                recorded.stream().map(address -> address.address().family()).toList();
            if (exclusive && held.size() > 1) {
              IpFamily first =
                  said.stream().findFirst().orElseGet(() -> held.keySet().iterator().next());
              surplus.add(held.remove(first.other()));
            }
            yield said;
          }
          case Families.These(List<IpFamily> named, boolean _, boolean exclusive) -> {
            if (exclusive && held.keySet().containsAll(named)) {
              held.forEach((family, claim) -> {
                if (!named.contains(family)) {
                  surplus.add(claim);
                }
              });
              held.keySet().retainAll(named);
            }
            yield named;
          }
        };
    List<Claim> keep =
        held.values().stream()
            .sorted(
                Comparator.comparingInt((Claim claim) -> place(order, claim.family()))
                    .thenComparing(Claim::family))
            .toList();
    return new AddressPlan(steps, keep, surplus);
  }

  private static int place(List<IpFamily> order, IpFamily family) {
    int index = order.indexOf(family);
    return index < 0 ? order.size() : index;
  }

  /// Best first: from the pool that is named, what the status says, the oldest.
  private static List<Claim> byPreference(
      Wish wish,
      Collection<Claim> claims,
      List<Recorded> recorded,
      IpFamily family,
      boolean active) {
    String named = wish.poolFor(family);
    List<IpAddress> said = recorded.stream().map(Recorded::address).toList();
    return claims.stream()
        .filter(claim -> claim.family() == family && claim.active() == active)
        .sorted(
            Comparator.comparing((Claim claim) -> !claim.pool().equals(named))
                .thenComparing(claim -> !said.contains(claim.address()))
                .thenComparing(Claim::allocatedAt)
                .thenComparing(Claim::address))
        .toList();
  }

  /// @param any whether there is an address of any family already
  private static boolean wanted(Wish wish, IpFamily family, boolean any) {
    return switch (wish.families()) {
      case Families.OfThePool(boolean exclusive) -> !exclusive || !any;
      case Families.These(List<IpFamily> order, boolean _, boolean _) -> order.contains(family);
    };
  }
}
