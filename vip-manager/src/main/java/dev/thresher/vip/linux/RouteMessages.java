package dev.thresher.vip.linux;

import dev.thresher.vip.netlink.AttributeWriter;
import dev.thresher.vip.netlink.Attributes;
import dev.thresher.vip.netlink.NetlinkMessage;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// rtnetlink's messages as values (rtnetlink(7)). Pure.
final class RouteMessages {
  static final int NEW_LINK = 16;
  static final int DELETE_LINK = 17;
  static final int GET_LINK = 18;
  static final int NEW_ADDRESS = 20;
  static final int DELETE_ADDRESS = 21;
  static final int GET_ADDRESS = 22;
  static final int NEW_ROUTE = 24;
  static final int DELETE_ROUTE = 25;
  static final int GET_ROUTE = 26;
  static final int NEW_NEIGHBOR = 28;
  static final int DELETE_NEIGHBOR = 29;
  static final int GET_NEIGHBOR = 30;

  /// RTMGRP_ bits: links, addresses and routes of both families.
  static final int GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

  static final int AF_UNSPEC = 0;
  static final int AF_INET = 2;
  static final int AF_INET6 = 10;

  static final int AF_BRIDGE = 7;

  private static final int ARPHRD_ETHER = 1;
  private static final int IFF_UP = 0x1;
  private static final int IFF_LOWER_UP = 0x10000;
  private static final int LOCAL_TABLE = 255;
  private static final int UNICAST = 1;
  private static final int CLONED = 0x200;
  private static final int RANGE_BEGIN = 0x8;
  private static final int RANGE_END = 0x10;

  /// IFLA_EVENT, and of its values those after which frames may take another way though the link
  /// looks the same: a bond sends by another port, or a virtual machine is on another host.
  private static final int EVENT = 44;

  private static final int BONDING_FAILOVER = 3;
  private static final int NOTIFY_PEERS = 4;

  private RouteMessages() {}

  /// The fixed part of a dump request of links (`struct ifinfomsg`).
  static byte[] links() {
    return new byte[Structs.IFINFOMSG];
  }

  /// A dump request of the VLANs that bridges let through their ports, in ranges.
  static byte[] bridgePorts() {
    byte[] fixed = new byte[Structs.IFINFOMSG];
    fixed[0] = AF_BRIDGE;
    // IFLA_EXT_MASK: RTEXT_FILTER_BRVLAN_COMPRESSED.
    return new AttributeWriter().raw(fixed).hostInt(29, 4).toBytes();
  }

  /// The fixed part of a dump request of addresses of both families (`struct ifaddrmsg`).
  static byte[] addresses() {
    return new byte[Structs.IFADDRMSG];
  }

  /// The fixed part of a dump request of routes of one family (`struct rtmsg`).
  static byte[] routes(int family) {
    byte[] request = new byte[Structs.RTMSG];
    request[0] = (byte) family;
    return request;
  }

  /// The fixed part of a dump request of neighbours of one family (`struct ndmsg`).
  static byte[] neighbors(int family) {
    byte[] request = new byte[Structs.NDMSG];
    request[0] = (byte) family;
    return request;
  }

  /// The interface of a link message; empty if the message is a bridge's about one of its ports,
  /// which carries half a link and, when it "deletes", only means that the port left the bridge.
  static Optional<Link> link(NetlinkMessage message) {
    ByteBuffer body = message.body();
    if (body.remaining() < Structs.IFINFOMSG || body.get(body.position()) != AF_UNSPEC) {
      return Optional.empty();
    }
    int start = body.position();
    int hardware = body.getShort(start + Structs.IFINFOMSG_TYPE) & 0xffff;
    int index = body.getInt(start + Structs.IFINFOMSG_INDEX);
    int flags = body.getInt(start + Structs.IFINFOMSG_FLAGS);
    Attributes attributes = Attributes.read(body.position(start + Structs.IFINFOMSG));
    return Optional.of(
        new Link(
            index,
            attributes.string(3).orElse("#" + index),
            mac(attributes.bytes(1)),
            hardware == ARPHRD_ETHER,
            (flags & IFF_UP) != 0,
            (flags & IFF_LOWER_UP) != 0,
            attributes.hostInt(4).orElse(0),
            attributes.hostInt(10).orElse(0),
            attributes.nested(18).flatMap(info -> info.string(1)).orElse(""),
            attributes.hostInt(30).orElse(0) > 0,
            attributes.nested(18).map(RouteMessages::vlans).orElse(Vlans.NONE)));
  }

