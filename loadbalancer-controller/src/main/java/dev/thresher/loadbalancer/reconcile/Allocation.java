package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.ipam.Choice;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.loadbalancer.ipam.Families;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.PoolRange;
import dev.thresher.loadbalancer.ipam.PoolSelection;
import dev.thresher.loadbalancer.reconcile.Addressing.Refusal;
import dev.thresher.loadbalancer.rules.LoadBalancerRules;
import dev.thresher.loadbalancer.rules.PoolReading;
import dev.thresher.loadbalancer.rules.Violation;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gets a load balancer one address that it never had.
final class Allocation {

  private static final Logger log = LoggerFactory.getLogger(Allocation.class);

  /// So often another address is tried when somebody else was quicker; a leader has no competitor,
  /// so that more than one try is rare.
  private static final int ATTEMPTS = 32;

  private static final String BEING_RELEASED = "AddressBeingReleased";

  private final ClaimBook book;
  private final Pools pools;
  private final Unclaimed unclaimed;
  private final FormerAddresses former;
  private final Members members;
  private final Claiming claiming;
  private final PoolPolicy policy;

  Allocation(
      ClaimBook book,
      Pools pools,
      Unclaimed unclaimed,
      FormerAddresses former,
      Members members,
      Claiming claiming,
      PoolPolicy policy) {
    this.book = book;
    this.pools = pools;
    this.unclaimed = unclaimed;
    this.former = former;
    this.members = members;
    this.claiming = claiming;
    this.policy = policy;
  }

  /// Claims an address.
  ///
  /// @param wantedFamily null for that of the pool that is chosen
  /// @param named the pool that is named, empty to choose one
  /// @param required whether the load balancer is incomplete without it
  /// @return why there is none; empty if it has one now
  Optional<Refusal> allocate(
      Wish wish, @Nullable IpFamily wantedFamily, String named, boolean required) {
    List<Pool> candidates = candidates(wish, named);
    Optional<Violation> closed = closed(wish, named);
    if (closed.isPresent()) {
      return Optional.of(new Refusal("PoolNotAllowed", closed.get().message(), required));
    }
    if (candidates.isEmpty()) {
      return Optional.of(noPool(wish, named, required));
    }
    if (!named.isEmpty() || wish.poolSelector().isEmpty()) {
      return from(best(candidates, wish, wantedFamily), wish, wantedFamily, required);
    }
    // Whoever names pools by their labels means all of them: one that has an address for it already
    // comes first, and the next one serves if one is full.
    Optional<Refusal> first = Optional.empty();
    for (Pool pool : knownFirst(candidates, wish, wantedFamily)) {
      Optional<Refusal> refusal = from(pool, wish, wantedFamily, required);
      if (refusal.filter(one -> !one.reason().equals(BEING_RELEASED)).isEmpty()) {
        return refusal;
      }
      first = first.or(() -> refusal);
    }
    return first;
  }

  /// Takes a claim of the same owner back, which may have been released. Its tenant may have filled
  /// its quota meanwhile; then it waits as others do.
  ///
  /// @param named whether the status names the address: then nothing is new, and no quota counts
  /// @return why it may not; empty if it has it again
  Optional<Refusal> takeBack(Wish wish, Claim claim, boolean named) {
    Optional<Pool> pool = claim.active() || named ? Optional.empty() : pools.usable(claim.pool());
    if (pool.isPresent()) {
      members.tell(pool.get(), wish);
      Optional<Choice.Refused> refused = book.reserveBack(pool.get(), claim);
      if (refused.isPresent()) {
        boolean required = !(wish.families() instanceof Families.These these) || these.all();
        return Optional.of(
            new Refusal(refused.get().cause().reason(), refused.get().message(), required));
      }
    }
    claiming.takeBack(wish, claim);
    return Optional.empty();
  }

