package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.Families;
import dev.thresher.loadbalancer.reconcile.StatusDocument.Said;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Whether a load balancer has the address that it asks for.
///
/// An address that it has is never exchanged for one that is asked for later: clients know it. So a
/// person is told, and decides.
final class WantedAddress {

  static final String TYPE = "WantedAddressHeld";

  private WantedAddress() {}

  /// What is to be said, as in [#condition]; who was told hears that it is over, others hear
  /// nothing of it.
  ///
  /// @param held claims of the addresses that it has
  /// @param object with its status as it is before this look
  static Optional<Said> look(Wish wish, Collection<Claim> held, LoadBalancer object) {
    return condition(wish, held)
        .or(() ->
            StatusDocument.condition(object, TYPE)
                .map(_ ->
                    new Said(TYPE, true, "AsAsked", "it has no other address than is asked for")));
  }

  /// @return the condition if it has another address in place of one that it asks for
  static Optional<Said> condition(Wish wish, Collection<Claim> held) {
    List<IpAddress> has = held.stream().map(Claim::address).sorted().toList();
    List<IpAddress> missed =
        wish.wanted().values().stream()
            .filter(address -> !has.contains(address) && isInPlaceOf(address, has, wish))
            .sorted()
            .toList();
    if (missed.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Said(
            TYPE,
            false,
            "OtherAddressHeld",
            "has "
                + text(has)
                + ", but annotation "
                + ThresherNames.WANTED_ADDRESSES
                + " asks for "
                + text(missed)
                + ": an address that it has is not exchanged for that; delete the LoadBalancer (that"
                + " of a guest cluster: its Service) and create it again to have "
                + text(missed)
                + ", or ask for "
                + text(has)));
  }

  /// Whether one that it has keeps it from getting this one. Else it still gets it, or is told why
  /// not.
  private static boolean isInPlaceOf(IpAddress wanted, List<IpAddress> has, Wish wish) {
    return wish.families() instanceof Families.These
        ? has.stream().anyMatch(address -> address.family() == wanted.family())
        : !has.isEmpty();
  }

  private static String text(List<IpAddress> addresses) {
    return addresses.stream().map(IpAddress::toString).collect(Collectors.joining(", "));
  }
}