  /// Whether a link message says that neighbours should be told anew of what is on the interface.
  /// The kernel says it of a bond, and of the VLAN interfaces and bridges on it, too.
  static boolean moved(NetlinkMessage message) {
    ByteBuffer body = message.body();
    if (body.remaining() < Structs.IFINFOMSG) {
      return false;
    }
    int event =
        Attributes.read(body.position(body.position() + Structs.IFINFOMSG))
            .hostInt(EVENT)
            .orElse(0);
    return event == BONDING_FAILOVER || event == NOTIFY_PEERS;
  }

  /// Of a VLAN interface its id, of a bridge whether it filters.
  private static Vlans vlans(Attributes info) {
    String kind = info.string(1).orElse("");
    Optional<Attributes> data = info.nested(2);
    return switch (kind) {
      case "vlan" ->
          data.flatMap(found -> found.bytes(1))
              .filter(id -> id.length == 2)
              .map(id -> (id[0] & 0xff) | (id[1] & 0xff) << 8)
              .map(id -> new Vlans(false, List.of(new Vlans.Range(id, id))))
              .orElse(Vlans.NONE);
      case "bridge" ->
          new Vlans(
              data.flatMap(found -> found.bytes(7))
                  .filter(filter -> filter.length == 1 && filter[0] != 0)
                  .isPresent(),
              List.of());
      default -> Vlans.NONE;
    };
  }

  /// What a bridge says of a port, or of itself.
  ///
  /// @param vlans the ids that it lets through
  record BridgePort(int index, List<Vlans.Range> vlans) {}

  /// The port of a bridge's message; empty for other messages, and for those that say nothing of
  /// VLANs.
  static Optional<BridgePort> bridgePort(NetlinkMessage message) {
    ByteBuffer body = message.body();
    if (body.remaining() < Structs.IFINFOMSG || body.get(body.position()) != AF_BRIDGE) {
      return Optional.empty();
    }
    int index = body.getInt(body.position() + Structs.IFINFOMSG_INDEX);
    Attributes attributes = Attributes.read(body.position(body.position() + Structs.IFINFOMSG));
    return attributes.nested(26).map(spec -> new BridgePort(index, ranges(spec.all(2))));
  }

  /// `struct bridge_vlan_info`: flags and id; a range is two of them.
  private static List<Vlans.Range> ranges(List<ByteBuffer> entries) {
    List<Vlans.Range> ranges = new ArrayList<>();
    int first = 0;
    for (ByteBuffer entry : entries) {
      if (entry.remaining() < Structs.BRIDGE_VLAN_INFO) {
        continue;
      }
      int flags = entry.getShort(entry.position()) & 0xffff;
      int id = entry.getShort(entry.position() + Structs.BRIDGE_VLAN_INFO_VID) & 0xfff;
      if ((flags & RANGE_BEGIN) != 0) {
        first = id;
      } else {
        ranges.add(new Vlans.Range((flags & RANGE_END) != 0 && first != 0 ? first : id, id));
        first = 0;
      }
    }
    return ranges;
  }

  private static @Nullable MacAddress mac(Optional<byte[]> octets) {
    return octets
        .filter(address -> address.length == MacAddress.LENGTH)
        .map(address -> MacAddress.read(address, 0))
        .orElse(null);
  }

  /// The address of an address message; empty if it is of another family, or its prefix is longer
  /// than an address of that.
  static Optional<InterfaceAddress> address(NetlinkMessage message) {
    ByteBuffer body = message.body();
    if (body.remaining() < Structs.IFADDRMSG) {
      return Optional.empty();
    }
    int start = body.position();
    int family = body.get(start) & 0xff;
    int prefixLength = body.get(start + Structs.IFADDRMSG_PREFIXLEN) & 0xff;
    int index = body.getInt(start + Structs.IFADDRMSG_INDEX);
    Attributes attributes = Attributes.read(body.position(start + Structs.IFADDRMSG));
    int protocol = attributes.bytes(11).filter(b -> b.length == 1).map(b -> b[0] & 0xff).orElse(0);
    return ip(family, attributes.bytes(2).or(() -> attributes.bytes(1)))
        .filter(address -> prefixLength <= bits(address))
        .map(address -> new InterfaceAddress(index, address, prefixLength, protocol));
  }

