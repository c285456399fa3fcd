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
/// @param unreadable what is none of them, since a field is not what its schema says
public record Snapshot(
    List<IPPool> pools, List<Claim> claims, List<Balancer> balancers, List<Unreadable> unreadable) {

  public Snapshot {
    pools = List.copyOf(pools);
    claims = List.copyOf(claims);
    balancers = List.copyOf(balancers);
    unreadable = List.copyOf(unreadable);
  }

  /// An object that the programs pass over.
  ///
  /// @param kind `LoadBalancer`
  /// @param name `namespace/name`, or the name of an object of the cluster
  /// @param problem what cannot be read
  public record Unreadable(String kind, String name, String problem) {}

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
