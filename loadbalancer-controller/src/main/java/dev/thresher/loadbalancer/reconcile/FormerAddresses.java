package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.Pool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The addresses that a load balancer, or the guest Service behind it, had before.
final class FormerAddresses {

  private final Pools pools;
  private final ClaimBook book;
  private final Duration holdDown;

  /// @param holdDown how long a released address is given to nobody but its owner
  FormerAddresses(Pools pools, ClaimBook book, Duration holdDown) {
    this.pools = pools;
    this.book = book;
    this.holdDown = holdDown;
  }

  /// Whether an address may be another's as soon as it is released.
  boolean areFree() {
    return holdDown.isZero();
  }

  /// What the owner had of this pool: entries without a claim that name it, then its history, then
  /// the history of the same guest Service before it was made again.
  List<IpAddress> of(Pool pool, Wish wish) {
    return pools
        .object(pool.name())
        .flatMap(object -> Optional.ofNullable(object.getStatus()))
        .map(said ->
            Stream.of(
                    addresses(said.getAllocated(), wish.owner().toString()::equals),
                    addresses(said.getAllocatedHistory(), wish.owner().toString()::equals),
                    addresses(said.getAllocatedHistory(), owner -> FormerSelf.isOf(wish, owner)))
                .flatMap(List::stream)
                .toList())
        .orElse(List.of());
  }

  private static List<IpAddress> addresses(Map<String, String> entries, Predicate<String> owner) {
    return entries.entrySet().stream()
        .filter(entry -> owner.test(entry.getValue()))
        .flatMap(entry -> IpAddress.tryParse(entry.getKey()).stream())
        .sorted()
        .toList();
  }

  /// The address of the same guest Service before it was made again, if its claim was released and
  /// has not ended yet. It is its own, also while it is held down for its owner.
  Optional<IpAddress> comingBack(Pool pool, IpFamily family, Wish wish) {
    @Nullable IpAddress wanted = wish.wanted().get(family);
    return book.releasedOf(pool.name()).stream()
        .filter(claim -> claim.family() == family)
        .filter(claim -> FormerSelf.isOf(wish, claim.owner()))
        .map(Claim::address)
        .filter(address -> wanted == null || wanted.equals(address))
        .filter(address -> pool.rangeGiving(address).isPresent())
        .filter(address -> !pool.reservedForOthersThan(wish.claimant()).containsKey(address))
        .findFirst();
  }
}