  private Refusal noPool(Wish wish, String named, boolean required) {
    if (!named.isEmpty()) {
      return new Refusal("PoolUnusable", pools.whyUnusable(field(wish, named), named), required);
    }
    return wish.poolSelector().isPresent()
        ? new Refusal(
            "NoMatchingPool",
            "no IPPool has the labels that annotation "
                + ThresherNames.POOL_SELECTOR
                + " asks for; label one, or correct the annotation",
            required)
        : new Refusal(
            "NoMatchingPool",
            "no IPPool matches "
                + wish.need()
                + "; create one with such a selector or name one in spec.ipPool",
            required);
  }

  private Optional<Refusal> from(
      Pool pool, Wish wish, @Nullable IpFamily wantedFamily, boolean required) {
    members.tell(pool, wish);
    ClaimBook.Ask ask = ask(pool, wish, wantedFamily);
    Optional<IpAddress> comingBack = comingBack(ask, wish);
    if (comingBack.isPresent()) {
      if (takesOver(wish, ask, claim -> claim.address().equals(comingBack.get()))) {
        return Optional.empty();
      }
      Optional<Choice.Refused> over = book.overQuota(ask);
      return Optional.of(
          over.isPresent()
              ? new Refusal(over.get().cause().reason(), over.get().message(), required)
              : new Refusal(
                  BEING_RELEASED,
                  "waiting for the release of "
                      + comingBack.get()
                      + ", which the Service had before",
                  required));
    }
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      switch (book.reserve(ask)) {
        case Choice.Refused(Choice.Cause cause, String message) -> {
          return isTaken(cause) && former.areFree() && takesOver(wish, ask, _ -> true)
              ? Optional.empty()
              : Optional.of(new Refusal(cause.reason(), message, required));
        }
        case Choice.Given(IpAddress address, PoolRange range, Choice.Why why) -> {
          var key = new ClaimKey(pool.network(), address);
          var subnet = new ClaimDocument.Subnet(range.subnet().prefixLength(), range.gateway());
          if (claiming
              .claim(wish, key, pool.name(), subnet, why == Choice.Why.WANTED)
              .isPresent()) {
            log.atInfo()
                .addKeyValue("loadBalancer", wish.owner())
                .addKeyValue("address", key)
                .addKeyValue("pool", pool.name())
                .addKeyValue("because", why)
                .log("address allocated");
            return Optional.empty();
          }
        }
      }
    }
    return Optional.of(
        new Refusal(
            "AllocationContended",
            "others claimed " + ATTEMPTS + " addresses of pool \"" + pool.name() + "\" meanwhile",
            required));
  }

  private ClaimBook.Ask ask(Pool pool, Wish wish, @Nullable IpFamily wantedFamily) {
    IpFamily family =
        wantedFamily != null ? wantedFamily : familyOf(pool, wish).orElse(IpFamily.IPV4);
    return new ClaimBook.Ask(
        pool,
        wish.claimant(),
        family,
        wish.wanted().get(family),
        former.of(pool, wish),
        pools.object(pool.name()).flatMap(PoolReading::lastAllocated).orElse(null),
        address -> unclaimed.holds(pool, address, wish.owner()));
  }

  private Optional<IpAddress> comingBack(ClaimBook.Ask ask, Wish wish) {
    return former
        .comingBack(ask.pool(), ask.family(), wish)
        .filter(address -> !unclaimed.isOccupied(ask.pool(), address));
  }

  /// The same pools: first those of which an address is its own already, in the order in which
  /// addresses are chosen.
  private List<Pool> knownFirst(List<Pool> candidates, Wish wish, @Nullable IpFamily family) {
    record Ranked(Pool pool, int rank) {}
    return candidates.stream()
        .map(pool -> new Ranked(pool, rank(ask(pool, wish, family), wish)))
        .sorted(Comparator.comparingInt(Ranked::rank))
        .map(Ranked::pool)
        .toList();
  }

  private int rank(ClaimBook.Ask ask, Wish wish) {
    return book.known(ask)
        .or(() -> comingBack(ask, wish).map(_ -> Choice.Why.HAD_BEFORE))
        .map(why ->
            switch (why) {
              case BEGUN -> 0;
              case WANTED -> 1;
              case RESERVED -> 2;
              case HAD_BEFORE -> 3;
              case NEXT -> 4;
            })
        .orElse(4);
  }

  /// Whether the address of a released claim would help.
  private static boolean isTaken(Choice.Cause cause) {
    return cause == Choice.Cause.EXHAUSTED || cause == Choice.Cause.TAKEN;
  }

  /// Takes a claim over that was released, in place of waiting until the pool's status says so and
  /// the claim has ended: that comes with the next write of the status, which has its own pace.
  private boolean takesOver(Wish wish, ClaimBook.Ask ask, Predicate<Claim> which) {
    Pool pool = ask.pool();
    Optional<Claim> released =
        book.reserveReleased(
            ask,
            claim ->
                which.test(claim) && !unclaimed.holdsReleased(pool, claim.address(), wish.owner()));
    released.ifPresent(claim -> {
      PoolRange range = pool.rangeGiving(claim.address()).orElseThrow();
      var subnet = new ClaimDocument.Subnet(range.subnet().prefixLength(), range.gateway());
      claiming.takeOver(wish, claim, subnet, ask.wanted() != null);
      log.atInfo()
          .addKeyValue("loadBalancer", wish.owner())
          .addKeyValue("address", claim.key())
          .addKeyValue("pool", pool.name())
          .addKeyValue("from", claim.owner())
          .log("released address taken over");
    });
    return released.isPresent();
  }

  /// The rule that the webhook refuses by, for what got past it.
  private Optional<Violation> closed(Wish wish, String named) {
    return policy.enforceScopes()
        ? pools
            .usable(named)
            .filter(pool -> !pool.isOpenTo(wish.need()))
            .map(pool -> LoadBalancerRules.closed(field(wish, named), pool, wish.need()))
        : Optional.empty();
  }

  private static String field(Wish wish, String named) {
    return named.equals(wish.ipPool()) ? "spec.ipPool" : "spec.ipv6Pool";
  }

  private List<Pool> candidates(Wish wish, String named) {
    if (!named.isEmpty()) {
      return pools.usable(named).stream().toList();
    }
    if (wish.poolSelector().isPresent()) {
      return PoolSelection.labelled(pools.usable(), wish.poolSelector().get()).stream()
          .filter(pool -> !policy.enforceScopes() || pool.isOpenTo(wish.need()))
          .toList();
    }
    return PoolSelection.candidates(
        pools.usable(), wish.need(), wish.guestCluster(), policy.globalPoolsHeedNetwork());
  }

  /// The first pool is Harvester's choice. Another one is taken only for what the first cannot
  /// offer at all: the family, the very address that was asked for, or one that is kept for this
  /// load balancer.
  private static Pool best(List<Pool> candidates, Wish wish, @Nullable IpFamily family) {
    Stream<Pool> fitting = candidates.stream().filter(pool -> family == null || pool.has(family));
    Optional<Pool> withWanted =
        candidates.stream()
            .filter(pool ->
                wish.wanted().values().stream()
                    .filter(address -> family == null || address.family() == family)
                    .anyMatch(address -> pool.rangeGiving(address).isPresent()))
            .findFirst();
    Optional<Pool> withReserved =
        candidates.stream()
            .filter(pool ->
                pool.reservedFor(wish.claimant()).stream()
                    .anyMatch(address -> family == null || address.family() == family))
            .findFirst();
    return withWanted.or(() -> withReserved).or(fitting::findFirst).orElse(candidates.get(0));
  }

  /// The family of the one address: that of the address that was asked for, else of one that is
  /// kept for it, else of the pool's first range.
  private static Optional<IpFamily> familyOf(Pool pool, Wish wish) {
    if (wish.wanted().size() == 1) {
      return wish.wanted().keySet().stream().findFirst();
    }
    return pool.reservedFor(wish.claimant()).stream()
        .map(IpAddress::family)
        .findFirst()
        .or(() -> pool.ranges().stream().findFirst().map(PoolRange::family));
  }
}
