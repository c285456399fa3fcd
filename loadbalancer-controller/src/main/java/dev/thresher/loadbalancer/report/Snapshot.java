package dev.thresher.loadbalancer.report;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.Owner;
import java.util.List;

/// What the report is made from.
///
/// @param pools all pools
/// @param claims all claims, released ones too
/// @param balancers all load balancers
public record Snapshot(List<IPPool> pools, List<Claim> claims, List<Balancer> balancers) {

  public Snapshot {
    pools = List.copyOf(pools);
    claims = List.copyOf(claims);
    balancers = List.copyOf(balancers);
  }

  /// An address that a status names.
  ///
  /// @param pool as the status says, may be empty or gone
  public record Held(IpAddress address, String pool) {}

  /// A load balancer as far as the report needs it.
  ///
  /// @param uid identity of the object
  /// @param dhcp the address comes from a DHCP server, not from a pool
  /// @param pool that it names, empty for none
  /// @param addresses those that its status names
  /// @param cluster guest cluster, empty for none
  /// @param service of the guest as `namespace/name`, empty for none
  /// @param problem message of its condition, empty if it is ready
  /// @param bridge message of the condition that replies may get lost on a bridge, empty if not
  /// @param otherVlan message of the condition that back ends are in another VLAN, empty if not
  /// @param backends addresses of its back ends
  public record Balancer(
      Owner owner,
      String uid,
      boolean dhcp,
      String pool,
      List<Held> addresses,
      String cluster,
      String service,
      String placement,
      String problem,
      String bridge,
      String otherVlan,
      List<String> backends) {
    public Balancer {
      addresses = List.copyOf(addresses);
      backends = List.copyOf(backends);
    }
  }
}
