package dev.thresher.loadbalancer.report;

import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.Owner;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/// All addresses of a host, at one moment.
///
/// @param pools by name
/// @param addresses by address, then by owner
/// @param findings the worst kind first
public record Report(List<PoolLine> pools, List<AddressLine> addresses, List<Finding> findings) {

  public Report {
    pools = List.copyOf(pools);
    addresses = List.copyOf(addresses);
    findings = List.copyOf(findings);
  }

  /// A pool.
  ///
  /// @param network empty for the management network
  /// @param total addresses that may be given away
  /// @param used claims in use
  /// @param released claims whose owner is gone, held back still
  /// @param available addresses that nobody has
  /// @param problem why it cannot be used, empty if it can
  public record PoolLine(
      String name,
      String network,
      String ranges,
      long total,
      long used,
      long released,
      long available,
      String problem) {}

  /// An address that somebody has, or asks for.
  ///
  /// @param address empty while none was given
  /// @param owner load balancer as `namespace/name`
  /// @param service of a guest cluster as `namespace/name`, empty for none
  /// @param placement `guest` or `host`
  /// @param state `used`, `released`, `unclaimed` or `pending`
  /// @param since when it was given, empty if that is not known
  public record AddressLine(
      String address,
      String pool,
      String owner,
      String cluster,
      String service,
      String placement,
      String state,
      String since) {}

  /// Puts it together.
  public static Report of(Snapshot snapshot) {
    Map<Owner, Snapshot.Balancer> byOwner =
        snapshot.balancers().stream()
            .collect(Collectors.toMap(Snapshot.Balancer::owner, Function.identity()));
    List<Finding> findings = Findings.of(snapshot, byOwner);
    return new Report(
        snapshot.pools().stream()
            .map(pool -> PoolLines.of(pool, snapshot.claims()))
            .sorted(Comparator.comparing(PoolLine::name))
            .toList(),
        AddressLines.of(snapshot, byOwner),
        findings);
  }

  /// Claims of a pool.
  static List<Claim> claimsOf(String pool, List<Claim> claims) {
    return claims.stream().filter(claim -> claim.pool().equals(pool)).toList();
  }
}
