package dev.thresher.vip.l2;

import java.net.InetAddress;

/// An address and the interface on which this node answers for it.
///
/// @param address IPv4 or global/unique-local IPv6; never multicast, loopback, link-local or
///   unspecified
/// @param interfaceName an Ethernet-like interface of this node
public record HeldAddress(InetAddress address, String interfaceName) {

  public HeldAddress {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isMulticastAddress()
        || address.isLinkLocalAddress()) {
      throw new IllegalArgumentException(
          "a held address must be a unicast address that is neither loopback nor link-local, found "
              + address.getHostAddress());
    }
    if (interfaceName.isEmpty()) {
      throw new IllegalArgumentException(
          "interface of held address " + address.getHostAddress() + " must not be empty");
    }
  }

  @Override
  public String toString() {
    return address.getHostAddress() + "@" + interfaceName;
  }
}
