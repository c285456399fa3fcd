package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.ipam.Choice;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.PoolRange;
import dev.thresher.loadbalancer.ipam.PoolSelection;
import dev.thresher.loadbalancer.rules.LoadBalancerRules;
import dev.thresher.loadbalancer.rules.PoolReading;
import dev.thresher.loadbalancer.rules.Violation;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gets a load balancer its addresses by creating claims.
///
/// Creating the claim object is the lock: whoever creates it has the address. Called for one load
/// balancer by one thread at a time.
final class Addressing {

  private static final Logger log = LoggerFactory.getLogger(Addressing.class);

  /// So often another address is tried when somebody else was quicker; a leader has no competitor,
  /// so that more than one try is rare.
  private static final int ATTEMPTS = 32;

  /// How the addresses of a load balancer stand.
  ///
  /// @param keep its claims, in the order of the wish
  /// @param surplus claims to release once the status names `keep`
  /// @param refusals what it wants and cannot have now
  /// @param adopting an address in its status could not be claimed: the status must not change
  record Standing(List<Claim> keep, List<Claim> surplus, List<Refusal> refusals, boolean adopting) {

    /// The first thing that keeps it from being complete.
    Optional<Refusal> blocking() {
      return refusals.stream().filter(Refusal::required).findFirst();
    }
  }

  /// Why an address could not be had.
  ///
  /// @param reason of the `Ready` condition
  /// @param message for a person
  /// @param required whether the load balancer is incomplete without it
  record Refusal(String reason, String message, boolean required) {}

  private final KubeApi api;
  private final ClaimBook book;
  private final Pools pools;
  private final Unclaimed unclaimed;
  private final ClaimWriter writer;
  private final FormerAddresses former;
  private final boolean enforcePoolScopes;

  Addressing(
      KubeApi api,
      ClaimBook book,
      Pools pools,
      Unclaimed unclaimed,
      FormerAddresses former,
      ClaimWriter writer,
      boolean enforcePoolScopes) {
    this.api = api;
    this.book = book;
    this.pools = pools;
    this.unclaimed = unclaimed;
    this.writer = writer;
    this.former = former;
    this.enforcePoolScopes = enforcePoolScopes;
  }

  /// Claims what is missing.
  Standing ensure(LoadBalancer object, Wish wish) {
    List<Recorded> recorded = Recorded.of(object);
    AddressPlan plan = AddressPlan.of(wish, book.of(wish.owner()), recorded, pools::usable);
    var refusals = new ArrayList<Refusal>();
    boolean adopting = false;
    for (AddressPlan.Step step : plan.steps()) {
      Optional<Refusal> refusal =
          switch (step) {
            case AddressPlan.Step.Adopt(Recorded address) -> adopt(wish, address);
            case AddressPlan.Step.TakeBack(Claim claim) -> {
              writer.takeBack(claim, wish);
              yield Optional.empty();
            }
            case AddressPlan.Step.Allocate(
                    @Nullable IpFamily family,
                    String pool,
                    boolean required) ->
                wish.problems().isEmpty()
                    ? allocate(wish, family, pool, required)
                    : Optional.of(new Refusal("Invalid", String.join("; ", wish.problems()), true));
          };
      refusal.ifPresent(refusals::add);
      adopting |= refusal.isPresent() && step instanceof AddressPlan.Step.Adopt;
    }
    AddressPlan reached = AddressPlan.of(wish, book.of(wish.owner()), recorded, pools::usable);
    return new Standing(reached.keep(), reached.surplus(), refusals, adopting);
  }

  /// Claims what the status names and no claim does, so that it can be released in order.
  void adoptAll(LoadBalancer object, Wish wish) {
    AddressPlan plan =
        AddressPlan.of(wish, book.of(wish.owner()), Recorded.of(object), pools::usable);
    for (AddressPlan.Step step : plan.steps()) {
      if (step instanceof AddressPlan.Step.Adopt(Recorded address)) {
        adopt(wish, address);
      }
    }
  }

  private Optional<Refusal> adopt(Wish wish, Recorded recorded) {
    String network = pools.network(recorded.pool()).orElse(wish.need().network());
    var key = new ClaimKey(network, recorded.address());
    if (book.reserve(key, wish.owner())) {
      Optional<PoolRange> range =
          pools.usable(recorded.pool()).flatMap(pool -> pool.rangeGiving(recorded.address()));
      var subnet =
          range
              .map(r -> new ClaimDocument.Subnet(r.subnet().prefixLength(), r.gateway()))
              .orElseGet(() ->
                  new ClaimDocument.Subnet(
                      recorded.prefixLength(),
                      IpAddress.tryParse(recorded.gateway()).orElse(null)));
      if (claim(wish, key, recorded.pool(), subnet, false).isPresent()) {
        log.atInfo()
            .addKeyValue("loadBalancer", wish.owner())
            .addKeyValue("address", key)
            .addKeyValue("pool", recorded.pool())
            .log("address adopted");
        return Optional.empty();
      }
    }
    String holder = book.at(key).map(claim -> claim.owner().toString()).orElse("somebody else");
    return Optional.of(
        new Refusal(
            "AddressConflict",
            "status.allocatedAddress says "
                + recorded.address()
                + ", but the address is claimed for "
                + holder
                + "; nothing is freed or changed until one of the two is deleted",
            true));
  }

