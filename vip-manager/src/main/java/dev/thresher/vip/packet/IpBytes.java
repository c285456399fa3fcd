package dev.thresher.vip.packet;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/// IP addresses in and out of byte arrays, and the multicast groups that follow from them.
public final class IpBytes {
  /// `0.0.0.0`.
  public static final Inet4Address ANY4 = readV4(new byte[4], 0);

  /// `::`.
  public static final Inet6Address ANY6 = readV6(new byte[16], 0);

  /// `ff02::1`, all nodes of a link.
  public static final Inet6Address ALL_NODES =
      readV6(new byte[] {(byte) 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0);

  private IpBytes() {}

  /// Reads four octets.
  public static Inet4Address readV4(byte[] bytes, int offset) {
    try {
      return (Inet4Address) InetAddress.getByAddress(Arrays.copyOfRange(bytes, offset, offset + 4));
    } catch (UnknownHostException e) {
      throw new AssertionError("four octets are always an address", e);
    }
  }

  /// Reads sixteen octets. Stays an [Inet6Address] for IPv4-mapped ones, unlike
  /// [InetAddress#getByAddress(byte[])].
  public static Inet6Address readV6(byte[] bytes, int offset) {
    try {
      return Inet6Address.getByAddress(null, Arrays.copyOfRange(bytes, offset, offset + 16), -1);
    } catch (UnknownHostException e) {
      throw new AssertionError("sixteen octets are always an address", e);
    }
  }

  static void write(InetAddress address, byte[] bytes, int offset) {
    byte[] octets = address.getAddress();
    System.arraycopy(octets, 0, bytes, offset, octets.length);
  }

  /// The group on which a node is solicited for an address (RFC 4291 2.7.1): `ff02::1:ffXX:XXXX`.
  public static Inet6Address solicitedNode(Inet6Address address) {
    byte[] octets = address.getAddress();
    byte[] group = {(byte) 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, (byte) 0xff, 0, 0, 0};
    System.arraycopy(octets, 13, group, 13, 3);
    return readV6(group, 0);
  }

  /// The Ethernet group of an IPv6 group (RFC 2464 7): `33:33` and its last four octets.
  public static MacAddress groupMac(Inet6Address group) {
    byte[] octets = group.getAddress();
    byte[] mac = {0x33, 0x33, octets[12], octets[13], octets[14], octets[15]};
    return MacAddress.read(mac, 0);
  }
}
