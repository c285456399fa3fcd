package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.PoolRange;
import dev.thresher.loadbalancer.rules.OtherHolder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gets a load balancer its addresses by creating claims.
///
/// Creating the claim object is the lock: whoever creates it has the address. Called for one load
/// balancer by one thread at a time.
final class Addressing {

  private static final Logger log = LoggerFactory.getLogger(Addressing.class);

  /// How the addresses of a load balancer stand.
  ///
  /// @param keep its claims, in the order of the wish
  /// @param surplus claims to release once the status names `keep`
  /// @param refusals what it wants and cannot have now
  /// @param adopting the status must not change: an address in it could not be claimed, or what
  ///   stands on the host for it cannot be changed
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

  private final ClaimBook book;
  private final Pools pools;
  private final Unclaimed unclaimed;
  private final Claiming claiming;
  private final Allocation allocation;
  private final Sharing sharing;
  private final Conflicts conflicts;

  Addressing(
      ClaimBook book,
      Pools pools,
      Unclaimed unclaimed,
      Claiming claiming,
      Allocation allocation,
      Sharing sharing,
      Conflicts conflicts) {
    this.book = book;
    this.pools = pools;
    this.unclaimed = unclaimed;
    this.claiming = claiming;
    this.allocation = allocation;
    this.sharing = sharing;
    this.conflicts = conflicts;
  }

  /// Claims what is missing.
  Standing ensure(LoadBalancer object, Wish wish) {
    List<Recorded> recorded = Recorded.of(object);
    Optional<Standing> shared = sharing.standing(wish, recorded);
    if (shared.isPresent()) {
      conflicts.note(wish.owner(), List.of());
      return shared.get();
    }
    AddressPlan plan = plan(wish, recorded);
    var refusals = new ArrayList<Refusal>();
    var twice = new ArrayList<Conflicts.Conflict>();
    for (AddressPlan.Step step : plan.steps()) {
      Optional<Refusal> refusal =
          switch (step) {
            case AddressPlan.Step.Adopt(Recorded address) -> {
              Optional<Conflicts.Conflict> conflict = adopt(wish, address);
              conflict.ifPresent(twice::add);
              yield conflict.map(Addressing::refusal);
            }
            case AddressPlan.Step.TakeBack(Claim claim) ->
                allocation.takeBack(wish, claim, names(recorded, claim));
            case AddressPlan.Step.Allocate(
                    @Nullable IpFamily family,
                    String pool,
                    boolean required) ->
                wish.problems().isEmpty()
                    ? allocation.allocate(wish, family, pool, required)
                    : Optional.of(new Refusal("Invalid", String.join("; ", wish.problems()), true));
          };
      refusal.ifPresent(refusals::add);
    }
    conflicts.note(wish.owner(), twice);
    AddressPlan reached = plan(wish, recorded);
    if (!plan.steps().isEmpty()) {
      sharing.changed(wish);
    }
    Optional<Refusal> clash = sharing.clash(wish, reached.keep());
    // Before all others: the host Service stays as it is, whatever else is missing.
    clash.ifPresent(refusal -> refusals.add(0, refusal));
    return new Standing(
        reached.keep(), reached.surplus(), refusals, !twice.isEmpty() || clash.isPresent());
  }

  private AddressPlan plan(Wish wish, List<Recorded> recorded) {
    return AddressPlan.of(
        wish, book.of(wish.owner()), recorded, pools::usable, unclaimed::isOccupied);
  }

  private static boolean names(List<Recorded> recorded, Claim claim) {
    return recorded.stream().anyMatch(one -> one.address().equals(claim.address()));
  }

  /// The load balancer is gone, or on its way.
  void forget(Owner owner) {
    conflicts.note(owner, List.of());
    sharing.forget(owner);
  }

  /// A claim of an owner who is gone was released: others of its group may go on with it.
  void released(Claim claim) {
    sharing.released(claim);
  }

  /// Claims what the status names and no claim does, so that it can be released in order.
  void adoptAll(LoadBalancer object, Wish wish) {
    for (AddressPlan.Step step : plan(wish, Recorded.of(object)).steps()) {
      if (step instanceof AddressPlan.Step.Adopt(Recorded address)) {
        adopt(wish, address);
      }
    }
  }

  /// @return who has it, if that is somebody else
  private Optional<Conflicts.Conflict> adopt(Wish wish, Recorded recorded) {
    String network = pools.network(recorded.pool()).orElse(wish.need().network());
    var key = new ClaimKey(network, recorded.address());
    Optional<Owner> rightful = unclaimed.rightfulOwner(recorded, network, wish);
    if (rightful.isPresent()) {
      return Optional.of(
          new Conflicts.Conflict(key, recorded.pool(), wish.owner(), rightful.get().toString()));
    }
    Optional<OtherHolder> other = unclaimed.otherHolder(recorded, wish);
    if (other.isPresent()) {
      return Optional.of(
          new Conflicts.Conflict(
              key, recorded.pool(), wish.owner(), other.get().name(), other.get().fix()));
    }
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
      if (claiming.claim(wish, key, recorded.pool(), subnet, false).isPresent()) {
        log.atInfo()
            .addKeyValue("loadBalancer", wish.owner())
            .addKeyValue("address", key)
            .addKeyValue("pool", recorded.pool())
            .log("address adopted");
        return Optional.empty();
      }
    }
    String holder = book.at(key).map(claim -> claim.owner().toString()).orElse("somebody else");
    return Optional.of(new Conflicts.Conflict(key, recorded.pool(), wish.owner(), holder));
  }

  private static Refusal refusal(Conflicts.Conflict conflict) {
    return new Refusal(
        "AddressConflict",
        "status.allocatedAddress says "
            + conflict.key().address()
            + ", but the address is that of "
            + conflict.holder()
            + (conflict.fix().isEmpty()
                ? "; nothing is freed or changed until one of the two is deleted"
                : "; nothing is freed or changed meanwhile: " + conflict.fix()),
        true);
  }
}
