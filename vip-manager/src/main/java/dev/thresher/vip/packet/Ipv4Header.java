package dev.thresher.vip.packet;

import java.net.Inet4Address;
import java.util.Optional;

/// An IPv4 header (RFC 791) of an unfragmented packet. Options are skipped on reading and never
/// written.
///
/// @param payloadLength octets after the header
/// @param protocol the payload's
/// @param ttl hops left
public record Ipv4Header(
    int payloadLength, int protocol, int ttl, Inet4Address source, Inet4Address destination) {
  /// Octets of a header without options.
  public static final int LENGTH = 20;

  /// Protocol number of ICMP.
  public static final int ICMP = 1;

  /// A header and where its payload begins.
  record Read(Ipv4Header header, int payload) {}

  static Optional<Read> read(byte[] bytes, int offset, int end) {
    if (end - offset < LENGTH || Octets.u8(bytes, offset) >>> 4 != 4) {
      return Optional.empty();
    }
    int headerLength = (bytes[offset] & 0xf) * 4;
    int total = Octets.u16(bytes, offset + 2);
    boolean fragment = (Octets.u16(bytes, offset + 6) & 0x3fff) != 0;
    if (headerLength < LENGTH
        || total < headerLength
        || total > end - offset
        || fragment
        || Octets.fold(Octets.sum(bytes, offset, headerLength)) != 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Read(
            new Ipv4Header(
                total - headerLength,
                Octets.u8(bytes, offset + 9),
                Octets.u8(bytes, offset + 8),
                IpBytes.readV4(bytes, offset + 12),
                IpBytes.readV4(bytes, offset + 16)),
            offset + headerLength));
  }

  void write(byte[] bytes, int offset) {
    bytes[offset] = 0x45;
    Octets.put16(bytes, offset + 2, LENGTH + payloadLength);
    // Don't fragment: with it an identification of 0 is right (RFC 6864 4.1).
    Octets.put16(bytes, offset + 6, 0x4000);
    bytes[offset + 8] = (byte) ttl;
    bytes[offset + 9] = (byte) protocol;
    IpBytes.write(source, bytes, offset + 12);
    IpBytes.write(destination, bytes, offset + 16);
    Octets.put16(bytes, offset + 10, Octets.fold(Octets.sum(bytes, offset, LENGTH)));
  }
}
