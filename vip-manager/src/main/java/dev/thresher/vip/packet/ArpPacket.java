package dev.thresher.vip.packet;

import java.net.Inet4Address;
import java.util.Optional;

/// ARP for IPv4 over Ethernet (RFC 826).
public record ArpPacket(
    Operation operation,
    MacAddress senderMac,
    Inet4Address sender,
    MacAddress targetMac,
    Inet4Address target) {

  /// Octets of a packet for IPv4 over Ethernet.
  public static final int LENGTH = 28;

  private static final int HARDWARE_ETHERNET = 1;

  /// What the sender wants; other operations (RARP, InARP) are not decoded.
  public enum Operation {
    /// Who has the target address?
    REQUEST,
    /// The sender address is at the sender MAC.
    REPLY
  }

  /// Reads a packet; empty if it is not a well-formed request or reply for IPv4 over Ethernet.
  public static Optional<ArpPacket> read(byte[] bytes, int offset, int end) {
    if (end - offset < LENGTH
        || Octets.u16(bytes, offset) != HARDWARE_ETHERNET
        || Octets.u16(bytes, offset + 2) != EthernetHeader.IPV4
        || Octets.u8(bytes, offset + 4) != MacAddress.LENGTH
        || Octets.u8(bytes, offset + 5) != 4) {
      return Optional.empty();
    }
    int code = Octets.u16(bytes, offset + 6);
    if (code != 1 && code != 2) {
      return Optional.empty();
    }
    return Optional.of(
        new ArpPacket(
            code == 1 ? Operation.REQUEST : Operation.REPLY,
            MacAddress.read(bytes, offset + 8),
            IpBytes.readV4(bytes, offset + 14),
            MacAddress.read(bytes, offset + 18),
            IpBytes.readV4(bytes, offset + 24)));
  }

  void write(byte[] bytes, int offset) {
    Octets.put16(bytes, offset, HARDWARE_ETHERNET);
    Octets.put16(bytes, offset + 2, EthernetHeader.IPV4);
    bytes[offset + 4] = MacAddress.LENGTH;
    bytes[offset + 5] = 4;
    Octets.put16(bytes, offset + 6, operation == Operation.REQUEST ? 1 : 2);
    senderMac.write(bytes, offset + 8);
    IpBytes.write(sender, bytes, offset + 14);
    targetMac.write(bytes, offset + 18);
    IpBytes.write(target, bytes, offset + 24);
  }
}
