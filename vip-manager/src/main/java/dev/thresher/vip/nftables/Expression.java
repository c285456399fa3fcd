package dev.thresher.vip.nftables;

import dev.thresher.vip.netlink.AttributeWriter;
import java.util.HexFormat;
import java.util.function.Consumer;

/// A step of a rule. Steps run in order and share one 16-octet register, but for those that say so;
/// a comparison or lookup that fails ends the rule.
public sealed interface Expression {
  /// The one register used (NFT_REG_1).
  int REGISTER = 1;

  /// The other one, for a step that needs two values (NFT_REG_2).
  int SECOND_REGISTER = 2;

  /// The register that holds the verdict (NFT_REG_VERDICT).
  int VERDICT_REGISTER = 0;

  /// Which header a payload is taken from.
  enum Header {
    /// Ethernet.
    LINK(0),
    /// IP or ARP.
    NETWORK(1),
    /// What follows IP.
    TRANSPORT(2);

    private final int number;

    Header(int number) {
      this.number = number;
    }
  }

  /// What is known about a packet beside its octets.
  enum Meta {
    /// The EtherType, two octets: [#ARP], [#IPV6].
    PROTOCOL(1),
    /// What kind of interface it came in by, two octets in host order: [#LOOPBACK].
    INPUT_TYPE(8),
    /// What kind of interface it goes out by, two octets in host order: [#LOOPBACK].
    OUTPUT_TYPE(9),
    /// IPv4 or IPv6, one octet: [#NFPROTO_IPV4], [#NFPROTO_IPV6].
    FAMILY(15),
    /// The transport protocol, one octet, extension headers skipped.
    TRANSPORT_PROTOCOL(16),
    /// The mark that the sending socket put on it, four octets in host order.
    MARK(3),
    /// The index of the interface that it came in by, four octets in host order.
    IN_INTERFACE(4),
    /// Whom the frame was for, one octet: [#TO_THIS_NODE] or [#TO_ANOTHER]. Changing it changes
    /// whether the kernel takes what is in the frame.
    PACKET_TYPE(19);

    private final int number;

    Meta(int number) {
      this.number = number;
    }
  }

  /// What is known about the connection of a packet. Without a connection the rule ends.
  enum Conntrack {
    /// One octet: [#ORIGINAL] as the connection was begun, [#REPLY] the other way.
    DIRECTION(1),
    /// A mark of the connection, four octets in host order.
    MARK(3),
    /// The address to which the connection was begun, of a connection of IPv4.
    ORIGINAL_DESTINATION_V4(20),
    /// The address to which the connection was begun, of a connection of IPv6.
    ORIGINAL_DESTINATION_V6(22);

    private final int number;

    Conntrack(int number) {
      this.number = number;
    }

    /// Whether there is one for each direction of the connection.
    private boolean directed() {
      return switch (this) {
        case DIRECTION, MARK -> false;
        case ORIGINAL_DESTINATION_V4, ORIGINAL_DESTINATION_V6 -> true;
      };
    }
  }

  /// Value of [Conntrack#DIRECTION].
  String ORIGINAL = "00";

  /// Value of [Conntrack#DIRECTION].
  String REPLY = "01";

  /// Value of [Meta#FAMILY] for IPv4.
  byte NFPROTO_IPV4 = 2;

  /// Value of [Meta#FAMILY] for IPv6.
  byte NFPROTO_IPV6 = 10;

  /// Value of [Meta#INPUT_TYPE] and [Meta#OUTPUT_TYPE] for the loopback (ARPHRD_LOOPBACK).
  String LOOPBACK = "0403";

  /// Value of [Meta#INPUT_TYPE] and [Meta#OUTPUT_TYPE] for Ethernet (ARPHRD_ETHER).
  String ETHERNET = "0100";

  /// Value of [Meta#PROTOCOL] for ARP.
  String ARP = "0806";

  /// Value of [Meta#PROTOCOL] for IPv6.
  String IPV6 = "86dd";

  /// Value of [Meta#PACKET_TYPE] for a frame to a MAC of this node (PACKET_HOST).
  String TO_THIS_NODE = "00";

  /// Value of [Meta#PACKET_TYPE] for a frame to a MAC of somebody else (PACKET_OTHERHOST).
  String TO_ANOTHER = "03";

