package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.ipam.Claim;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// By what a host object is known to be that of a load balancer: its owner reference; without any
/// owner the label with our UID, or on a Service the annotation with it; and without these what the
/// object itself is there for. So one edit that takes owners and labels away does not make a
/// stranger of an object that still has the address answered, and none of one whose address is for
/// a DHCP server to say.
///
/// What names another owner is never ours.
///
/// @param wish whose objects they are
/// @param addresses those of this load balancer, by its claims and by its status
record Marks(Wish wish, Set<IpAddress> addresses) {

  Marks {
    addresses = Set.copyOf(addresses);
  }

  /// @param held addresses that it is to have on the host now, also those of its group
  static Marks of(
      Wish wish, LoadBalancer object, Collection<Claim> claims, Collection<IpAddress> held) {
    var addresses = new HashSet<IpAddress>(held);
    claims.stream().filter(Claim::active).map(Claim::address).forEach(addresses::add);
    Recorded.of(object).stream().map(Recorded::address).forEach(addresses::add);
    // That is no address: any Service may ask a DHCP server.
    addresses.removeIf(IpAddress::isUnspecified);
    return new Marks(wish, addresses);
  }

  boolean areOn(V1Service seen) {
    return HostObject.isOf(wish, seen)
        || (!HostObject.hasOwner(seen)
            && HostService.requested(seen).stream().anyMatch(addresses::contains));
  }

  boolean areOn(V1EndpointSlice seen) {
    return HostObject.isOf(wish, seen)
        || (!HostObject.hasOwner(seen) && HostSlices.looksMadeHere(wish, seen));
  }

  /// The addresses of this load balancer that the Service, whosoever it is, asks for or has
  /// answered.
  List<IpAddress> usedBy(V1Service seen) {
    var used = new HashSet<IpAddress>(HostService.requested(seen));
    used.addAll(HostService.answered(seen));
    used.retainAll(addresses);
    return used.stream().sorted().toList();
  }
}
