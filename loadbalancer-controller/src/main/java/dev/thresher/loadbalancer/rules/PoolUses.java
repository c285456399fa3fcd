package dev.thresher.loadbalancer.rules;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.rules.PoolRules.Use;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// What must not become of a pool while somebody has an address of it.
final class PoolUses {

  private static final int OWNERS_NAMED = 20;

  private static final String DELETE = "delete these load balancers first";

  private PoolUses() {}

  /// A pool that somebody has an address of stays.
  static Verdict deletion(IPPool object, List<Use> uses) {
    return uses.isEmpty()
        ? Verdict.PASS
        : Verdict.refuse(
            new Violation("status.allocated", named(uses), "no address in use", fix(object, uses)));
  }

  /// Addresses in use that the pool would no longer have, and a network that they are not on.
  static List<Violation> cut(IPPool before, IPPool after, List<Use> uses) {
    var violations = new ArrayList<Violation>();
    if (!uses.isEmpty() && !PoolRules.networkOf(before).equals(PoolRules.networkOf(after))) {
      violations.add(
          new Violation(
              "spec.selector.network",
              PoolRules.networkOf(after),
              "\""
                  + PoolRules.networkOf(before)
                  + "\", where addresses are in use by "
                  + named(uses),
              "make another pool for the other network"));
    }
    // Of a pool that was broken it cannot be said what it had.
    Predicate<IpAddress> had =
        PoolReading.of(before)
            .usable()
            .<Predicate<IpAddress>>map(then -> address -> then.rangeGiving(address).isPresent())
            .orElse(_ -> true);
    PoolReading.of(after)
        .usable()
        .flatMap(now -> cut(after, had, now, uses))
        .ifPresent(violations::add);
    return violations;
  }

  private static Optional<Violation> cut(
      IPPool object, Predicate<IpAddress> had, Pool now, List<Use> uses) {
    List<Use> gone =
        uses.stream()
            .filter(use -> had.test(use.address()))
            .filter(use -> now.rangeGiving(use.address()).isEmpty())
            .toList();
    return gone.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Violation(
                "spec.ranges",
                now.ranges().stream()
                    .map(range -> range.range().toString())
                    .collect(Collectors.joining(", ")),
                "ranges that give all addresses in use: " + named(gone),
                fix(object, gone) + ", or keep their addresses in a range"));
  }

  /// Without a claim there may be no load balancer to delete, and a person says whether there is.
  private static String fix(IPPool pool, List<Use> uses) {
    List<Use> unclaimed = uses.stream().filter(use -> !use.claimed()).toList();
    if (unclaimed.isEmpty()) {
      return DELETE;
    }
    Use first = unclaimed.getFirst();
    String release =
        "free what no load balancer claims, one after the other ("
            + named(unclaimed)
            + "): "
            + PoolReading.releaseCommand(
                pool.getMetadata().getName(), first.address(), first.owner());
    return unclaimed.size() == uses.size()
        ? release
        : "delete the load balancers that have a claim first, and " + release;
  }

  private static String named(List<Use> uses) {
    return uses.stream()
            .limit(OWNERS_NAMED)
            .map(use -> use.address() + " of " + use.owner())
            .collect(Collectors.joining(", "))
        + (uses.size() > OWNERS_NAMED ? " and " + (uses.size() - OWNERS_NAMED) + " more" : "");
  }
}
