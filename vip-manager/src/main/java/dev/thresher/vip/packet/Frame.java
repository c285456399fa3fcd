package dev.thresher.vip.packet;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.util.Optional;

/// One of the Ethernet frames that matter to a holder of addresses.
public sealed interface Frame {

  /// Where it goes, where it comes from.
  EthernetHeader ethernet();

  /// The frame's octets, without padding or check sequence; checksums are right.
  byte[] encode();

  /// An ARP request or reply.
  record Arp(EthernetHeader ethernet, ArpPacket packet) implements Frame {
    @Override
    public byte[] encode() {
      byte[] frame = new byte[EthernetHeader.LENGTH + ArpPacket.LENGTH];
      ethernet.write(frame);
      packet.write(frame, EthernetHeader.LENGTH);
      return frame;
    }
  }

  /// A neighbour solicitation.
  ///
  /// @param hopLimit as received; a receiver must ignore all but 255
  record Solicitation(
      EthernetHeader ethernet,
      Inet6Address source,
      Inet6Address destination,
      int hopLimit,
      NeighborSolicitation message)
      implements Frame {
    @Override
    public byte[] encode() {
      int length = NeighborDiscovery.length(message.sourceMac());
      Ipv6Header header = new Ipv6Header(length, Ipv6Header.ICMPV6, hopLimit, source, destination);
      byte[] frame = Icmpv6.begin(ethernet, header);
      NeighborDiscovery.write(
          frame,
          Icmpv6.OFFSET,
          NeighborDiscovery.SOLICITATION,
          0,
          message.target(),
          NeighborDiscovery.SOURCE_MAC,
          message.sourceMac());
      return Icmpv6.finish(frame, header);
    }
  }

  /// A neighbour advertisement.
  ///
  /// @param hopLimit as received; a receiver must ignore all but 255
  record Advertisement(
      EthernetHeader ethernet,
      Inet6Address source,
      Inet6Address destination,
      int hopLimit,
      NeighborAdvertisement message)
      implements Frame {
    @Override
    public byte[] encode() {
      int length = NeighborDiscovery.length(message.targetMac());
      Ipv6Header header = new Ipv6Header(length, Ipv6Header.ICMPV6, hopLimit, source, destination);
      byte[] frame = Icmpv6.begin(ethernet, header);
      int flags =
          (message.router() ? 0x80 : 0)
              | (message.solicited() ? 0x40 : 0)
              | (message.override() ? 0x20 : 0);
      NeighborDiscovery.write(
          frame,
          Icmpv6.OFFSET,
          NeighborDiscovery.ADVERTISEMENT,
          flags,
          message.target(),
          NeighborDiscovery.TARGET_MAC,
          message.targetMac());
      return Icmpv6.finish(frame, header);
    }
  }

  /// An echo request or reply over IPv4.
  ///
  /// @param ttl hops left
  record Echo4(
      EthernetHeader ethernet,
      Inet4Address source,
      Inet4Address destination,
      int ttl,
      IcmpEcho message)
      implements Frame {
    @Override
    public byte[] encode() {
      int offset = EthernetHeader.LENGTH + Ipv4Header.LENGTH;
      byte[] frame = new byte[offset + message.length()];
      ethernet.write(frame);
      new Ipv4Header(message.length(), Ipv4Header.ICMP, ttl, source, destination)
          .write(frame, EthernetHeader.LENGTH);
      message.write(frame, offset, message.request() ? 8 : 0);
      Octets.put16(frame, offset + 2, Octets.fold(Octets.sum(frame, offset, message.length())));
      return frame;
    }
  }

  /// An echo request or reply over IPv6.
  ///
  /// @param hopLimit hops left
  record Echo6(
      EthernetHeader ethernet,
      Inet6Address source,
      Inet6Address destination,
      int hopLimit,
      IcmpEcho message)
      implements Frame {
    @Override
    public byte[] encode() {
      Ipv6Header header =
          new Ipv6Header(message.length(), Ipv6Header.ICMPV6, hopLimit, source, destination);
      byte[] frame = Icmpv6.begin(ethernet, header);
      message.write(
          frame, Icmpv6.OFFSET, message.request() ? Icmpv6.ECHO_REQUEST : Icmpv6.ECHO_REPLY);
      return Icmpv6.finish(frame, header);
    }
  }

  /// Reads a frame; empty if it is none of the above, malformed, or its checksum is wrong.
  ///
  /// @param length octets of the frame in `bytes`
  static Optional<Frame> decode(byte[] bytes, int length) {
    if (length < EthernetHeader.LENGTH || length > bytes.length) {
      return Optional.empty();
    }
    EthernetHeader ethernet = EthernetHeader.read(bytes);
    return switch (ethernet.type()) {
      case EthernetHeader.ARP ->
          ArpPacket.read(bytes, EthernetHeader.LENGTH, length)
              .map(packet -> new Arp(ethernet, packet));
      case EthernetHeader.IPV4 -> icmp(ethernet, bytes, length);
      case EthernetHeader.IPV6 -> Icmpv6.read(ethernet, bytes, length);
      default -> Optional.empty();
    };
  }

  private static Optional<Frame> icmp(EthernetHeader ethernet, byte[] bytes, int length) {
    Optional<Ipv4Header.Read> read = Ipv4Header.read(bytes, EthernetHeader.LENGTH, length);
    if (read.isEmpty()) {
      return Optional.empty();
    }
    Ipv4Header header = read.get().header();
    int offset = read.get().payload();
    if (header.protocol() != Ipv4Header.ICMP
        || header.payloadLength() < IcmpEcho.HEADER
        || Octets.fold(Octets.sum(bytes, offset, header.payloadLength())) != 0) {
      return Optional.empty();
    }
    int type = Octets.u8(bytes, offset);
    if ((type != 8 && type != 0) || bytes[offset + 1] != 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Echo4(
            ethernet,
            header.source(),
            header.destination(),
            header.ttl(),
            IcmpEcho.read(bytes, offset, header.payloadLength(), type == 8)));
  }
}
