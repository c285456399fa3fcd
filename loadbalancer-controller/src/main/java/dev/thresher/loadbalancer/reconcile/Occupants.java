package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.rules.Occupied;
import dev.thresher.runtime.informer.Change;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// Addresses that others answer for, as the caches have them: of pools' gateways, of nodes, of the
/// API servers and of the host itself. Pools that were made before this was looked at may give them
/// away by their ranges; here they are passed over.
///
/// Thread-safe.
final class Occupants {

  private record Place(String network, IpAddress address) {}

  private record Known(List<Occupied> all, Set<Place> places) {}

  private final HostSources host;
  private final Pools pools;
  private Optional<Known> known = Optional.empty();

  Occupants(HostSources host, Pools pools) {
    this.host = host;
    this.pools = pools;
  }

  /// Whether somebody who is no load balancer answers for the address of this pool's network.
  boolean hold(Pool pool, IpAddress address) {
    return known().places().contains(new Place(pool.network(), address));
  }

  /// All of them, with who answers.
  List<Occupied> all() {
    return known().all();
  }

  /// What a pool offers has changed: the caches are read anew at the next question.
  void changed(Change<IPPool> change) {
    boolean same =
        change instanceof Change.Updated<IPPool>(IPPool before, IPPool after)
            && Objects.equals(before.getSpec(), after.getSpec());
    if (!same) {
      forget();
    }
  }

  /// Somebody else may answer now: the caches are read anew at the next question.
  synchronized void forget() {
    known = Optional.empty();
  }

  private synchronized Known known() {
    if (known.isEmpty()) {
      List<Occupied> all = new ArrayList<>(host.all());
      all.addAll(Occupied.gateways(pools.usable()));
      Set<Place> found = new HashSet<>();
      all.forEach(one -> found.add(new Place(one.network(), one.address())));
      known = Optional.of(new Known(List.copyOf(all), found));
    }
    return known.get();
  }
}
