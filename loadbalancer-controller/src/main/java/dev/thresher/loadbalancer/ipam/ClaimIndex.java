package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.address.IpAddress;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Claims by address, by owner and by pool. Not thread-safe.
final class ClaimIndex {

  private static final Comparator<Claim> BY_ADDRESS =
      Comparator.comparing((Claim claim) -> claim.address())
          .thenComparing(claim -> claim.key().network());

  private final Map<ClaimKey, Claim> claims = new HashMap<>();
  private final Map<Owner, Set<ClaimKey>> byOwner = new HashMap<>();
  private final Map<String, Set<ClaimKey>> byPool = new HashMap<>();
  private final Map<String, Set<ClaimKey>> released = new HashMap<>();
  private final Map<IpAddress, List<ClaimKey>> inUse = new HashMap<>();
  private final Map<String, Long> changes = new HashMap<>();

  /// Takes a claim.
  ///
  /// @return what was known of its address before
  Optional<Claim> put(Claim claim) {
    @Nullable Claim before = claims.put(claim.key(), claim);
    if (before != null) {
      unlink(before);
    }
    byOwner.computeIfAbsent(claim.owner(), _ -> new HashSet<>()).add(claim.key());
    byPool.computeIfAbsent(claim.pool(), _ -> new HashSet<>()).add(claim.key());
    if (claim.active()) {
      inUse.merge(claim.address(), List.of(claim.key()), ClaimIndex::both);
    } else {
      released.computeIfAbsent(claim.pool(), _ -> new HashSet<>()).add(claim.key());
    }
    if (!claim.equals(before)) {
      changed(claim.pool());
      if (before != null && !before.pool().equals(claim.pool())) {
        changed(before.pool());
      }
    }
    return Optional.ofNullable(before);
  }

  /// Takes a claim away, unless another one of the address has come since.
  ///
  /// @return the claim that is gone
  Optional<Claim> remove(ClaimKey key, String uid) {
    @Nullable Claim known = claims.get(key);
    if (known == null || !known.uid().equals(uid)) {
      return Optional.empty();
    }
    claims.remove(key);
    unlink(known);
    changed(known.pool());
    return Optional.of(known);
  }

  Optional<Claim> at(ClaimKey key) {
    return Optional.ofNullable(claims.get(key));
  }

  boolean has(ClaimKey key) {
    return claims.containsKey(key);
  }

  boolean has(Owner owner) {
    return byOwner.containsKey(owner);
  }

  /// In the order of their addresses.
  List<Claim> of(Owner owner) {
    return sorted(byOwner.getOrDefault(owner, Set.of()));
  }

  /// In no order: to sort thousands takes longer than a lock should be held.
  List<Claim> ofPool(String pool) {
    return byPool.getOrDefault(pool, Set.of()).stream().map(claims::get).toList();
  }

  /// Those of a pool that are in use.
  Stream<Claim> activeOf(String pool) {
    return byPool.getOrDefault(pool, Set.of()).stream().map(claims::get).filter(Claim::active);
  }

  /// Those of a pool that were released, first the one that was released first.
  List<Claim> releasedOf(String pool) {
    return released.getOrDefault(pool, Set.of()).stream()
        .map(claims::get)
        .sorted(Comparator.comparing(Claim::releasedAt).thenComparing(BY_ADDRESS))
        .toList();
  }

  /// In no order.
  List<Claim> all() {
    return List.copyOf(claims.values());
  }

  /// Those of an address that are in use, one of each domain at most.
  List<Claim> inUse(IpAddress address) {
    return inUse.getOrDefault(address, List.of()).stream().map(claims::get).toList();
  }

  /// So often a claim of the pool has come, changed or gone.
  long changesOf(String pool) {
    return changes.getOrDefault(pool, 0L);
  }

  Map<String, Long> activeByPool() {
    var counts = new LinkedHashMap<String, Long>();
    claims.values().stream()
        .filter(Claim::active)
        .forEach(claim -> counts.merge(claim.pool(), 1L, Long::sum));
    return counts;
  }

  private void changed(String pool) {
    changes.merge(pool, 1L, Long::sum);
  }

  private void unlink(Claim claim) {
    remove(byOwner, claim.owner(), claim.key());
    remove(byPool, claim.pool(), claim.key());
    remove(released, claim.pool(), claim.key());
    if (claim.active()) {
      inUse.computeIfPresent(
          claim.address(),
          (_, keys) -> {
            List<ClaimKey> left = keys.stream().filter(key -> !key.equals(claim.key())).toList();
            return left.isEmpty() ? null : left;
          });
    }
  }

  private static List<ClaimKey> both(List<ClaimKey> one, List<ClaimKey> other) {
    return Stream.concat(one.stream(), other.stream()).toList();
  }

  private static <K> void remove(Map<K, Set<ClaimKey>> index, K at, ClaimKey key) {
    index.computeIfPresent(
        at,
        (_, keys) -> {
          keys.remove(key);
          return keys.isEmpty() ? null : keys;
        });
  }

  private List<Claim> sorted(Collection<ClaimKey> keys) {
    return inOrder(keys.stream().map(claims::get).toList());
  }

  /// In the order of their addresses.
  static List<Claim> inOrder(List<Claim> some) {
    return some.stream().sorted(BY_ADDRESS).toList();
  }
}
