package dev.thresher.vip.l2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.l2.AddressAnswering.Reaction;
import dev.thresher.vip.packet.ArpPacket;
import dev.thresher.vip.packet.ArpPacket.Operation;
import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.IcmpEcho;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.NeighborAdvertisement;
import dev.thresher.vip.packet.NeighborSolicitation;
import dev.thresher.vip.packet.VirtualMac;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AddressAnsweringTest {
  private static final MacAddress OURS = MacAddress.parse("02:00:00:00:00:01");
  private static final MacAddress OUR_OTHER_NIC = MacAddress.parse("02:00:00:00:00:0f");
  private static final MacAddress PEER = MacAddress.parse("02:00:00:00:00:02");
  private static final MacAddress OTHER = MacAddress.parse("02:00:00:00:00:03");

  private static final Inet4Address HELD4 = v4("192.0.2.77");
  private static final Inet4Address PROBED4 = v4("192.0.2.78");
  private static final Inet4Address FOREIGN4 = v4("192.0.2.79");
  private static final Inet4Address PEER4 = v4("192.0.2.2");
  private static final Inet6Address HELD6 = v6("2001:db8::77");
  private static final Inet6Address PROBED6 = v6("2001:db8::78");
  private static final Inet6Address FOREIGN6 = v6("2001:db8::79");
  private static final Inet6Address PEER6 = v6("2001:db8::2");

  private static final AddressAnswering ANSWERING =
      new AddressAnswering(
          OURS,
          Set.of(OURS, OUR_OTHER_NIC),
          Set.of(HELD4, HELD6),
          Set.of(PROBED4, PROBED6),
          Map.of(),
          true,
          true);

  static Stream<Arguments> answered() {
    return Stream.of(
        Arguments.of(
            "a broadcast who-has",
            arp(PEER, MacAddress.BROADCAST, Operation.REQUEST, PEER, PEER4, HELD4),
            arpReply(PEER, HELD4, PEER4)),
        Arguments.of(
            "a unicast who-has, as a client's cache refresh",
            arp(PEER, OURS, Operation.REQUEST, PEER, PEER4, HELD4),
            arpReply(PEER, HELD4, PEER4)),
        Arguments.of(
            "a probe without sender address, in defence",
            arp(PEER, MacAddress.BROADCAST, Operation.REQUEST, PEER, IpBytes.ANY4, HELD4),
            arpReply(PEER, HELD4, IpBytes.ANY4)),
        Arguments.of(
            "a multicast solicitation with its sender's MAC",
            solicitation(PEER, PEER6, null, HELD6, 255, OTHER),
            advertisement(OTHER, HELD6, PEER6, true)),
        Arguments.of(
            "a multicast solicitation without option",
            solicitation(PEER, PEER6, null, HELD6, 255, null),
            advertisement(PEER, HELD6, PEER6, true)),
        Arguments.of(
            "a unicast solicitation without option, as Linux probes a neighbour",
            solicitation(PEER, PEER6, HELD6, HELD6, 255, null),
            advertisement(PEER, HELD6, PEER6, true)),
        Arguments.of(
            "duplicate address detection, in defence, to all nodes and not Solicited",
            solicitation(PEER, IpBytes.ANY6, null, HELD6, 255, null),
            advertisement(IpBytes.groupMac(IpBytes.ALL_NODES), HELD6, IpBytes.ALL_NODES, false)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("answered")
  void answers(String name, Frame question, Frame answer) {
    assertThat(ANSWERING.to(question)).as(name).isEqualTo(new Reaction.Answer(answer));
  }

  static Stream<Arguments> ignored() {
    Inet6Address group = IpBytes.solicitedNode(HELD6);
    return Stream.of(
        Arguments.of(
            "a who-has for somebody else",
            arp(PEER, MacAddress.BROADCAST, Operation.REQUEST, PEER, PEER4, FOREIGN4)),
        Arguments.of(
            "a who-has for an address that is only probed",
            arp(PEER, MacAddress.BROADCAST, Operation.REQUEST, PEER, PEER4, PROBED4)),
        Arguments.of(
            "a who-has that a bridge shows us though it goes to another station",
            arp(PEER, OTHER, Operation.REQUEST, PEER, PEER4, HELD4)),
        Arguments.of(
            "a reply that tells about somebody else",
            arp(PEER, OURS, Operation.REPLY, PEER, PEER4, HELD4)),
        Arguments.of(
            "our own announcement, sent back by a switch",
            arp(OURS, MacAddress.BROADCAST, Operation.REQUEST, OURS, HELD4, HELD4)),
        Arguments.of(
            "our own announcement on another interface of ours",
            arp(OUR_OTHER_NIC, MacAddress.BROADCAST, Operation.REPLY, OUR_OTHER_NIC, HELD4, HELD4)),
        Arguments.of(
            "a claim of ours in another's frame, as a proxy of ARP sends it on",
            arp(PEER, MacAddress.BROADCAST, Operation.REQUEST, OURS, HELD4, HELD4)),
        Arguments.of(
            "a sender whose MAC is a group",
            arp(PEER, MacAddress.BROADCAST, Operation.REQUEST, MacAddress.BROADCAST, PEER4, HELD4)),
        Arguments.of(
            "a solicitation that was routed", solicitation(PEER, PEER6, null, HELD6, 254, PEER)),
        Arguments.of(
            "a solicitation for somebody else",
            solicitation(PEER, PEER6, null, FOREIGN6, 255, PEER)),
        Arguments.of(
            "duplicate detection with a source option, which is malformed",
            solicitation(PEER, IpBytes.ANY6, null, HELD6, 255, PEER)),
        Arguments.of(
            "duplicate detection that is unicast, which is malformed",
            solicitation(PEER, IpBytes.ANY6, HELD6, HELD6, 255, null)),
        Arguments.of(
            "a solicitation to a unicast address that is not the target's",
            solicitation(PEER, PEER6, PEER6, HELD6, 255, null)),
        Arguments.of(
            "our own solicitation",
            new Frame.Solicitation(
                new EthernetHeader(IpBytes.groupMac(group), OURS, EthernetHeader.IPV6),
                IpBytes.ANY6,
                group,
                255,
                new NeighborSolicitation(PROBED6, null))),
        Arguments.of("a routed advertisement", foreignAdvertisement(HELD6, 64, PEER)),
        Arguments.of("an advertisement of a stranger's", foreignAdvertisement(FOREIGN6, 255, PEER)),
        Arguments.of(
            "an advertisement that gives our own MAC", foreignAdvertisement(HELD6, 255, OURS)),
        Arguments.of("an echo to a stranger", echo4(PEER4, FOREIGN4, OURS, true)),
        Arguments.of("an echo to another station", echo4(PEER4, HELD4, OTHER, true)),
        Arguments.of("a broadcast echo", echo4(PEER4, HELD4, MacAddress.BROADCAST, true)),
        Arguments.of("an echo reply", echo4(PEER4, HELD4, OURS, false)),
        Arguments.of("an echo from nowhere", echo4(IpBytes.ANY4, HELD4, OURS, true)),
        Arguments.of("an echo from the address itself", echo4(HELD4, HELD4, OURS, true)),
        Arguments.of("an echo from a group", echo6(v6("ff02::1"), HELD6)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ignored")
  void ignores(String name, Frame frame) {
    assertThat(ANSWERING.to(frame)).as(name).isEqualTo(new Reaction.Ignore());
  }

  static Stream<Arguments> claims() {
    return Stream.of(
        Arguments.of(
            "a gratuitous request",
            arp(PEER, MacAddress.BROADCAST, Operation.REQUEST, PEER, HELD4, HELD4),
            HELD4,
            PEER),
        Arguments.of(
            "a gratuitous reply",
            arp(PEER, MacAddress.BROADCAST, Operation.REPLY, PEER, HELD4, HELD4),
            HELD4,
            PEER),
        Arguments.of(
            "a reply to another station that a bridge shows us",
            arp(PEER, OTHER, Operation.REPLY, PEER, HELD4, PEER4),
            HELD4,
            PEER),
        Arguments.of(
            "a request that uses the address as its sender",
            arp(PEER, MacAddress.BROADCAST, Operation.REQUEST, PEER, HELD4, PEER4),
            HELD4,
            PEER),
        Arguments.of(
            "an answer to a probe",
            arp(PEER, OURS, Operation.REPLY, PEER, PROBED4, IpBytes.ANY4),
            PROBED4,
            PEER),
        Arguments.of(
            "another's probe for the address that is being probed",
            arp(PEER, MacAddress.BROADCAST, Operation.REQUEST, PEER, IpBytes.ANY4, PROBED4),
            PROBED4,
            PEER),
        Arguments.of("an advertisement", foreignAdvertisement(HELD6, 255, OTHER), HELD6, OTHER),
        Arguments.of(
            "an advertisement without option", foreignAdvertisement(HELD6, 255, null), HELD6, PEER),
        Arguments.of(
            "an answer to duplicate detection",
            foreignAdvertisement(PROBED6, 255, PEER),
            PROBED6,
            PEER),
        Arguments.of(
            "another's duplicate detection of the same address",
            solicitation(PEER, IpBytes.ANY6, null, PROBED6, 255, null),
            PROBED6,
            PEER),
        Arguments.of(
            "a solicitation that uses the address as its source",
            solicitation(PEER, HELD6, null, PEER6, 255, PEER),
            HELD6,
            PEER));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("claims")
  void reportsForeignClaims(String name, Frame frame, InetAddress address, MacAddress by) {
    assertThat(ANSWERING.to(frame)).as(name).isEqualTo(new Reaction.Claimed(address, by));
  }

  @Test
  void answersEchoesToWhereTheyCameFrom() {
    assertThat(ANSWERING.to(echo4(PEER4, HELD4, OURS, true)))
        .isEqualTo(
            new Reaction.AnswerEcho(
                new Frame.Echo4(
                    new EthernetHeader(PEER, OURS, EthernetHeader.IPV4),
                    HELD4,
                    PEER4,
                    64,
                    echo(false))));
    assertThat(ANSWERING.to(echo6(PEER6, HELD6)))
        .isEqualTo(
            new Reaction.AnswerEcho(
                new Frame.Echo6(
                    new EthernetHeader(PEER, OURS, EthernetHeader.IPV6),
                    HELD6,
                    PEER6,
                    64,
                    echo(false))));
  }

  @Test
  void answersNoEchoIfToldSo() {
    AddressAnswering silent =
        new AddressAnswering(
            OURS, Set.of(OURS), Set.of(HELD4, HELD6), Set.of(), Map.of(), false, false);
    assertThat(silent.to(echo4(PEER4, HELD4, OURS, true))).isEqualTo(new Reaction.Ignore());
    assertThat(silent.to(echo6(PEER6, HELD6))).isEqualTo(new Reaction.Ignore());
  }

  @Test
  void saysWhetherTheNodeIsARouter() {
    AddressAnswering host =
        new AddressAnswering(OURS, Set.of(OURS), Set.of(HELD6), Set.of(), Map.of(), false, true);
    assertThat(host.to(solicitation(PEER, PEER6, null, HELD6, 255, PEER)))
        .isInstanceOfSatisfying(
            Reaction.Answer.class,
            answer ->
                assertThat(((Frame.Advertisement) answer.frame()).message().router()).isFalse());
  }

  private static final MacAddress VIRTUAL4 = VirtualMac.of(HELD4);
  private static final MacAddress VIRTUAL6 = VirtualMac.of(HELD6);
  private static final AddressAnswering VIRTUAL =
      new AddressAnswering(
          OURS,
          Set.of(OURS, OUR_OTHER_NIC),
          Set.of(HELD4, HELD6),
          Set.of(PROBED4, PROBED6),
          Map.of(
              HELD4,
              VIRTUAL4,
              HELD6,
              VIRTUAL6,
              PROBED4,
              VirtualMac.of(PROBED4),
              PROBED6,
              VirtualMac.of(PROBED6)),
          true,
          true);

  static Stream<Arguments> answeredByVirtualMac() {
    Frame reply =
        new Frame.Arp(
            new EthernetHeader(PEER, VIRTUAL4, EthernetHeader.ARP),
            new ArpPacket(Operation.REPLY, VIRTUAL4, HELD4, PEER, PEER4));
    Frame solicited =
        new Frame.Advertisement(
            new EthernetHeader(PEER, VIRTUAL6, EthernetHeader.IPV6),
            HELD6,
            PEER6,
            255,
            new NeighborAdvertisement(HELD6, true, true, true, VIRTUAL6));
    return Stream.of(
        Arguments.of(
            "a broadcast who-has",
            arp(PEER, MacAddress.BROADCAST, Operation.REQUEST, PEER, PEER4, HELD4),
            new Reaction.Answer(reply)),
        Arguments.of(
            "a unicast who-has to the virtual MAC",
            arp(PEER, VIRTUAL4, Operation.REQUEST, PEER, PEER4, HELD4),
            new Reaction.Answer(reply)),
        Arguments.of(
            "a unicast who-has to the interface, of a client from before",
            arp(PEER, OURS, Operation.REQUEST, PEER, PEER4, HELD4),
            new Reaction.Answer(reply)),
        Arguments.of(
            "a multicast solicitation",
            solicitation(PEER, PEER6, null, HELD6, 255, PEER),
            new Reaction.Answer(solicited)),
        Arguments.of(
            "a unicast solicitation to the virtual MAC",
            unicastSolicitation(VIRTUAL6),
            new Reaction.Answer(solicited)),
        Arguments.of(
            "duplicate address detection",
            solicitation(PEER, IpBytes.ANY6, null, HELD6, 255, null),
            new Reaction.Answer(Announcements.advertisement(HELD6, VIRTUAL6, true))),
        Arguments.of(
            "an echo to the virtual MAC",
            echo4(PEER4, HELD4, VIRTUAL4, true),
            new Reaction.AnswerEcho(
                new Frame.Echo4(
                    new EthernetHeader(PEER, VIRTUAL4, EthernetHeader.IPV4),
                    HELD4,
                    PEER4,
                    64,
                    echo(false)))),
        Arguments.of(
            "an echo of IPv6 to the virtual MAC",
            echo6(PEER6, HELD6, VIRTUAL6),
            new Reaction.AnswerEcho(
                new Frame.Echo6(
                    new EthernetHeader(PEER, VIRTUAL6, EthernetHeader.IPV6),
                    HELD6,
                    PEER6,
                    64,
                    echo(false)))),
        Arguments.of(
            "an echo to the interface",
            echo4(PEER4, HELD4, OURS, true),
            new Reaction.AnswerEcho(
                new Frame.Echo4(
                    new EthernetHeader(PEER, VIRTUAL4, EthernetHeader.IPV4),
                    HELD4,
                    PEER4,
                    64,
                    echo(false)))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("answeredByVirtualMac")
  void answersByTheVirtualMac(String name, Frame question, Reaction reaction) {
    assertThat(VIRTUAL.to(question)).as(name).isEqualTo(reaction);
  }

  static Stream<Arguments> notOurs() {
    return Stream.of(
        Arguments.of(
            "a who-has to another station, on a promiscuous interface",
            arp(PEER, OTHER, Operation.REQUEST, PEER, PEER4, HELD4)),
        Arguments.of(
            "a who-has to the virtual MAC of another address",
            arp(PEER, VIRTUAL6, Operation.REQUEST, PEER, PEER4, HELD4)),
        Arguments.of("a solicitation to another station", unicastSolicitation(OTHER)),
        Arguments.of(
            "a solicitation to the virtual MAC of another address", unicastSolicitation(VIRTUAL4)),
        Arguments.of("an echo to another station", echo4(PEER4, HELD4, OTHER, true)),
        Arguments.of(
            "an echo to the virtual MAC of another address", echo4(PEER4, HELD4, VIRTUAL6, true)),
        Arguments.of(
            "an announcement of the holder before",
            arp(VIRTUAL4, MacAddress.BROADCAST, Operation.REQUEST, VIRTUAL4, HELD4, HELD4)),
        Arguments.of(
            "an answer of the holder before, seen on a promiscuous interface",
            arp(VIRTUAL4, OTHER, Operation.REPLY, VIRTUAL4, HELD4, PEER4)),
        Arguments.of(
            "an advertisement of the holder before", foreignAdvertisement(HELD6, 255, VIRTUAL6)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("notOurs")
  void ignoresWhatIsForOthersAndLateFramesOfTheHolderBefore(String name, Frame frame) {
    assertThat(VIRTUAL.to(frame)).as(name).isEqualTo(new Reaction.Ignore());
  }

  static Stream<Arguments> claimsBesideVirtualMacs() {
    MacAddress probed4 = VirtualMac.of(PROBED4);
    MacAddress probed6 = VirtualMac.of(PROBED6);
    return Stream.of(
        Arguments.of(
            "the same virtual MAC while it is probed: another cluster has the address",
            arp(probed4, MacAddress.BROADCAST, Operation.REPLY, probed4, PROBED4, PROBED4),
            PROBED4,
            probed4),
        Arguments.of(
            "the same for IPv6", foreignAdvertisement(PROBED6, 255, probed6), PROBED6, probed6),
        Arguments.of(
            "the virtual MAC of another address",
            arp(VIRTUAL6, MacAddress.BROADCAST, Operation.REPLY, VIRTUAL6, HELD4, HELD4),
            HELD4,
            VIRTUAL6),
        Arguments.of(
            "a stranger's MAC",
            arp(PEER, MacAddress.BROADCAST, Operation.REPLY, PEER, HELD4, HELD4),
            HELD4,
            PEER),
        Arguments.of(
            "a stranger's advertisement", foreignAdvertisement(HELD6, 255, OTHER), HELD6, OTHER));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("claimsBesideVirtualMacs")
  void reportsClaimsOfStrangers(String name, Frame frame, InetAddress address, MacAddress by) {
    assertThat(VIRTUAL.to(frame)).as(name).isEqualTo(new Reaction.Claimed(address, by));
  }

  private static Frame unicastSolicitation(MacAddress to) {
    return new Frame.Solicitation(
        new EthernetHeader(to, PEER, EthernetHeader.IPV6),
        PEER6,
        HELD6,
        255,
        new NeighborSolicitation(HELD6, null));
  }

  private static Frame arp(
      MacAddress from,
      MacAddress to,
      Operation operation,
      MacAddress senderMac,
      Inet4Address sender,
      Inet4Address target) {
    return new Frame.Arp(
        new EthernetHeader(to, from, EthernetHeader.ARP),
        new ArpPacket(operation, senderMac, sender, MacAddress.ZERO, target));
  }

  private static Frame arpReply(MacAddress to, Inet4Address sender, Inet4Address target) {
    return new Frame.Arp(
        new EthernetHeader(to, OURS, EthernetHeader.ARP),
        new ArpPacket(Operation.REPLY, OURS, sender, to, target));
  }

  private static Frame solicitation(
      MacAddress from,
      Inet6Address source,
      @Nullable Inet6Address destination,
      Inet6Address target,
      int hopLimit,
      @Nullable MacAddress option) {
    Inet6Address to = destination == null ? IpBytes.solicitedNode(target) : destination;
    return new Frame.Solicitation(
        new EthernetHeader(
            destination == null ? IpBytes.groupMac(to) : OURS, from, EthernetHeader.IPV6),
        source,
        to,
        hopLimit,
        new NeighborSolicitation(target, option));
  }

  private static Frame advertisement(
      MacAddress to, Inet6Address source, Inet6Address destination, boolean solicited) {
    return new Frame.Advertisement(
        new EthernetHeader(to, OURS, EthernetHeader.IPV6),
        source,
        destination,
        255,
        new NeighborAdvertisement(source, true, solicited, true, OURS));
  }

  private static Frame foreignAdvertisement(
      Inet6Address target, int hopLimit, @Nullable MacAddress option) {
    return new Frame.Advertisement(
        new EthernetHeader(IpBytes.groupMac(IpBytes.ALL_NODES), PEER, EthernetHeader.IPV6),
        PEER6,
        IpBytes.ALL_NODES,
        hopLimit,
        new NeighborAdvertisement(target, false, false, true, option));
  }

  private static Frame echo4(
      Inet4Address source, Inet4Address destination, MacAddress to, boolean request) {
    return new Frame.Echo4(
        new EthernetHeader(to, PEER, EthernetHeader.IPV4), source, destination, 3, echo(request));
  }

  private static Frame echo6(Inet6Address source, Inet6Address destination) {
    return echo6(source, destination, OURS);
  }

  private static Frame echo6(Inet6Address source, Inet6Address destination, MacAddress to) {
    return new Frame.Echo6(
        new EthernetHeader(to, PEER, EthernetHeader.IPV6), source, destination, 3, echo(true));
  }

  private static IcmpEcho echo(boolean request) {
    return new IcmpEcho(request, 5, 6, ByteBuffer.wrap(new byte[] {1, 2, 3}));
  }

  private static Inet4Address v4(String text) {
    return (Inet4Address) ip(text);
  }

  private static Inet6Address v6(String text) {
    return (Inet6Address) ip(text);
  }

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
