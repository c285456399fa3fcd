package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.AllocatedAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An address that `status.allocatedAddress` says the load balancer has.
///
/// Whatever wrote it, the address is in use: it is claimed for its owner, never exchanged.
///
/// @param pool the pool it is from, which may be gone
/// @param mask as written, may be empty
/// @param gateway as written, may be empty or no address
record Recorded(IpAddress address, String pool, String mask, String gateway) {

  /// The addresses, first the one that `status.addresses` names first if it names all of them,
  /// since `allocatedAddress` always begins with that of IPv4. `0.0.0.0`, which stands for DHCP, is
  /// none.
  static List<Recorded> of(LoadBalancer object) {
    AllocatedAddress allocated =
        object.getStatus() == null ? null : object.getStatus().getAllocatedAddress();
    if (allocated == null) {
      return List.of();
    }
    var recorded = new ArrayList<Recorded>();
    read(allocated.getIp(), allocated.getIpPool(), allocated.getMask(), allocated.getGateway())
        .ifPresent(recorded::add);
    read(
            allocated.getIpv6IP(),
            allocated.getIpv6Pool(),
            allocated.getIpv6Mask(),
            allocated.getIpv6Gateway())
        .ifPresent(recorded::add);
    List<String> order = object.getStatus().getAddresses();
    if (recorded.stream().allMatch(one -> order.contains(one.address().toString()))) {
      recorded.sort(Comparator.comparingInt(one -> order.indexOf(one.address().toString())));
    }
    return recorded;
  }

  private static Optional<Recorded> read(
      @Nullable String address,
      @Nullable String pool,
      @Nullable String mask,
      @Nullable String gateway) {
    return IpAddress.tryParse(text(address))
        .filter(a -> !a.isUnspecified())
        .map(a -> new Recorded(a, text(pool), text(mask), text(gateway)));
  }

  /// Length of the prefix that the mask says; that of a single address if it says none.
  int prefixLength() {
    return IpAddress.tryParse(mask)
        .filter(m -> m.family() == address.family())
        .map(m -> m.value().getBlockMaskPrefixLength(true))
        .orElse(address.family().bits());
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
