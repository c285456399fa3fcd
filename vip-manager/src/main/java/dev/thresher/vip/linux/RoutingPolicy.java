package dev.thresher.vip.linux;

import dev.thresher.vip.netlink.AttributeWriter;
import dev.thresher.vip.netlink.Attributes;
import dev.thresher.vip.netlink.NetlinkMessage;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// Rules of the routing policy and routes of tables of our own, as rtnetlink's messages
/// (rtnetlink(7), `linux/fib_rules.h`). Pure.
///
/// All that is written carries [#TAG], and nothing without it is read or removed here.
final class RoutingPolicy {
  static final int NEW_RULE = 32;
  static final int DELETE_RULE = 33;
  static final int GET_RULE = 34;

  /// Who made a route or a rule (`rtm_protocol`, FRA_PROTOCOL): a number that nobody in iproute2's
  /// list has.
  static final int TAG = 118;

  /// RTNLGRP_IPV4_RULE and RTNLGRP_IPV6_RULE, as bits.
  static final int GROUPS = 1 << 7 | 1 << 18;

  private static final int TO_TABLE = 1;
  private static final int UNICAST = 1;
  private static final int SCOPE_LINK = 253;
  private static final int SCOPE_ANY = 255;

  /// The gateway need not be in a subnet of the interface: where it is one already, it works.
  private static final int ON_LINK = 4;

  private RoutingPolicy() {}

  /// The fixed part of a dump request of rules of one family.
  static byte[] rules(int family) {
    byte[] request = new byte[Structs.FIB_RULE_HDR];
    request[0] = (byte) family;
    return request;
  }

  /// The rule of a message; empty if it is not ours.
  static Optional<RoutingRule> rule(NetlinkMessage message) {
    ByteBuffer body = message.body();
    if (body.remaining() < Structs.FIB_RULE_HDR) {
      return Optional.empty();
    }
    int start = body.position();
    int family = body.get(start) & 0xff;
    int shortTable = body.get(start + Structs.FIB_RULE_HDR_TABLE) & 0xff;
    Attributes attributes = Attributes.read(body.position(start + Structs.FIB_RULE_HDR));
    boolean ours = attributes.bytes(21).filter(b -> b.length == 1 && b[0] == TAG).isPresent();
    return ours && (family == RouteMessages.AF_INET || family == RouteMessages.AF_INET6)
        ? Optional.of(
            new RoutingRule(
                family == RouteMessages.AF_INET6,
                attributes.hostInt(6).orElse(0),
                attributes.hostInt(10).orElse(0),
                attributes.hostInt(16).orElse(0),
                attributes.hostInt(15).orElse(shortTable)))
        : Optional.empty();
  }

  static NetlinkMessage add(RoutingRule rule) {
    return NetlinkMessage.request(
        NEW_RULE,
        NetlinkMessage.CREATE | NetlinkMessage.EXCLUSIVE | NetlinkMessage.ACK,
        payload(rule));
  }

  static NetlinkMessage remove(RoutingRule rule) {
    return NetlinkMessage.request(DELETE_RULE, NetlinkMessage.ACK, payload(rule));
  }

  private static byte[] payload(RoutingRule rule) {
    byte[] fixed = rules(rule.ipv6() ? RouteMessages.AF_INET6 : RouteMessages.AF_INET);
    fixed[Structs.FIB_RULE_HDR_ACTION] = TO_TABLE;
    return new AttributeWriter()
        .raw(fixed)
        .hostInt(6, rule.priority())
        .hostInt(10, rule.mark())
        .hostInt(16, rule.mask())
        .hostInt(15, rule.table())
        .octet(21, TAG)
        .toBytes();
  }

  /// @param route with [#TAG] as its protocol
  static NetlinkMessage add(Route route) {
    int scope = route.gateway() == null && !isIpv6(route) ? SCOPE_LINK : 0;
    return NetlinkMessage.request(
        RouteMessages.NEW_ROUTE,
        NetlinkMessage.CREATE | NetlinkMessage.REPLACE | NetlinkMessage.ACK,
        payload(route, scope));
  }

  /// @param route with [#TAG] as its protocol
  static NetlinkMessage remove(Route route) {
    return NetlinkMessage.request(
        RouteMessages.DELETE_ROUTE,
        NetlinkMessage.ACK,
        payload(route, isIpv6(route) ? 0 : SCOPE_ANY));
  }

  private static byte[] payload(Route route, int scope) {
    if (route.protocol() != TAG) {
      throw new IllegalArgumentException("route " + route + " is not ours");
    }
    byte[] fixed =
        RouteMessages.routes(isIpv6(route) ? RouteMessages.AF_INET6 : RouteMessages.AF_INET);
    fixed[Structs.RTMSG_DST_LEN] = (byte) route.prefixLength();
    fixed[Structs.RTMSG_PROTOCOL] = TAG;
    fixed[Structs.RTMSG_SCOPE] = (byte) scope;
    fixed[Structs.RTMSG_TYPE] = UNICAST;
    InetAddress gateway = route.gateway();
    if (gateway != null) {
      ByteBuffer.wrap(fixed).order(ByteOrder.LITTLE_ENDIAN).putInt(Structs.RTMSG_FLAGS, ON_LINK);
    }
    AttributeWriter out = new AttributeWriter().raw(fixed);
    if (route.prefixLength() > 0) {
      out.bytes(1, route.destination().getAddress());
    }
    out.hostInt(4, route.interfaceIndex()).hostInt(15, route.table());
    if (route.metric() != 0) {
      out.hostInt(6, route.metric());
    }
    if (gateway != null && gateway instanceof Inet6Address == isIpv6(route)) {
      out.bytes(5, gateway.getAddress());
    } else if (gateway != null) {
      // RTA_VIA: an IPv4 route through an IPv6 next hop (RFC 8950).
      byte[] octets = gateway.getAddress();
      byte[] via = new byte[2 + octets.length];
      via[0] = RouteMessages.AF_INET6;
      System.arraycopy(octets, 0, via, 2, octets.length);
      out.bytes(18, via);
    }
    return out.toBytes();
  }

  private static boolean isIpv6(Route route) {
    return Objects.requireNonNull(route.destination()) instanceof Inet6Address;
  }

  /// The rules among these messages that are ours.
  static List<RoutingRule> ours(List<NetlinkMessage> dump) {
    return dump.stream().flatMap(message -> rule(message).stream()).toList();
  }
}
