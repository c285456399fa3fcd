package dev.thresher.vip.l2;

import dev.thresher.vip.linux.PacketSocket;
import dev.thresher.vip.nftables.Expression;
import dev.thresher.vip.nftables.Expression.Header;
import dev.thresher.vip.nftables.Expression.IsEqual;
import dev.thresher.vip.nftables.Expression.IsIn;
import dev.thresher.vip.nftables.Expression.IsNotEqual;
import dev.thresher.vip.nftables.Expression.LoadMeta;
import dev.thresher.vip.nftables.Expression.LoadPayload;
import dev.thresher.vip.nftables.Expression.Meta;
import dev.thresher.vip.nftables.NumberSet;
import java.util.HexFormat;
import java.util.List;

/// Steps of rules by which packets are known that concern a held address. Pure.
final class PacketMatch {
  static final Expression IS_IPV4 = hex(Expression.NFPROTO_IPV4);
  static final Expression IS_IPV6 = hex(Expression.NFPROTO_IPV6);
  static final Expression IS_ICMP = hex(1);
  static final Expression IS_TCP = hex(6);
  static final Expression IS_ICMPV6 = hex(58);
  static final Expression IS_ECHO_REQUEST = hex(8);
  static final Expression IS_ECHO_REQUEST_V6 = hex(128);
  static final Expression IS_SOLICITATION = hex(135);
  static final Expression IS_ADVERTISEMENT = hex(136);
  static final Expression IS_REPLY = new IsEqual("0002");
  static final Expression FAMILY = new LoadMeta(Meta.FAMILY);
  static final Expression OPERATION = new LoadPayload(Header.NETWORK, 6, 2);
  static final Expression OUTPUT_TYPE = new LoadMeta(Meta.OUTPUT_TYPE);
  static final Expression INPUT_TYPE = new LoadMeta(Meta.INPUT_TYPE);
  static final Expression NO_LOOPBACK = new IsNotEqual(Expression.LOOPBACK);
  static final Expression PACKET_TYPE = new LoadMeta(Meta.PACKET_TYPE);
  static final Expression IS_TO_ANOTHER = new IsEqual(Expression.TO_ANOTHER);
  static final Expression IS_NOT_TO_ANOTHER = new IsNotEqual(Expression.TO_ANOTHER);
  static final Expression PROTOCOL = new LoadMeta(Meta.TRANSPORT_PROTOCOL);
  static final Expression ICMP_TYPE = new LoadPayload(Header.TRANSPORT, 0, 1);
  static final Expression DESTINATION4 = new LoadPayload(Header.NETWORK, 16, 4);
  static final Expression DESTINATION6 = new LoadPayload(Header.NETWORK, 24, 16);
  static final Expression NEIGHBOR_TARGET = new LoadPayload(Header.TRANSPORT, 8, 16);
  static final Expression ARP_SENDER = new LoadPayload(Header.NETWORK, 14, 4);
  static final Expression IN_HELD4 = new IsIn(GateRules.HELD4.name());
  static final Expression IN_HELD6 = new IsIn(GateRules.HELD6.name());

  /// Steps that go on for packets to a held address, by family.
  static final List<List<Expression>> TO_HELD =
      List.of(
          List.of(FAMILY, IS_IPV4, DESTINATION4, IN_HELD4),
          List.of(FAMILY, IS_IPV6, DESTINATION6, IN_HELD6));

  /// The mark of what the kernel asks under an address that is held here; see [RestRules]. It is
  /// that of our sockets, so that it leaves while their frames may; see [EgressRules].
  static final String MAY_ASK = NumberSet.hex(PacketSocket.MARK);

  /// Steps that leave the target of an advertisement in the register.
  static final List<Expression> ADVERTISED_TARGET =
      List.of(FAMILY, IS_IPV6, PROTOCOL, IS_ICMPV6, ICMP_TYPE, IS_ADVERTISEMENT, NEIGHBOR_TARGET);

  /// Steps that leave the source of a solicitation in the register.
  static final List<Expression> ASKING_SOURCE =
      List.of(
          FAMILY,
          IS_IPV6,
          PROTOCOL,
          IS_ICMPV6,
          ICMP_TYPE,
          IS_SOLICITATION,
          new LoadPayload(Header.NETWORK, 8, 16));

  /// Steps that go on for echo requests to a held address, by family.
  static final List<List<Expression>> ECHO_REQUESTS_TO_HELD =
      List.of(
          List.of(
              FAMILY,
              IS_IPV4,
              PROTOCOL,
              IS_ICMP,
              ICMP_TYPE,
              IS_ECHO_REQUEST,
              DESTINATION4,
              IN_HELD4),
          List.of(
              FAMILY,
              IS_IPV6,
              PROTOCOL,
              IS_ICMPV6,
              ICMP_TYPE,
              IS_ECHO_REQUEST_V6,
              DESTINATION6,
              IN_HELD6));

  private PacketMatch() {}

  private static Expression hex(int octet) {
    return new IsEqual(HexFormat.of().toHexDigits((byte) octet));
  }
}