  /// Value of [LoadDestinationType] for an address of this node (RTN_LOCAL).
  String LOCAL_ADDRESS = "02000000";

  /// Loads a fact about the packet.
  record LoadMeta(Meta key) implements Expression {}

  /// Loads octets of the packet.
  ///
  /// @param length 1 to 16
  record LoadPayload(Header header, int offset, int length) implements Expression {}

  /// Changes octets of the packet to what the register has.
  ///
  /// @param length 1 to 16
  /// @param checksummed whether the header has a checksum of ICMPv6 over it, which changes too
  record SetPayload(Header header, int offset, int length, boolean checksummed)
      implements Expression {}

  /// Loads octets.
  ///
  /// @param hex the octets
  record LoadValue(String hex) implements Expression {}

  /// Loads octets into the second register.
  ///
  /// @param hex the octets
  record LoadSecond(String hex) implements Expression {}

  /// Loads a random number, four octets.
  ///
  /// @param below the number is less
  record LoadRandom(int below) implements Expression {}

  /// Changes a fact about the packet to what the register has.
  record SetMeta(Meta key) implements Expression {}

  /// Loads a fact about the packet's connection.
  record LoadConntrack(Conntrack key) implements Expression {}

  /// Changes a fact about the packet's connection to what the register has.
  record SetConntrack(Conntrack key) implements Expression {}

  /// Keeps some bits of a number in the register and turns others.
  ///
  /// @param keep the bits that stay
  /// @param turn the bits that are then turned
  record Bits(int keep, int turn) implements Expression {}

  /// Goes on if the register equals the octets.
  ///
  /// @param hex the octets
  record IsEqual(String hex) implements Expression {}

  /// Goes on if the register does not equal the octets.
  ///
  /// @param hex the octets
  record IsNotEqual(String hex) implements Expression {}

  /// Loads what kind of address the destination is for this node, as the routing tables say: four
  /// octets in host order, [#LOCAL_ADDRESS] for an address of the node's own.
  record LoadDestinationType() implements Expression {}

  /// Goes on if the register is in the set.
  record IsIn(String set) implements Expression {}

  /// Replaces the register by what the map has for it; without an entry the rule ends.
  record Translate(String map) implements Expression {}

  /// Counts packets and octets, for people who look with `nft list table`.
  record Count() implements Expression {}

  /// Goes on while a rate is not passed.
  ///
  /// @param perSecond packets
  /// @param burst packets at once
  record Limit(long perSecond, int burst) implements Expression {}

  /// Lets the packet pass.
  record Accept() implements Expression {}

  /// Drops the packet.
  record Drop() implements Expression {}

  /// Continues in another chain and does not come back.
  record GoTo(String chain) implements Expression {}

  /// The connection goes to the address in the register, and the port in the second one, instead.
  ///
  /// @param v4 whether the address is of IPv4
  record TranslateDestination(boolean v4) implements Expression {}

  /// The connection goes to this node instead, to the same port.
  record Redirect() implements Expression {}

  /// The connection seems to come from the address of this node that the way out has.
  record Masquerade() implements Expression {}

  /// Answers with a TCP reset and drops.
  record RejectReset() implements Expression {}

  /// Answers with ICMP or ICMPv6 "port unreachable" and drops.
  record RejectPortUnreachable() implements Expression {}

