package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.cni.CniTypes;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.Placement;
import java.util.function.BiPredicate;

/// Tells an address of a load balancer, which moves between machines, from a machine's own.
///
/// The same number in two networks is two addresses, so a claim counts only where it may be meant:
/// not at a card that is known to be in another network. What a guest holds is on machines of the
/// namespace that its load balancers are in, and on no others.
final class VirtualAddresses {

  private final ClaimBook book;
  private final Networks networks;

  VirtualAddresses(ClaimBook book, Networks networks) {
    this.book = book;
    this.networks = networks;
  }

  /// Whether a load balancer may have the address at the network of a machine's card, which is
  /// named as `namespace/name`, or empty for the pod network.
  ///
  /// @param namespace of the machines
  BiPredicate<String, IpAddress> of(String namespace) {
    return (network, address) ->
        book.inUse(address).stream()
            .filter(claim -> mayBeIn(namespace, claim))
            .anyMatch(claim -> mayBeOne(claim.key().network(), network));
  }

  private static boolean mayBeIn(String namespace, Claim claim) {
    return claim.placement() == Placement.HOST || claim.owner().namespace().equals(namespace);
  }

  /// Whether two networks may be one. Nobody knows which networks the management network is; two
  /// that have names are one if they have the same, or are known to be in one VLAN.
  private boolean mayBeOne(String one, String other) {
    if (CniTypes.network(one).isEmpty() || CniTypes.network(other).isEmpty() || one.equals(other)) {
      return true;
    }
    return networks
        .vlan(one)
        .flatMap(vlan -> networks.vlan(other).filter(another -> !vlan.differsFrom(another)))
        .isPresent();
  }
}