  /// The routes of a route message: one per next hop; none for cached ones, for other types than
  /// unicast, for the local table, and without an interface.
  static List<Route> route(NetlinkMessage message) {
    ByteBuffer body = message.body();
    if (body.remaining() < Structs.RTMSG) {
      return List.of();
    }
    int start = body.position();
    int family = body.get(start) & 0xff;
    int prefixLength = body.get(start + Structs.RTMSG_DST_LEN) & 0xff;
    int protocol = body.get(start + Structs.RTMSG_PROTOCOL) & 0xff;
    int type = body.get(start + Structs.RTMSG_TYPE) & 0xff;
    int flags = body.getInt(start + Structs.RTMSG_FLAGS);
    Attributes attributes = Attributes.read(body.position(start + Structs.RTMSG));
    int table = attributes.hostInt(15).orElse(body.get(start + Structs.RTMSG_TABLE) & 0xff);
    Optional<InetAddress> any =
        switch (family) {
          case AF_INET -> Optional.of(IpBytes.ANY4);
          case AF_INET6 -> Optional.of(IpBytes.ANY6);
          default -> Optional.empty();
        };
    if (type != UNICAST || (flags & CLONED) != 0 || table == LOCAL_TABLE || any.isEmpty()) {
      return List.of();
    }
    InetAddress destination = ip(family, attributes.bytes(1)).orElse(any.get());
    if (prefixLength > bits(destination)) {
      return List.of();
    }
    int metric = attributes.hostInt(6).orElse(0);
    List<Route> routes = new ArrayList<>();
    if (attributes.hostInt(4).isPresent()) {
      routes.add(
          new Route(
              destination,
              prefixLength,
              gateway(family, attributes),
              attributes.hostInt(4).getAsInt(),
              table,
              metric,
              protocol));
    }
    attributes
        .get(9)
        .ifPresent(hops -> {
          // struct rtnexthop: length, flags, weight, interface, then attributes.
          while (hops.remaining() >= Structs.RTNEXTHOP) {
            int at = hops.position();
            int length = hops.getShort(at) & 0xffff;
            if (length < Structs.RTNEXTHOP || length > hops.remaining()) {
              return;
            }
            ByteBuffer inner = hops.slice(at + Structs.RTNEXTHOP, length - Structs.RTNEXTHOP);
            routes.add(
                new Route(
                    destination,
                    prefixLength,
                    gateway(family, Attributes.read(inner)),
                    hops.getInt(at + Structs.RTNEXTHOP_IFINDEX),
                    table,
                    metric,
                    protocol));
            hops.position(Math.min(hops.limit(), at + ((length + 3) & ~3)));
          }
        });
    return routes;
  }

  private static @Nullable InetAddress gateway(int family, Attributes attributes) {
    // RTA_VIA: an IPv4 route through an IPv6 next hop (RFC 8950).
    return ip(family, attributes.bytes(5))
        .or(() ->
            attributes
                .bytes(18)
                .filter(via -> via.length > 2)
                .flatMap(
                    via -> ip(via[0] & 0xff, Optional.of(Arrays.copyOfRange(via, 2, via.length)))))
        .orElse(null);
  }

  /// The neighbour of a neighbour message; empty for other families than IP.
  static Optional<Neighbor> neighbor(NetlinkMessage message) {
    ByteBuffer body = message.body();
    if (body.remaining() < Structs.NDMSG) {
      return Optional.empty();
    }
    int start = body.position();
    int family = body.get(start) & 0xff;
    int index = body.getInt(start + Structs.NDMSG_IFINDEX);
    int state = body.getShort(start + Structs.NDMSG_STATE) & 0xffff;
    Attributes attributes = Attributes.read(body.position(start + Structs.NDMSG));
    return ip(family, attributes.bytes(1))
        .map(address -> new Neighbor(index, address, mac(attributes.bytes(2)), state));
  }

  private static int bits(InetAddress address) {
    return Byte.SIZE * address.getAddress().length;
  }

  private static Optional<InetAddress> ip(int family, Optional<byte[]> octets) {
    return octets.flatMap(bytes -> {
      if (family == AF_INET && bytes.length == 4) {
        return Optional.of(IpBytes.readV4(bytes, 0));
      }
      if (family == AF_INET6 && bytes.length == 16) {
        return Optional.of(IpBytes.readV6(bytes, 0));
      }
      return Optional.empty();
    });
  }
}