  /// Writes the expression as the content of a list element.
  default void write(AttributeWriter out) {
    switch (this) {
      case LoadMeta(Meta key) ->
          expression(out, "meta", data -> data.networkInt(1, REGISTER).networkInt(2, key.number));
      case LoadPayload(Header header, int offset, int length) ->
          expression(
              out,
              "payload",
              data ->
                  data.networkInt(1, REGISTER)
                      .networkInt(2, header.number)
                      .networkInt(3, offset)
                      .networkInt(4, length));
      case SetPayload(Header header, int offset, int length, boolean checksummed) ->
          expression(
              out,
              "payload",
              data -> {
                data.networkInt(2, header.number)
                    .networkInt(3, offset)
                    .networkInt(4, length)
                    .networkInt(5, REGISTER);
                if (checksummed) {
                  data.networkInt(6, 1).networkInt(7, 2);
                }
              });
      case LoadValue(String hex) -> immediate(out, REGISTER, hex);
      case LoadSecond(String hex) -> immediate(out, SECOND_REGISTER, hex);
      case LoadRandom(int below) ->
          expression(
              out,
              "numgen",
              data ->
                  data.networkInt(1, REGISTER)
                      .networkInt(2, below)
                      .networkInt(3, 1)
                      .networkInt(4, 0));
      case SetMeta(Meta key) ->
          expression(out, "meta", data -> data.networkInt(2, key.number).networkInt(3, REGISTER));
      case LoadConntrack(Conntrack key) ->
          expression(
              out,
              "ct",
              data -> {
                data.networkInt(1, REGISTER).networkInt(2, key.number);
                if (key.directed()) {
                  data.octet(3, 0);
                }
              });
      case SetConntrack(Conntrack key) ->
          expression(out, "ct", data -> data.networkInt(2, key.number).networkInt(4, REGISTER));
      case Bits(int keep, int turn) ->
          expression(
              out,
              "bitwise",
              data ->
                  data.networkInt(1, REGISTER)
                      .networkInt(2, REGISTER)
                      .networkInt(3, NumberSet.LENGTH)
                      .nested(4, mask -> mask.bytes(1, NumberSet.octets(keep)))
                      .nested(5, xor -> xor.bytes(1, NumberSet.octets(turn))));
      case IsEqual(String hex) -> comparison(out, 0, hex);
      case IsNotEqual(String hex) -> comparison(out, 1, hex);
      case LoadDestinationType() ->
          expression(
              out, "fib", data -> data.networkInt(1, REGISTER).networkInt(2, 3).networkInt(3, 2));
      case IsIn(String set) ->
          expression(out, "lookup", data -> data.string(1, set).networkInt(2, REGISTER));
      case Translate(String map) ->
          expression(
              out,
              "lookup",
              data -> data.string(1, map).networkInt(2, REGISTER).networkInt(3, REGISTER));
      case Count() -> expression(out, "counter", data -> data.networkLong(1, 0).networkLong(2, 0));
      case Limit(long perSecond, int burst) ->
          expression(
              out,
              "limit",
              data ->
                  data.networkLong(1, perSecond)
                      .networkLong(2, 1)
                      .networkInt(3, burst)
                      .networkInt(4, 0)
                      .networkInt(5, 0));
      case Accept() -> verdict(out, code -> code.networkInt(1, 1));
      case Drop() -> verdict(out, code -> code.networkInt(1, 0));
      case GoTo(String chain) -> verdict(out, code -> code.networkInt(1, -4).string(2, chain));
      case TranslateDestination(boolean v4) ->
          expression(
              out,
              "nat",
              data ->
                  data.networkInt(1, 1)
                      .networkInt(2, v4 ? NFPROTO_IPV4 : NFPROTO_IPV6)
                      .networkInt(3, REGISTER)
                      .networkInt(5, SECOND_REGISTER));
      case Redirect() -> expression(out, "redir", _ -> {});
      case Masquerade() -> expression(out, "masq", _ -> {});
      case RejectReset() -> expression(out, "reject", data -> data.networkInt(1, 1).octet(2, 0));
      case RejectPortUnreachable() ->
          expression(out, "reject", data -> data.networkInt(1, 2).octet(2, 1));
    }
  }

  private static void expression(AttributeWriter out, String name, Consumer<AttributeWriter> data) {
    out.string(1, name).nested(2, data);
  }

  private static void comparison(AttributeWriter out, int operation, String hex) {
    expression(
        out,
        "cmp",
        data ->
            data.networkInt(1, REGISTER)
                .networkInt(2, operation)
                .nested(3, value -> value.bytes(1, HexFormat.of().parseHex(hex))));
  }

  private static void immediate(AttributeWriter out, int register, String hex) {
    expression(
        out,
        "immediate",
        data ->
            data.networkInt(1, register)
                .nested(2, value -> value.bytes(1, HexFormat.of().parseHex(hex))));
  }

  private static void verdict(AttributeWriter out, Consumer<AttributeWriter> code) {
    expression(
        out,
        "immediate",
        data -> data.networkInt(1, VERDICT_REGISTER).nested(2, value -> value.nested(2, code)));
  }
}
