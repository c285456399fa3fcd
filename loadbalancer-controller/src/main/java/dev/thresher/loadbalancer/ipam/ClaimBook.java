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
  private final Map<String, Set<ClaimKey>> released = new HashMap<>();
  private final Map<IpAddress, Integer> inUse = new HashMap<>();
  private final Map<String, Long> changes = new HashMap<>();
  private final Map<ClaimKey, Owner> reserved = new HashMap<>();
  private final Map<Cursor, IpAddress> cursors = new HashMap<>();
  private final Map<Owner, Quota.Member> members = new HashMap<>();

  /// Pools of which every address was found taken, and nothing has become free since.
  private final Map<Cursor, Full> full = new HashMap<>();

  /// So often something has become free.
  private long frees;

  private record Full(Pool pool, Choice.Refused choice) {}

  /// Who asks for which address.
  ///
  /// @param wanted see [AddressChoice.Query]
  /// @param before see [AddressChoice.Query]
  /// @param lastOfPool where the pool's status says that allocation stands; counts until this
  ///   process has allocated from the pool itself
  /// @param heldElsewhere addresses that somebody holds without a claim; asked without the lock
  public record Ask(
      Pool pool,
      Claimant claimant,
      IpFamily family,
      @Nullable IpAddress wanted,
      List<IpAddress> before,
      @Nullable IpAddress lastOfPool,
      Predicate<IpAddress> heldElsewhere) {
    public Ask {
      before = List.copyOf(before);
    }

    private Owner owner() {
      return claimant.owner();
    }

    private AddressChoice.Query query(@Nullable IpAddress last) {
      return new AddressChoice.Query(
          family,
          wanted,
          before,
          last,
          pool.reservedFor(claimant),
          pool.reservedForOthersThan(claimant));
    }
  }

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
    } else {
      released.computeIfAbsent(claim.pool(), _ -> new HashSet<>()).add(claim.key());
    }
    reserved.remove(claim.key());
    if (!claim.equals(before)) {
      changed(claim.pool());
      if (before != null && !before.pool().equals(claim.pool())) {
        changed(before.pool());
      }
    }
  }

  /// Takes note that a claim object is gone. One of the same address that was made since stays.
  ///
  /// @param uid identity of the object that is gone
  public synchronized void forget(ClaimKey key, String uid) {
    @Nullable Claim known = claims.get(key);
    if (known != null && known.uid().equals(uid)) {
      claims.remove(key);
      unlink(known);
      changed(known.pool());
      if (!byOwner.containsKey(known.owner()) && !reserved.containsValue(known.owner())) {
        members.remove(known.owner());
      }
      freed();
    }
  }

  /// Something has changed by which an address may be free that was not: a pool, or what a load
  /// balancer without a claim says it has.
  public synchronized void mayHaveFreed() {
    freed();
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

  /// So often a claim of the pool has come, changed or gone.
  public synchronized long changesOf(String pool) {
    return changes.getOrDefault(pool, 0L);
  }

  private void changed(String pool) {
    changes.merge(pool, 1L, Long::sum);
  }

  /// All claims.
  public synchronized List<Claim> all() {
    return sorted(claims.keySet());
  }

  /// Whether somebody uses the address in any domain: then it is a virtual one, not a machine's.
  public synchronized boolean isInUse(IpAddress address) {
    return inUse.containsKey(address);
  }

  /// Takes note of where load balancers belong, for the quotas.
  public synchronized void belong(Map<Owner, Quota.Member> known) {
    members.putAll(known);
  }

  /// Chooses an address and keeps it back for this owner until [#record] or [#cancel].
  ///
  /// An owner that has an address of the pool kept back already gets that one again: the claim may
  /// have been made though the answer was lost.
  public Choice reserve(Ask ask) {
    Optional<Choice> begun = begun(ask);
    if (begun.isPresent()) {
      return begun.get();
    }
    Optional<Choice.Refused> over = overQuota(ask);
    if (over.isPresent()) {
      return over.get();
    }
    var cursor = new Cursor(ask.pool().name(), ask.family());
    Predicate<IpAddress> taken =
        address ->
            isTaken(new ClaimKey(ask.pool().network(), address))
                || ask.heldElsewhere().test(address);
    while (true) {
      long seen = frees();
      AddressChoice.Query query = ask.query(cursor(cursor, ask.lastOfPool()));
      Choice choice =
          AddressChoice.chooseKnown(ask.pool(), query, taken)
              .or(() -> full(cursor, ask.pool()))
              .orElseGet(() -> AddressChoice.chooseNext(ask.pool(), query, taken));
      switch (choice) {
        case Choice.Given(IpAddress address, PoolRange _, Choice.Why why) -> {
          Optional<Choice> kept = keep(ask, address, choice);
          if (kept.isPresent()) {
            if (why == Choice.Why.NEXT) {
              advance(cursor, address);
            }
            return kept.get();
          }
        }
        case Choice.Refused refused -> {
          if (refused.cause() == Choice.Cause.EXHAUSTED) {
            noteFull(cursor, new Full(ask.pool(), refused), seen);
          }
          return refused;
        }
      }
    }
  }

  /// @return empty if somebody else was quicker
  private synchronized Optional<Choice> keep(Ask ask, IpAddress address, Choice choice) {
    Optional<Choice.Refused> over = overQuota(ask);
    if (over.isPresent()) {
      return Optional.of(over.get());
    }
    return reserve(new ClaimKey(ask.pool().network(), address), ask.owner())
        ? Optional.of(choice)
        : Optional.empty();
  }

  /// Keeps back an address of which the claim was released, for a new owner who takes the claim
  /// over: whoever waits need not wait for its end.
  ///
  /// That which was released first comes first, so that the others may find their owner again.
  ///
  /// @param which of the released claims will do; asked without the lock
  public Optional<Claim> reserveReleased(Ask ask, Predicate<Claim> which) {
    return releasedFor(ask).stream()
        .filter(which)
        .filter(claim -> keepReleased(ask, claim))
        .findFirst();
  }

  private synchronized List<Claim> releasedFor(Ask ask) {
    Map<IpAddress, Reservation.Holder> others = ask.pool().reservedForOthersThan(ask.claimant());
    return released.getOrDefault(ask.pool().name(), Set.of()).stream()
        .map(claims::get)
        .filter(claim -> claim.key().network().equals(ask.pool().network()))
        .filter(claim -> claim.family() == ask.family())
        .filter(claim -> ask.wanted() == null || ask.wanted().equals(claim.address()))
        .filter(claim -> ask.pool().rangeGiving(claim.address()).isPresent())
        .filter(claim -> !others.containsKey(claim.address()))
        .sorted(Comparator.comparing(Claim::releasedAt).thenComparing(BY_ADDRESS))
        .toList();
  }

  private synchronized boolean keepReleased(Ask ask, Claim claim) {
    return overQuota(ask).isEmpty()
        && claim.equals(claims.get(claim.key()))
        && reserved.putIfAbsent(claim.key(), ask.owner()) == null;
  }

  /// Whether one address more would be too many for a tenant that the owner is of.
  private synchronized Optional<Choice.Refused> overQuota(Ask ask) {
    Pool pool = ask.pool();
    for (Quota quota : Quota.applying(pool.quotas(), member(ask.owner()))) {
      long claimed =
          byPool.getOrDefault(pool.name(), Set.of()).stream()
              .map(claims::get)
              .filter(claim -> claim.active() && quota.counts(member(claim.owner())))
              .count();
      long begun =
          reserved.entrySet().stream()
              .filter(entry ->
                  entry.getKey().network().equals(pool.network())
                      && pool.rangeGiving(entry.getKey().address()).isPresent())
              .filter(entry -> quota.counts(member(entry.getValue())))
              .count();
      if (claimed + begun >= quota.addresses()) {
        return Optional.of(
            new Choice.Refused(
                Choice.Cause.OVER_QUOTA,
                quota.kind().text()
                    + " \""
                    + quota.who()
                    + "\" has "
                    + (claimed + begun)
                    + " addresses of pool \""
                    + pool.name()
                    + "\", and spec.quotas allows "
                    + quota.addresses()
                    + "; delete load balancers, name another pool or raise the quota"));
      }
    }
    return Optional.empty();
  }

  private Quota.Member member(Owner owner) {
    return members.getOrDefault(owner, new Quota.Member(owner.namespace(), "", ""));
  }

  private synchronized Optional<Choice> full(Cursor cursor, Pool pool) {
    return Optional.ofNullable(full.get(cursor))
        .filter(known -> known.pool().equals(pool))
        .map(Full::choice);
  }

  private synchronized void noteFull(Cursor cursor, Full found, long seen) {
    if (frees == seen) {
      full.put(cursor, found);
    }
  }

  private synchronized long frees() {
    return frees;
  }

  private void freed() {
    frees++;
    full.clear();
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
    if (reserved.remove(key, owner)) {
      freed();
    }
  }

  /// Gives back all that is kept for an owner who is gone.
  public synchronized void cancelAll(Owner owner) {
    if (reserved.values().removeIf(owner::equals)) {
      freed();
    }
  }

  /// Number of claims in use by pool.
  public synchronized Map<String, Long> activeByPool() {
    var counts = new LinkedHashMap<String, Long>();
    claims.values().stream()
        .filter(Claim::active)
        .forEach(claim -> counts.merge(claim.pool(), 1L, Long::sum));
    return counts;
  }

  private synchronized Optional<Choice> begun(Ask ask) {
    return reserved.entrySet().stream()
        .filter(entry -> entry.getValue().equals(ask.owner()))
        .map(Map.Entry::getKey)
        .filter(key ->
            key.network().equals(ask.pool().network()) && key.address().family() == ask.family())
        .filter(key -> ask.wanted() == null || ask.wanted().equals(key.address()))
        .sorted(Comparator.comparing(ClaimKey::address))
        .flatMap(key -> given(ask.pool(), key.address()).stream())
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
    remove(released, claim.pool(), claim.key());
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
