package dev.thresher.vip.l2;

import dev.thresher.vip.packet.ArpPacket;
import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.NeighborAdvertisement;
import dev.thresher.vip.packet.NeighborSolicitation;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;

/// The frames that a holder sends unasked. Pure.
public final class Announcements {
  private static final int ON_LINK = 255;

  private Announcements() {}

  /// Tells the whole link who has the address. For IPv4 both opcodes, because some stacks update
  /// their caches by requests only and some by replies only (RFC 5227 3).
  public static List<Frame> announce(InetAddress address, MacAddress mac, boolean router) {
    return switch (address) {
      case Inet4Address v4 ->
          List.of(
              gratuitous(ArpPacket.Operation.REQUEST, v4, mac, MacAddress.ZERO),
              gratuitous(ArpPacket.Operation.REPLY, v4, mac, MacAddress.BROADCAST));
      case Inet6Address v6 -> List.of(advertisement(v6, mac, router));
      default -> throw new IllegalArgumentException("neither IPv4 nor IPv6: " + address);
    };
  }

  /// Asks whether anybody has the address, without claiming it (RFC 5227 2.1.1, RFC 4862 5.4.2).
  public static Frame probe(InetAddress address, MacAddress mac) {
    return switch (address) {
      case Inet4Address v4 ->
          new Frame.Arp(
              new EthernetHeader(MacAddress.BROADCAST, mac, EthernetHeader.ARP),
              new ArpPacket(ArpPacket.Operation.REQUEST, mac, IpBytes.ANY4, MacAddress.ZERO, v4));
      case Inet6Address v6 -> {
        Inet6Address group = IpBytes.solicitedNode(v6);
        yield new Frame.Solicitation(
            new EthernetHeader(IpBytes.groupMac(group), mac, EthernetHeader.IPV6),
            IpBytes.ANY6,
            group,
            ON_LINK,
            new NeighborSolicitation(v6, null));
      }
      default -> throw new IllegalArgumentException("neither IPv4 nor IPv6: " + address);
    };
  }

  /// An advertisement to all nodes, with Override and without Solicited: unasked, or in defence
  /// against one that detects duplicates and has no address to answer to.
  static Frame advertisement(Inet6Address address, MacAddress mac, boolean router) {
    return new Frame.Advertisement(
        new EthernetHeader(IpBytes.groupMac(IpBytes.ALL_NODES), mac, EthernetHeader.IPV6),
        address,
        IpBytes.ALL_NODES,
        ON_LINK,
        new NeighborAdvertisement(address, router, false, true, mac));
  }

  private static Frame gratuitous(
      ArpPacket.Operation operation, Inet4Address address, MacAddress mac, MacAddress target) {
    return new Frame.Arp(
        new EthernetHeader(MacAddress.BROADCAST, mac, EthernetHeader.ARP),
        new ArpPacket(operation, mac, address, target, address));
  }
}