  private Optional<Refusal> allocate(
      Wish wish, @Nullable IpFamily wantedFamily, String named, boolean required) {
    List<Pool> candidates = candidates(wish, named);
    Optional<Violation> closed = closed(wish, named);
    if (closed.isPresent()) {
      return Optional.of(new Refusal("PoolNotAllowed", closed.get().message(), required));
    }
    if (candidates.isEmpty()) {
      return Optional.of(
          named.isEmpty()
              ? new Refusal(
                  "NoMatchingPool",
                  "no IPPool matches "
                      + wish.need()
                      + "; create one with such a selector or name one in spec.ipPool",
                  required)
              : new Refusal(
                  "PoolUnusable", pools.whyUnusable(field(wish, named), named), required));
    }
    Pool pool = best(candidates, wish, wantedFamily);
    IpFamily family =
        wantedFamily != null ? wantedFamily : familyOf(pool, wish).orElse(IpFamily.IPV4);
    @Nullable IpAddress wanted = wish.wanted().get(family);
    Optional<IpAddress> comingBack =
        wanted == null ? former.comingBack(pool, family, wish) : Optional.empty();
    if (comingBack.isPresent()) {
      return Optional.of(
          new Refusal(
              "AddressBeingReleased",
              "waiting for the release of " + comingBack.get() + ", which the Service had before",
              required));
    }
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Choice choice =
          book.reserve(
              pool,
              wish.owner(),
              family,
              wanted,
              former.of(pool, wish),
              pools.object(pool.name()).flatMap(PoolReading::lastAllocated).orElse(null),
              address -> unclaimed.holds(pool, address, wish.owner()));
      switch (choice) {
        case Choice.Refused(Choice.Cause cause, String message) -> {
          return Optional.of(new Refusal(cause.reason(), message, required));
        }
        case Choice.Given(IpAddress address, PoolRange range, Choice.Why why) -> {
          var key = new ClaimKey(pool.network(), address);
          var subnet = new ClaimDocument.Subnet(range.subnet().prefixLength(), range.gateway());
          if (claim(wish, key, pool.name(), subnet, why == Choice.Why.WANTED).isPresent()) {
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

  /// @return the claim, if it is this owner's now; empty if somebody else has the address
  private Optional<Claim> claim(
      Wish wish, ClaimKey key, String pool, ClaimDocument.Subnet subnet, boolean wanted) {
    try {
      return Optional.of(writer.create(wish, key, pool, subnet, wanted));
    } catch (KubeApiException e) {
      if (e.is(Reason.ALREADY_EXISTS)) {
        return existing(wish, key);
      }
      if (isCertain(e)) {
        book.cancel(key, wish.owner());
      }
      // Without an answer the claim may exist: the address stays kept back for this owner, so that
      // the next try is the same one and finds its own claim.
      throw e;
    }
  }

  /// Whose claim it is that was there already.
  private Optional<Claim> existing(Wish wish, ClaimKey key) {
    ObjectKey name = ClaimDocument.name(key);
    Optional<AddressClaim> object = api.get(NetTypes.ADDRESS_CLAIM, name);
    book.cancel(key, wish.owner());
    Optional<Claim> claim = object.flatMap(ClaimDocument::read);
    claim.ifPresent(book::record);
    if (claim.isEmpty() || !claim.get().owner().equals(wish.owner())) {
      return Optional.empty();
    }
    boolean asItIs = claim.get().active() && claim.get().ownerUid().equals(wish.uid());
    return Optional.of(asItIs ? claim.get() : writer.takeBack(claim.get(), wish));
  }

  private static boolean isCertain(KubeApiException e) {
    return switch (e.reason()) {
      case CONFLICT,
          ALREADY_EXISTS,
          INVALID,
          UNAUTHORIZED,
          FORBIDDEN,
          NOT_FOUND,
          GONE,
          THROTTLED,
          FENCED ->
          true;
      case SERVER_ERROR, UNREACHABLE -> false;
    };
  }

  /// The rule that the webhook refuses by, for what got past it.
  private Optional<Violation> closed(Wish wish, String named) {
    return enforcePoolScopes
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
    return named.isEmpty()
        ? PoolSelection.candidates(pools.usable(), wish.need(), wish.guestCluster())
        : pools.usable(named).stream().toList();
  }

  /// The first pool is Harvester's choice. Another one is taken only for what the first cannot
  /// offer at all: the family, or the very address that was asked for.
  private static Pool best(List<Pool> candidates, Wish wish, @Nullable IpFamily family) {
    Stream<Pool> fitting = candidates.stream().filter(pool -> family == null || pool.has(family));
    Optional<Pool> withWanted =
        candidates.stream()
            .filter(pool ->
                wish.wanted().values().stream()
                    .filter(address -> family == null || address.family() == family)
                    .anyMatch(address -> pool.rangeGiving(address).isPresent()))
            .findFirst();
    return withWanted.or(fitting::findFirst).orElse(candidates.get(0));
  }

  /// The family of the one address: that of the address that was asked for, else of the pool's
  /// first range.
  private static Optional<IpFamily> familyOf(Pool pool, Wish wish) {
    if (wish.wanted().size() == 1) {
      return wish.wanted().keySet().stream().findFirst();
    }
    return pool.ranges().stream().findFirst().map(PoolRange::family);
  }
}
