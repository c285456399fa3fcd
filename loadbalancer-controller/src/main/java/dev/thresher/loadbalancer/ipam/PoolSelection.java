package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.labels.LabelSelector;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.BiPredicate;

/// The pools a load balancer may take from when it names none, the best one first.
///
/// The rules are Harvester's (load-balancer-harvester, `pkg/ipam/selector.go`):
///
/// 1. A pool matches strictly if its network is equal and one of its scopes matches, each part
///    equal or `*` on either side.
/// 2. For guest clusters only, a pool matches loosely if besides an empty project or guest cluster
///    in a scope counts as any: the form that Harvester's UI makes.
/// 3. The global pool comes last, whatever its network, unless global pools are to heed it too.
///
/// Within a step the highest priority wins, then the first name; Harvester leaves that open. A pool
/// without scopes never matches.
///
/// In one point this differs: Harvester ends step 1 with the global pool and so never comes to step
/// 2 when there is a global pool, which then hides every closer pool with an empty project or
/// cluster (harvester/harvester issue 10592 has a user who got an address of another network so).
/// Here the global pool stands behind both steps.
public final class PoolSelection {

  private static final Comparator<Pool> BEST_FIRST =
      Comparator.comparingLong(Pool::priority).reversed().thenComparing(Pool::name);

  private PoolSelection() {}

  /// @param guestCluster whether the load balancer is for a guest cluster, not for machines
  /// @param globalHeedsNetwork whether a global pool, too, serves its own network only
  /// @return Harvester's choice first; the others are only for what the first cannot offer at all:
  ///   another family, an address that was asked for
  public static List<Pool> candidates(
      Collection<Pool> pools, Requirement need, boolean guestCluster, boolean globalHeedsNetwork) {
    var found = new LinkedHashSet<Pool>(matching(pools, need, PoolScope::matches));
    if (guestCluster) {
      found.addAll(matching(pools, need, PoolScope::matchesLoosely));
    }
    pools.stream()
        .filter(Pool::global)
        .filter(pool -> !globalHeedsNetwork || pool.network().equals(need.network()))
        .sorted(BEST_FIRST)
        .forEach(found::add);
    return List.copyOf(found);
  }

  /// The pools that a load balancer names by their labels, the best one first. As with a pool that
  /// is named, network and scopes do not count.
  public static List<Pool> labelled(Collection<Pool> pools, LabelSelector labels) {
    return pools.stream().filter(pool -> labels.matches(pool.labels())).sorted(BEST_FIRST).toList();
  }

  private static List<Pool> matching(
      Collection<Pool> pools, Requirement need, BiPredicate<PoolScope, Requirement> scopeMatches) {
    return pools.stream()
        .filter(pool -> !pool.global())
        .filter(pool -> pool.network().equals(need.network()))
        .filter(pool -> pool.scopes().stream().anyMatch(scope -> scopeMatches.test(scope, need)))
        .sorted(BEST_FIRST)
        .toList();
  }
}
