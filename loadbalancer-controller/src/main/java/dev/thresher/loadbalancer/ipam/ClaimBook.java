package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// This process's view of who has which address: the claims it has heard of, and the addresses that
/// it is about to claim.
///
/// The view may be behind the API server; creating the claim object is what decides. Its use is
/// that the workers of one process do not all try the same address. Thread-safe; every method takes
/// one lock for a short time and does no I/O under it.
public final class ClaimBook {

  private static final Comparator<Claim> BY_ADDRESS =
      Comparator.comparing((Claim claim) -> claim.address())
          .thenComparing(claim -> claim.key().network());

  private record Cursor(String pool, IpFamily family) {}

  private final Map<ClaimKey, Claim> claims = new HashMap<>();
  private final Map<Owner, Set<ClaimKey>> byOwner = new HashMap<>();
  private final Map<String, Set<ClaimKey>> byPool = new HashMap<>();
  private final Map<IpAddress, Integer> inUse = new HashMap<>();
  private final Map<ClaimKey, Owner> reserved = new HashMap<>();
  private final Map<Cursor, IpAddress> cursors = new HashMap<>();

  /// Takes note of a claim that exists, or of its newest state. Ends its reservation.
  public synchronized void record(Claim claim) {
    @Nullable Claim before = claims.put(claim.key(), claim);
    if (before != null) {
      unlink(before);
    }
    byOwner.computeIfAbsent(claim.owner(), _ -> new HashSet<>()).add(claim.key());
    byPool.computeIfAbsent(claim.pool(), _ -> new HashSet<>()).add(claim.key());
    if (claim.active()) {
      inUse.merge(claim.address(), 1, Integer::sum);
    }
    reserved.remove(claim.key());
  }

  /// Takes note that a claim object is gone. One of the same address that was made since stays.
  ///
  /// @param uid identity of the object that is gone
  public synchronized void forget(ClaimKey key, String uid) {
    @Nullable Claim known = claims.get(key);
    if (known != null && known.uid().equals(uid)) {
      claims.remove(key);
      unlink(known);
    }
  }

  /// The claim of an address.
  public synchronized Optional<Claim> at(ClaimKey key) {
    return Optional.ofNullable(claims.get(key));
  }

  /// The claims of an owner, released ones too, in the order of their addresses.
  public synchronized List<Claim> of(Owner owner) {
    return sorted(byOwner.getOrDefault(owner, Set.of()));
  }

  /// The claims of a pool, released ones too, in the order of their addresses.
  public synchronized List<Claim> ofPool(String pool) {
    return sorted(byPool.getOrDefault(pool, Set.of()));
  }

  /// All claims.
  public synchronized List<Claim> all() {
    return sorted(claims.keySet());
  }

  /// Whether somebody uses the address in any domain: then it is a virtual one, not a machine's.
  public synchronized boolean isInUse(IpAddress address) {
    return inUse.containsKey(address);
  }

  /// Chooses an address and keeps it back for this owner until [#record] or [#cancel].
  ///
  /// An owner that has an address of the pool kept back already gets that one again: the claim may
  /// have been made though the answer was lost.
  ///
  /// @param wanted see [AddressChoice.Query]
  /// @param before see [AddressChoice.Query]
  /// @param lastOfPool where the pool's status says that allocation stands; counts until this
  ///   process has allocated from the pool itself
  /// @param heldElsewhere addresses that somebody holds without a claim; asked without the lock
  public Choice reserve(
      Pool pool,
      Owner owner,
      IpFamily family,
      @Nullable IpAddress wanted,
      List<IpAddress> before,
      @Nullable IpAddress lastOfPool,
      Predicate<IpAddress> heldElsewhere) {
    Optional<Choice> begun = begun(pool, owner, family, wanted);
    if (begun.isPresent()) {
      return begun.get();
    }
    var cursor = new Cursor(pool.name(), family);
    while (true) {
      var query = new AddressChoice.Query(family, wanted, before, cursor(cursor, lastOfPool));
      Choice choice =
          AddressChoice.choose(
              pool,
              query,
              address ->
                  isTaken(new ClaimKey(pool.network(), address)) || heldElsewhere.test(address));
      switch (choice) {
        case Choice.Given(IpAddress address, PoolRange _, Choice.Why why) -> {
          if (reserve(new ClaimKey(pool.network(), address), owner)) {
            if (why == Choice.Why.NEXT) {
              advance(cursor, address);
            }
            return choice;
          }
        }
        case Choice.Refused _ -> {
          return choice;
        }
      }
    }
  }

  /// Keeps back one certain address. An address that its owner has had since before there were
  /// claims need not be in a pool.
  ///
  /// @return false if it is claimed or kept back for somebody else
  public synchronized boolean reserve(ClaimKey key, Owner owner) {
    if (claims.containsKey(key)) {
      return false;
    }
    @Nullable Owner other = reserved.putIfAbsent(key, owner);
    return other == null || other.equals(owner);
  }

  /// Gives a reservation back: the claim was not made.
  public synchronized void cancel(ClaimKey key, Owner owner) {
    reserved.remove(key, owner);
  }

  /// Gives back all that is kept for an owner who is gone.
  public synchronized void cancelAll(Owner owner) {
    reserved.values().removeIf(owner::equals);
  }

  /// Number of claims in use by pool.
  public synchronized Map<String, Long> activeByPool() {
    var counts = new LinkedHashMap<String, Long>();
    claims.values().stream()
        .filter(Claim::active)
        .forEach(claim -> counts.merge(claim.pool(), 1L, Long::sum));
    return counts;
  }

  private synchronized Optional<Choice> begun(
      Pool pool, Owner owner, IpFamily family, @Nullable IpAddress wanted) {
    return reserved.entrySet().stream()
        .filter(entry -> entry.getValue().equals(owner))
        .map(Map.Entry::getKey)
        .filter(key -> key.network().equals(pool.network()) && key.address().family() == family)
        .filter(key -> wanted == null || wanted.equals(key.address()))
        .sorted(Comparator.comparing(ClaimKey::address))
        .flatMap(key -> given(pool, key.address()).stream())
        .findFirst();
  }

  private static Optional<Choice> given(Pool pool, IpAddress address) {
    return pool.rangeGiving(address)
        .map(range -> new Choice.Given(address, range, Choice.Why.BEGUN));
  }

  private synchronized @Nullable IpAddress cursor(Cursor cursor, @Nullable IpAddress otherwise) {
    return cursors.getOrDefault(cursor, otherwise);
  }

  private synchronized void advance(Cursor cursor, IpAddress address) {
    cursors.put(cursor, address);
  }

  private synchronized boolean isTaken(ClaimKey key) {
    return claims.containsKey(key) || reserved.containsKey(key);
  }

  private void unlink(Claim claim) {
    remove(byOwner, claim.owner(), claim.key());
    remove(byPool, claim.pool(), claim.key());
    if (claim.active()) {
      inUse.computeIfPresent(claim.address(), (_, count) -> count == 1 ? null : count - 1);
    }
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
    return keys.stream().map(claims::get).sorted(BY_ADDRESS).toList();
  }
}
