package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.runtime.informer.Informer;
import java.util.List;

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
        .flatMap(other -> Recorded.of(other).stream())
        .filter(recorded -> recorded.address().equals(address))
        .map(recorded -> pools.network(recorded.pool()))
        .anyMatch(network -> network.isEmpty() || network.get().equals(pool.network()));
  }

  private static boolean isOwner(LoadBalancer object, Owner owner) {
    return owner.name().equals(object.getMetadata().getName())
        && owner.namespace().equals(object.getMetadata().getNamespace());
  }

  private static List<String> addresses(LoadBalancer object) {
    return Recorded.of(object).stream().map(recorded -> recorded.address().toString()).toList();
  }
}
