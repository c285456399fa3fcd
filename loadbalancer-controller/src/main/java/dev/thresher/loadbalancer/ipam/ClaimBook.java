package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// This process's view of who has which address: the claims it has heard of, and the addresses that
/// it is about to claim.
///
/// The view may be behind the API server; creating the claim object is what decides. Its use is
/// that the workers of one process do not all try the same address. Thread-safe; every method takes
/// one lock for a short time and does no I/O under it.
public final class ClaimBook {

  private record Cursor(String pool, IpFamily family) {}

  private final ClaimIndex claims = new ClaimIndex();
  private final Map<ClaimKey, Owner> reserved = new HashMap<>();
  private final Map<Cursor, IpAddress> cursors = new HashMap<>();
  private final Tenants tenants = new Tenants();

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
    Optional<Claim> before = claims.put(claim);
    reserved.remove(claim.key());
    before.ifPresent(this::leaves);
  }

  /// Takes note that a claim object is gone. One of the same address that was made since stays.
  ///
  /// @param uid identity of the object that is gone
  public synchronized void forget(ClaimKey key, String uid) {
    claims
        .remove(key, uid)
        .ifPresent(known -> {
          leaves(known);
          freed();
        });
  }

  private void leaves(Claim before) {
    if (!claims.has(before.owner()) && !reserved.containsValue(before.owner())) {
      tenants.forget(before.owner());
    }
  }

  /// Something has changed by which an address may be free that was not: a pool, or what a load
  /// balancer without a claim says it has.
  public synchronized void mayHaveFreed() {
    freed();
  }

  /// The claim of an address.
  public synchronized Optional<Claim> at(ClaimKey key) {
    return claims.at(key);
  }

  /// The claims of an owner, released ones too, in the order of their addresses.
  public synchronized List<Claim> of(Owner owner) {
    return claims.of(owner);
  }

  /// The claims of a pool, released ones too, in the order of their addresses.
  public List<Claim> ofPool(String pool) {
    return ClaimIndex.inOrder(allOfPool(pool));
  }

  private synchronized List<Claim> allOfPool(String pool) {
    return claims.ofPool(pool);
  }

  /// The released claims of a pool, first the one that was released first.
  public synchronized List<Claim> releasedOf(String pool) {
    return claims.releasedOf(pool);
  }

  /// So often a claim of the pool has come, changed or gone.
  public synchronized long changesOf(String pool) {
    return claims.changesOf(pool);
  }

  /// All claims, in no order.
  public synchronized List<Claim> all() {
    return claims.all();
  }

  /// The claims of an address that are in use: one in each domain in which somebody has it.
  public synchronized List<Claim> inUse(IpAddress address) {
    return claims.inUse(address);
  }

  /// Takes note of where load balancers belong, for the quotas.
  public synchronized void belong(Map<Owner, Quota.Member> known) {
    tenants.belong(known);
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
    Predicate<IpAddress> taken = taken(ask);
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

  /// What decides for an address of the pool without a search for the next free one; empty if
  /// nothing does. Keeps nothing back.
  public Optional<Choice.Why> known(Ask ask) {
    return begun(ask)
        .or(() -> AddressChoice.chooseKnown(ask.pool(), ask.query(null), taken(ask)))
        .flatMap(choice ->
            choice instanceof Choice.Given given ? Optional.of(given.why()) : Optional.empty());
  }

  private Predicate<IpAddress> taken(Ask ask) {
    return address ->
        isTaken(new ClaimKey(ask.pool().network(), address)) || ask.heldElsewhere().test(address);
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

  /// Keeps a released claim back for its own owner, who has come back.
  ///
  /// @return why not, if the owner's tenant has as many addresses as it may
  public synchronized Optional<Choice.Refused> reserveBack(Pool pool, Claim claim) {
    Optional<Choice.Refused> over = tenants.refusal(pool, claim.owner(), claims, reserved);
    if (over.isEmpty()) {
      reserved.putIfAbsent(claim.key(), claim.owner());
    }
    return over;
  }

  private synchronized List<Claim> releasedFor(Ask ask) {
    Map<IpAddress, Reservation.Holder> others = ask.pool().reservedForOthersThan(ask.claimant());
    return claims.releasedOf(ask.pool().name()).stream()
        .filter(claim -> claim.key().network().equals(ask.pool().network()))
        .filter(claim -> claim.family() == ask.family())
        .filter(claim -> ask.wanted() == null || ask.wanted().equals(claim.address()))
        .filter(claim -> ask.pool().rangeGiving(claim.address()).isPresent())
        .filter(claim -> !others.containsKey(claim.address()))
        .toList();
  }

  private synchronized boolean keepReleased(Ask ask, Claim claim) {
    return overQuota(ask).isEmpty()
        && claims.at(claim.key()).filter(claim::equals).isPresent()
        && reserved.putIfAbsent(claim.key(), ask.owner()) == null;
  }

  /// Why one address more would be too many for a tenant that the owner is of; empty if it is not.
  public synchronized Optional<Choice.Refused> overQuota(Ask ask) {
    return tenants.refusal(ask.pool(), ask.owner(), claims, reserved);
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
    if (claims.has(key)) {
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
    return claims.activeByPool();
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
    return claims.has(key) || reserved.containsKey(key);
  }
}
