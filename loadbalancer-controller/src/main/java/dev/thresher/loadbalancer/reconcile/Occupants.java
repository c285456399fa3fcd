package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.rules.Occupied;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Addresses that others answer for: of pools' gateways and of nodes as they are, of the host's
/// others as they were at most half a minute ago. Pools that were made before this was looked at
/// may give them away by their ranges; here they are passed over.
///
/// Thread-safe; one caller in half a minute waits for the API server, and the others for it.
final class Occupants {

  private static final Logger log = LoggerFactory.getLogger(Occupants.class);
  private static final Duration GOOD_FOR = Duration.ofSeconds(30);

  private record Place(String network, IpAddress address) {}

  private record Known(List<Occupied> all, Set<Place> places) {}

  private final HostAddresses host;
  private final Pools pools;
  private final Timeline timeline;
  private Known known = new Known(List.of(), Set.of());
  private long until = Long.MIN_VALUE;

  Occupants(HostAddresses host, Pools pools, Timeline timeline) {
    this.host = host;
    this.pools = pools;
    this.timeline = timeline;
  }

  /// Whether somebody who is no load balancer answers for the address of this pool's network.
  boolean hold(Pool pool, IpAddress address) {
    return known().places().contains(new Place(pool.network(), address));
  }

  /// All of them, with who answers.
  List<Occupied> all() {
    return known().all();
  }

  /// What a pool offers has changed: the next question is asked anew.
  void changed(Change<IPPool> change) {
    boolean same =
        change instanceof Change.Updated<IPPool>(IPPool before, IPPool after)
            && Objects.equals(before.getSpec(), after.getSpec());
    if (!same) {
      forget();
    }
  }

  /// Somebody else may answer now: the next question is asked anew.
  synchronized void forget() {
    until = Long.MIN_VALUE;
  }

  private synchronized Known known() {
    long now = timeline.nanoTime();
    if (until != Long.MIN_VALUE && now - until < 0) {
      return known;
    }
    until = now + GOOD_FOR.toNanos();
    try {
      List<Occupied> all = new ArrayList<>(host.all());
      all.addAll(Occupied.gateways(pools.usable()));
      Set<Place> found = new HashSet<>();
      all.forEach(one -> found.add(new Place(one.network(), one.address())));
      known = new Known(List.copyOf(all), found);
    } catch (KubeApiException e) {
      // What was known stays; a claim that is to be made now fails as well.
      log.atDebug().addKeyValue("error", e.getMessage()).log("addresses of the host not read");
    }
    return known;
  }
}
