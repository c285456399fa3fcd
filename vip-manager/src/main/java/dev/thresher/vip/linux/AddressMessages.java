package dev.thresher.vip.linux;

import dev.thresher.vip.netlink.AttributeWriter;
import dev.thresher.vip.netlink.NetlinkMessage;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;

/// rtnetlink's messages that give addresses to a device of ours and take them back (rtnetlink(7)).
/// Pure.
final class AddressMessages {

  /// IFA_PROTO of every address that is ours, for people who look with `ip -d address`.
  static final int TAG = 0x74;

  private static final int IFF_UP = 0x1;
  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;
  private static final int IFA_LABEL = 3;
  private static final int LABEL_LENGTH = 15;
  private static final int IFA_CACHEINFO = 6;
  private static final int IFA_FLAGS = 8;
  private static final int IFA_PROTO = 11;
  private static final int NO_DUPLICATE_DETECTION = 0x02;
  private static final int NO_PREFIX_ROUTE = 0x200;

  private AddressMessages() {}

  /// Switches a device on (`struct ifinfomsg`).
  static NetlinkMessage up(int index) {
    byte[] fixed = order(16).putInt(0).putInt(index).putInt(IFF_UP).putInt(IFF_UP).array();
    return NetlinkMessage.request(RouteMessages.NEW_LINK, NetlinkMessage.ACK, fixed);
  }

  /// Gives a device an address of its own, as a host and never as the source of what the node sends
  /// by itself: its preferred time is over from the beginning.
  static NetlinkMessage add(int index, InetAddress address) {
    return add(index, address, NetlinkMessage.REPLACE);
  }

  /// The same, refused with EEXIST if the device has the address.
  static NetlinkMessage restore(int index, InetAddress address) {
    return add(index, address, NetlinkMessage.EXCLUSIVE);
  }

  private static NetlinkMessage add(int index, InetAddress address, int kind) {
    byte[] times = order(16).putInt(0).putInt(-1).putLong(0).array();
    byte[] payload =
        address(index, address)
            .bytes(IFA_CACHEINFO, times)
            .hostInt(IFA_FLAGS, NO_DUPLICATE_DETECTION | NO_PREFIX_ROUTE)
            .octet(IFA_PROTO, TAG)
            .toBytes();
    return NetlinkMessage.request(
        RouteMessages.NEW_ADDRESS, NetlinkMessage.ACK | NetlinkMessage.CREATE | kind, payload);
  }

  /// Gives an interface an address for a while, as [#add] does. Addresses of IPv4 have a label
  /// where the interface's name leaves room for it.
  ///
  /// @param kind [NetlinkMessage#EXCLUSIVE] or [NetlinkMessage#REPLACE]
  static NetlinkMessage lend(LentAddresses.Place on, InetAddress address, Duration time, int kind) {
    byte[] times = order(16).putInt(0).putInt(Math.toIntExact(time.toSeconds())).putLong(0).array();
    String label = on.name() + ":vip";
    AttributeWriter payload =
        address(on.index(), address)
            .bytes(IFA_CACHEINFO, times)
            .hostInt(IFA_FLAGS, NO_DUPLICATE_DETECTION | NO_PREFIX_ROUTE)
            .octet(IFA_PROTO, TAG);
    if (address instanceof Inet4Address && label.length() <= LABEL_LENGTH) {
      payload.string(IFA_LABEL, label);
    }
    return NetlinkMessage.request(
        RouteMessages.NEW_ADDRESS,
        NetlinkMessage.ACK | NetlinkMessage.CREATE | kind,
        payload.toBytes());
  }

  /// Takes an address from a device.
  static NetlinkMessage remove(int index, InetAddress address) {
    return NetlinkMessage.request(
        RouteMessages.DELETE_ADDRESS, NetlinkMessage.ACK, address(index, address).toBytes());
  }

  /// `struct ifaddrmsg` and the address.
  private static AttributeWriter address(int index, InetAddress address) {
    byte[] octets = address.getAddress();
    int family = octets.length == 4 ? RouteMessages.AF_INET : RouteMessages.AF_INET6;
    byte[] fixed =
        order(8)
            .put((byte) family)
            .put((byte) (octets.length * 8))
            .putShort((short) 0)
            .putInt(index)
            .array();
    return new AttributeWriter().raw(fixed).bytes(IFA_LOCAL, octets).bytes(IFA_ADDRESS, octets);
  }

  private static ByteBuffer order(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
