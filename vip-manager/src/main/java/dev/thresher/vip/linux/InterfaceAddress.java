package dev.thresher.vip.linux;

import java.net.InetAddress;

/// An address on an interface, as rtnetlink's RTM_NEWADDR says.
///
/// @param interfaceIndex where it is
/// @param address the local address (IFA_LOCAL, else IFA_ADDRESS)
/// @param prefixLength bits of its subnet, 0 to 32 or 128
/// @param protocol who added it (IFA_PROTO); 0 if not said
public record InterfaceAddress(
    int interfaceIndex, InetAddress address, int prefixLength, int protocol) {}
