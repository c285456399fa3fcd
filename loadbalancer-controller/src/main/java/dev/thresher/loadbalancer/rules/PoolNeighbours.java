package dev.thresher.loadbalancer.rules;

import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.PoolRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What an `IPPool` must be beside the other pools: ranges that are its own on its network, one
/// global pool of each family, and no doubt which of two pools serves whom.
final class PoolNeighbours {

  private PoolNeighbours() {}

  static Verdict check(IPPool object, PoolRules.Surroundings surroundings) {
    Optional<Pool> usable = PoolReading.of(object).usable();
    if (usable.isEmpty()) {
      return Verdict.PASS;
    }
    Pool pool = usable.get();
    var refusals = new ArrayList<Violation>();
    var warnings = new ArrayList<String>();
    for (Pool other : surroundings.others(pool.name())) {
      overlap(pool, other, refusals, warnings);
      gateways(pool, other, warnings);
      if (isGlobal(pool) && isGlobal(other)) {
        global(pool, other, refusals, warnings);
      } else if (!isGlobal(pool) && !isGlobal(other) && haveCommonFamily(pool, other)) {
        selectors(pool, other, refusals);
      }
    }
    return new Verdict(refusals, warnings);
  }

  private static void overlap(
      Pool pool, Pool other, List<Violation> refusals, List<String> warnings) {
    for (int i = 0; i < pool.ranges().size(); i++) {
      PoolRange range = pool.ranges().get(i);
      @Nullable PoolRange same =
          other.ranges().stream()
              .filter(o -> o.range().overlaps(range.range()))
              .findFirst()
              .orElse(null);
      if (same == null) {
        continue;
      }
      var violation =
          new Violation(
              "spec.ranges[" + i + "]",
              range.range().toString(),
              "addresses that no other pool of the network has",
              "narrow it by rangeStart and rangeEnd: pool \""
                  + other.name()
                  + "\" has "
                  + same.range());
      if (pool.network().equals(other.network())) {
        refusals.add(violation);
      } else {
        warnings.add(
            "spec.ranges["
                + i
                + "] overlaps "
                + same.range()
                + " of pool \""
                + other.name()
                + "\" on another network, which Harvester's own webhook would refuse");
      }
    }
  }

  /// Of addresses that the other pool gives no more, since they are gateways of this one.
  private static void gateways(Pool pool, Pool other, List<String> warnings) {
    for (Occupied gateway : Occupied.gateways(List.of(pool))) {
      if (gateway.network().equals(other.network())
          && other.rangeGiving(gateway.address()).isPresent()) {
        warnings.add(
            "pool \""
                + other.name()
                + "\" has "
                + gateway.address()
                + " in a range, which is "
                + gateway.holder()
                + ": it is given to nobody; set spec.ranges[].gateway if the gateway is another");
      }
    }
  }

  private static void global(
      Pool pool, Pool other, List<Violation> refusals, List<String> warnings) {
    if (haveCommonFamily(pool, other)) {
      refusals.add(
          new Violation(
              "spec.selector.scope",
              "*/*/*",
              "a scope that is not everybody, since pool \""
                  + other.name()
                  + "\" is global already",
              "name projects, namespaces or guest clusters"));
    } else {
      warnings.add(
          "pool \""
              + other.name()
              + "\" of the other family is global, too, which Harvester's own webhook would refuse");
    }
  }

  private static void selectors(Pool pool, Pool other, List<Violation> refusals) {
    if (pool.priority() != 0 && pool.priority() == other.priority()) {
      refusals.add(
          new Violation(
              "spec.selector.priority",
              String.valueOf(pool.priority()),
              "a priority that no other pool has, since that of \""
                  + other.name()
                  + "\" is the same",
              "choose another number"));
    }
    boolean together =
        pool.priority() == 0 && other.priority() == 0 && pool.network().equals(other.network());
    for (int i = 0; i < pool.scopes().size() && together; i++) {
      var scope = pool.scopes().get(i);
      if (other.scopes().stream().anyMatch(scope::overlaps)) {
        refusals.add(
            new Violation(
                "spec.selector.scope[" + i + "]",
                PoolReading.text(scope),
                "nobody whom pool \""
                    + other.name()
                    + "\" of the same network means with priority 0",
                "set spec.selector.priority, or narrow the scope"));
      }
    }
  }

  private static boolean haveCommonFamily(Pool one, Pool other) {
    return one.ranges().stream().anyMatch(range -> other.has(range.family()));
  }

  /// By the scope alone: the label follows it.
  static boolean isGlobal(Pool pool) {
    return PoolLabels.isGlobal(pool.scopes());
  }
}
