package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What an `IPPool` says it offers, and to whom.
///
/// @param name name of the pool
/// @param network the layer-2 domain: NetworkAttachmentDefinition as `namespace/name`, empty for
///   the management network
/// @param priority the highest wins among the pools that match
/// @param scopes who may take from it without naming it; with none nobody may
/// @param ranges in the order of the spec, which is the order of allocation
/// @param labels by which load balancers may choose it
/// @param reservations addresses that are kept for certain load balancers
/// @param quotas how many addresses a tenant may have
public record Pool(
    String name,
    String network,
    long priority,
    List<PoolScope> scopes,
    List<PoolRange> ranges,
    Map<String, String> labels,
    List<Reservation> reservations,
    List<Quota> quotas) {

  public Pool {
    scopes = List.copyOf(scopes);
    ranges = List.copyOf(ranges);
    labels = Map.copyOf(labels);
    reservations = List.copyOf(reservations);
    quotas = List.copyOf(quotas);
  }

  /// A pool without labels, reservations and quotas.
  public Pool(
      String name, String network, long priority, List<PoolScope> scopes, List<PoolRange> ranges) {
    this(name, network, priority, scopes, ranges, Map.of(), List.of(), List.of());
  }

  /// Addresses that are kept for this one, in the order of the spec.
  public List<IpAddress> reservedFor(Claimant claimant) {
    return reservations.stream()
        .filter(reservation -> reservation.holder().is(claimant))
        .map(Reservation::address)
        .toList();
  }

  /// Addresses that are kept for others than this one.
  public Map<IpAddress, Reservation.Holder> reservedForOthersThan(Claimant claimant) {
    var others = new HashMap<IpAddress, Reservation.Holder>();
    for (Reservation reservation : reservations) {
      if (!reservation.holder().is(claimant)) {
        others.put(reservation.address(), reservation.holder());
      }
    }
    return others;
  }

  /// The pool of last resort: a scope is `*` in all its parts. Exactly then the mutating webhook
  /// sets the label `loadbalancer.harvesterhci.io/global-ip-pool`, by which Harvester decides; a
  /// pool that was stored without the webhook may have a label that opens it to others than its
  /// scopes do.
  public boolean global() {
    return scopes.contains(PoolScope.EVERYTHING);
  }

  /// Whether the scopes let this load balancer in, whatever its network. A pool without scopes is
  /// never chosen, so it is there for whoever names it.
  public boolean isOpenTo(Requirement need) {
    return scopes.isEmpty() || global() || scopes.stream().anyMatch(s -> s.matchesLoosely(need));
  }

  public boolean has(IpFamily family) {
    return ranges.stream().anyMatch(range -> range.family() == family);
  }

  /// The range that gives this address away, if one does.
  public Optional<PoolRange> rangeGiving(IpAddress address) {
    return ranges.stream().filter(range -> range.gives(address)).findFirst();
  }

  /// Whether the address lies between start and end of a range, given away or not.
  public boolean covers(IpAddress address) {
    return ranges.stream().anyMatch(range -> range.range().contains(address));
  }

  /// Number of addresses that may be given away.
  public BigInteger size() {
    return ranges.stream().map(PoolRange::size).reduce(BigInteger.ZERO, BigInteger::add);
  }
}
