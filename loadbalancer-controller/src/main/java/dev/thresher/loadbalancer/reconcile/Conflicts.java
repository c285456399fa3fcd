package dev.thresher.loadbalancer.reconcile;

import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.loadbalancer.ipam.Owner;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Addresses that more than one load balancer says it has. Thread-safe.
///
/// Nobody's address is freed or changed for it: a person must delete one of the two. Pools list
/// them, so that one look finds all.
final class Conflicts {

  /// @param pool the pool that the status of the one without a claim names
  /// @param refused says that it has the address, and has no claim
  /// @param holder who has the address
  /// @param fix what a person can do; empty to delete one of two load balancers
  record Conflict(ClaimKey key, String pool, Owner refused, String holder, String fix) {

    /// Between two load balancers.
    Conflict(ClaimKey key, String pool, Owner refused, String holder) {
      this(key, pool, refused, holder, "");
    }

    @Override
    public String toString() {
      return key + " of " + holder + ", also in the status of " + refused;
    }
  }

  private final Map<Owner, List<Conflict>> byRefused = new ConcurrentHashMap<>();
  private final Consumer<String> poolChanged;

  /// @param poolChanged is told the name of each pool whose conflicts change
  Conflicts(Consumer<String> poolChanged) {
    this.poolChanged = poolChanged;
  }

  /// What stands against this load balancer now; nothing, if that is over.
  void note(Owner refused, List<Conflict> conflicts) {
    List<Conflict> before =
        Objects.requireNonNullElse(
            conflicts.isEmpty()
                ? byRefused.remove(refused)
                : byRefused.put(refused, List.copyOf(conflicts)),
            List.of());
    if (!before.equals(conflicts)) {
      Stream.concat(before.stream(), conflicts.stream())
          .map(Conflict::pool)
          .distinct()
          .forEach(poolChanged);
    }
  }

  /// Those of a pool, in the order of their addresses.
  List<Conflict> ofPool(String pool) {
    return byRefused.values().stream()
        .flatMap(List::stream)
        .filter(conflict -> conflict.pool().equals(pool))
        .sorted(
            Comparator.comparing((Conflict conflict) -> conflict.key().address())
                .thenComparing(Conflict::refused))
        .toList();
  }

  /// How many there are, by pool.
  Map<String, Long> count() {
    var counts = new LinkedHashMap<String, Long>();
    byRefused.values().stream()
        .flatMap(List::stream)
        .forEach(conflict -> counts.merge(conflict.pool(), 1L, Long::sum));
    return counts;
  }
}
