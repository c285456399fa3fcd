package dev.thresher.vip.packet;

import java.net.Inet6Address;
import java.util.Optional;

/// What echo and neighbour discovery have in common: an Ethernet and an IPv6 header before, and a
/// checksum over pseudo-header and message (RFC 4443 2.3).
final class Icmpv6 {
  static final int ECHO_REQUEST = 128;
  static final int ECHO_REPLY = 129;

  /// Where the message begins in a frame.
  static final int OFFSET = EthernetHeader.LENGTH + Ipv6Header.LENGTH;

  private static final int CHECKSUM = OFFSET + 2;

  private Icmpv6() {}

  static byte[] begin(EthernetHeader ethernet, Ipv6Header header) {
    byte[] frame = new byte[OFFSET + header.payloadLength()];
    ethernet.write(frame);
    header.write(frame, EthernetHeader.LENGTH);
    return frame;
  }

  static byte[] finish(byte[] frame, Ipv6Header header) {
    Octets.put16(frame, CHECKSUM, Octets.fold(Ipv6Header.payloadSum(header, frame, OFFSET)));
    return frame;
  }

  static Optional<Frame> read(EthernetHeader ethernet, byte[] bytes, int length) {
    Optional<Ipv6Header> read = Ipv6Header.read(bytes, EthernetHeader.LENGTH, length);
    if (read.isEmpty()) {
      return Optional.empty();
    }
    Ipv6Header header = read.get();
    if (header.nextHeader() != Ipv6Header.ICMPV6
        || header.payloadLength() < IcmpEcho.HEADER
        || Octets.fold(Ipv6Header.payloadSum(header, bytes, OFFSET)) != 0
        || bytes[OFFSET + 1] != 0) {
      return Optional.empty();
    }
    int type = Octets.u8(bytes, OFFSET);
    int end = OFFSET + header.payloadLength();
    return switch (type) {
      case ECHO_REQUEST, ECHO_REPLY ->
          Optional.of(
              new Frame.Echo6(
                  ethernet,
                  header.source(),
                  header.destination(),
                  header.hopLimit(),
                  IcmpEcho.read(bytes, OFFSET, header.payloadLength(), type == ECHO_REQUEST)));
      case NeighborDiscovery.SOLICITATION -> solicitation(ethernet, header, bytes, end);
      case NeighborDiscovery.ADVERTISEMENT -> advertisement(ethernet, header, bytes, end);
      default -> Optional.empty();
    };
  }

  private static Optional<Frame> solicitation(
      EthernetHeader ethernet, Ipv6Header header, byte[] bytes, int end) {
    if (header.payloadLength() < NeighborDiscovery.FIXED) {
      return Optional.empty();
    }
    Inet6Address target = IpBytes.readV6(bytes, OFFSET + 8);
    if (target.isMulticastAddress()) {
      return Optional.empty();
    }
    return NeighborDiscovery.options(
            bytes, OFFSET + NeighborDiscovery.FIXED, end, NeighborDiscovery.SOURCE_MAC)
        .map(options ->
            new Frame.Solicitation(
                ethernet,
                header.source(),
                header.destination(),
                header.hopLimit(),
                new NeighborSolicitation(target, options.mac())));
  }

  private static Optional<Frame> advertisement(
      EthernetHeader ethernet, Ipv6Header header, byte[] bytes, int end) {
    if (header.payloadLength() < NeighborDiscovery.FIXED) {
      return Optional.empty();
    }
    Inet6Address target = IpBytes.readV6(bytes, OFFSET + 8);
    int flags = Octets.u8(bytes, OFFSET + 4);
    boolean solicited = (flags & 0x40) != 0;
    if (target.isMulticastAddress() || (solicited && header.destination().isMulticastAddress())) {
      return Optional.empty();
    }
    return NeighborDiscovery.options(
            bytes, OFFSET + NeighborDiscovery.FIXED, end, NeighborDiscovery.TARGET_MAC)
        .map(options ->
            new Frame.Advertisement(
                ethernet,
                header.source(),
                header.destination(),
                header.hopLimit(),
                new NeighborAdvertisement(
                    target, (flags & 0x80) != 0, solicited, (flags & 0x20) != 0, options.mac())));
  }
}
