package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.rules.Asked;
import dev.thresher.loadbalancer.rules.OtherHolder;
import dev.thresher.runtime.informer.Informer;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Addresses that somebody has though no claim says so: those that the Go controller gave, until
/// they are adopted, entries in a pool's status that nobody answers for, and addresses of the host
/// itself.
///
/// They are given to nobody else. A cache that is a moment behind can make an address look held
/// that has just become free; the change that ends this wakes those who wait.
final class Unclaimed {

  /// Index of load balancers by the addresses in their status.
  static final String BY_ADDRESS = "allocated-address";

  private final Informer<LoadBalancer> loadBalancers;
  private final Pools pools;
  private final Occupants occupants;

  Unclaimed(Informer<LoadBalancer> loadBalancers, Pools pools, Occupants occupants) {
    this.loadBalancers = loadBalancers;
    this.pools = pools;
    this.occupants = occupants;
    loadBalancers.addIndex(BY_ADDRESS, Unclaimed::addresses);
  }

  /// Whether somebody other than this owner has the address of this pool's network.
  boolean holds(Pool pool, IpAddress address, Owner owner) {
    return saidByPool(pool, address, owner)
        || saidByLoadBalancer(pool, address, owner)
        || occupants.hold(pool, address);
  }

  /// The same of an address whose claim was released. What the pool's status says of it is older
  /// than the claim.
  boolean holdsReleased(Pool pool, IpAddress address, Owner owner) {
    return saidByLoadBalancer(pool, address, owner) || occupants.hold(pool, address);
  }

  /// Whether somebody who is no load balancer answers for the address of this pool's network.
  boolean isOccupied(Pool pool, IpAddress address) {
    return occupants.hold(pool, address);
  }

  /// Who of those that say they have an address may claim it, if that is not the one who asks: the
  /// one that the pool's status names; else the oldest, then the first by name. So it does not
  /// depend on who is looked at first.
  ///
  /// @param network the address' layer-2 domain
  Optional<Owner> rightfulOwner(Recorded recorded, String network, Wish asking) {
    List<LoadBalancer> all =
        loadBalancers.byIndex(BY_ADDRESS, recorded.address().toString()).stream()
            .filter(other -> isOn(other, recorded.address(), network))
            .filter(other -> !isInGroup(other, asking))
            .toList();
    if (all.stream().allMatch(other -> isOwner(other, asking.owner()))) {
      return Optional.empty();
    }
    String named =
        pools
            .object(recorded.pool())
            .filter(object -> object.getStatus() != null)
            .map(object -> object.getStatus().getAllocated().get(recorded.address().toString()))
            .orElse("");
    return all.stream()
        .min(
            Comparator.comparing(
                    (LoadBalancer other) -> !Seniority.owner(other).toString().equals(named))
                .thenComparing(Seniority.OLDEST_FIRST))
        .map(Seniority::owner)
        .filter(first -> !first.equals(asking.owner()));
  }

  /// Who else has the address by the word of the pools or of the host: a status alone gives no
  /// right to it.
  Optional<OtherHolder> otherHolder(Recorded recorded, Wish asking) {
    return OtherHolder.of(
        recorded.address(),
        recorded.pool(),
        asking.claimant(),
        owner -> owner.equals(asking.owner().toString()) || mayBeInGroup(owner, asking),
        new OtherHolder.Word(pools.objects(), occupants::all));
  }

  /// Of one that is gone nobody knows the group; the address is the group's then.
  private boolean mayBeInGroup(String owner, Wish asking) {
    String prefix = asking.owner().namespace() + "/";
    return !asking.shareGroup().isEmpty()
        && owner.startsWith(prefix)
        && loadBalancers
            .get(ObjectKey.of(asking.owner().namespace(), owner.substring(prefix.length())))
            .map(other -> isInGroup(other, asking))
            .orElse(true);
  }

  private static boolean isInGroup(LoadBalancer other, Wish asking) {
    return !asking.shareGroup().isEmpty()
        && !isOwner(other, asking.owner())
        && asking.owner().namespace().equals(other.getMetadata().getNamespace())
        && asking.shareGroup().equals(Asked.shareGroup(other).value());
  }

  private boolean saidByPool(Pool pool, IpAddress address, Owner owner) {
    return pools
        .object(pool.name())
        .filter(object -> object.getStatus() != null)
        .map(object -> object.getStatus().getAllocated().get(address.toString()))
        .filter(holder -> !holder.equals(owner.toString()))
        .isPresent();
  }

  private boolean saidByLoadBalancer(Pool pool, IpAddress address, Owner owner) {
    return loadBalancers.byIndex(BY_ADDRESS, address.toString()).stream()
        .filter(other -> !isOwner(other, owner))
        .anyMatch(other -> isOn(other, address, pool.network()));
  }

  /// Whether the status names the address, on this network or on one that is not known any more.
  private boolean isOn(LoadBalancer object, IpAddress address, String network) {
    return Recorded.of(object).stream()
        .filter(recorded -> recorded.address().equals(address))
        .map(recorded -> pools.network(recorded.pool()))
        .anyMatch(known -> known.isEmpty() || known.get().equals(network));
  }

  private static boolean isOwner(LoadBalancer object, Owner owner) {
    return owner.name().equals(object.getMetadata().getName())
        && owner.namespace().equals(object.getMetadata().getNamespace());
  }

  private static List<String> addresses(LoadBalancer object) {
    return Recorded.of(object).stream().map(recorded -> recorded.address().toString()).toList();
  }
}
