package dev.thresher.vip.packet;

import java.net.Inet6Address;
import java.util.Optional;

/// An IPv6 header (RFC 8200). Traffic class and flow label are not kept and written as 0.
///
/// @param payloadLength octets after the header
/// @param nextHeader what the payload begins with; extension headers are not followed (RFC 6980
///   forbids fragmented neighbour discovery, and no sender puts others before it)
/// @param hopLimit hops left; 255 proves that the packet was sent on this link
public record Ipv6Header(
    int payloadLength,
    int nextHeader,
    int hopLimit,
    Inet6Address source,
    Inet6Address destination) {
  /// Octets.
  public static final int LENGTH = 40;

  /// Next header of ICMPv6.
  public static final int ICMPV6 = 58;

  static Optional<Ipv6Header> read(byte[] bytes, int offset, int end) {
    if (end - offset < LENGTH || Octets.u8(bytes, offset) >>> 4 != 6) {
      return Optional.empty();
    }
    int payloadLength = Octets.u16(bytes, offset + 4);
    if (payloadLength > end - offset - LENGTH) {
      return Optional.empty();
    }
    return Optional.of(
        new Ipv6Header(
            payloadLength,
            Octets.u8(bytes, offset + 6),
            Octets.u8(bytes, offset + 7),
            IpBytes.readV6(bytes, offset + 8),
            IpBytes.readV6(bytes, offset + 24)));
  }

  void write(byte[] bytes, int offset) {
    bytes[offset] = 0x60;
    Octets.put16(bytes, offset + 4, payloadLength);
    bytes[offset + 6] = (byte) nextHeader;
    bytes[offset + 7] = (byte) hopLimit;
    IpBytes.write(source, bytes, offset + 8);
    IpBytes.write(destination, bytes, offset + 24);
  }

  /// The unfolded sum of the pseudo-header (RFC 8200 8.1) and of the payload at an offset.
  static long payloadSum(Ipv6Header header, byte[] bytes, int payload) {
    return Octets.sum(header.source.getAddress(), 0, 16)
        + Octets.sum(header.destination.getAddress(), 0, 16)
        + header.payloadLength
        + header.nextHeader
        + Octets.sum(bytes, payload, header.payloadLength);
  }
}
