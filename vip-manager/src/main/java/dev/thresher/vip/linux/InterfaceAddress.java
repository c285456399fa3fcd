package dev.thresher.vip.linux;

import java.net.InetAddress;

/// An address on an interface, as rtnetlink's RTM_NEWADDR says.
///
/// @param interfaceIndex where it is
/// @param address the local address (IFA_LOCAL, else IFA_ADDRESS)
/// @param prefixLength bits of its subnet, 0 to 32 or 128
/// @param protocol who added it (IFA_PROTO); 0 if not said
public record InterfaceAddress(
    int interfaceIndex, InetAddress address, int prefixLength, int protocol) {

  /// Whether a vip-manager gave it to the node for a while, as far as the kernel can say it.
  public boolean isLent() {
    return protocol == AddressMessages.TAG;
  }

  /// Whether it says of no other address that it is on the same link.
  public boolean isHost() {
    return prefixLength == 8 * address.getAddress().length;
  }
}
