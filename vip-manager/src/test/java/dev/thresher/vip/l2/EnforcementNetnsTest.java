package dev.thresher.vip.l2;

import static dev.thresher.vip.l2.RealNode.VIP4;
import static dev.thresher.vip.l2.RealNode.VIP6;
import static dev.thresher.vip.l2.RealNode.frame;
import static dev.thresher.vip.l2.RealNode.holdBoth;
import static dev.thresher.vip.l2.RealNode.ip;
import static dev.thresher.vip.l2.RealNode.send;
import static dev.thresher.vip.l2.RealNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netns.Child;
import dev.thresher.vip.packet.ArpPacket;
import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.NeighborAdvertisement;
import dev.thresher.vip.packet.NeighborSolicitation;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Who is answered, what is announced and what ends it, with real packets.
@Tag("netns")
class EnforcementNetnsTest {
  private static final MacAddress NODE = MacAddress.parse("02:00:00:00:00:01");
  private static final MacAddress CLIENT = MacAddress.parse("02:00:00:00:00:02");
  private static final Inet6Address HELD6 = (Inet6Address) ip(VIP6);
  private static final Inet6Address CLIENT6 = (Inet6Address) ip("2001:db8::2");

  private RealNode lab;

  @BeforeEach
  void open() {
    lab = new RealNode();
  }

  @AfterEach
  void close() {
    if (lab != null) {
      lab.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {VIP4, VIP6})
  void answersClientsThatAskAndPing(String vip) {
    assertThat(lab.isResolved(vip)).as("nobody has the address yet").isFalse();
    Child process = lab.enforce();
    process.tell("hold " + vip + " e0 FIRST");
    process.await("outcome Probing");
    process.await("event Answering");
    assertThat(lab.isResolved(vip)).isTrue();
    assertThat(lab.namespaces.must(lab.client, "ip", "neigh", "show", "to", vip))
        .contains(NODE.toString());
    assertThat(lab.answersPing(vip)).isTrue();
    assertThat(process.ask("release " + vip, "released")).isEqualTo("released");
    assertThat(lab.isResolved(vip)).isFalse();
    assertThat(lab.answersPing(vip)).isFalse();
  }

  /// What a killed program left on the interface, while another node holds the address.
  @ParameterizedTest(name = "{0}")
  @CsvSource({VIP4 + ", 32", VIP6 + ", 128"})
  void theKernelDoesNotAnswerForAKnownAddressThatIsOnTheInterface(String vip, int length) {
    lab.namespaces.must(lab.node, "ip", "addr", "add", vip + "/" + length, "dev", "e0", "nodad");
    Child process = lab.enforce();
    assertThat(lab.isResolved(vip)).as("or this test shows nothing").isTrue();
    assertThat(process.ask("known " + VIP4 + " " + VIP6, "silent")).isEqualTo("silent 2");
    assertThat(lab.isResolved(vip)).isFalse();
    process.tell("hold " + vip + " e0 TAKE_OVER");
    process.await("event Answering");
    assertThat(lab.isResolved(vip)).as("the process answers what it holds").isTrue();
    process.ask("release " + vip, "released");
    assertThat(lab.isResolved(vip)).isFalse();
    process.ask("known", "silent 0");
    assertThat(lab.isResolved(vip)).as("whose it is now is not ours to say").isTrue();
  }

  /// Whoever hears a question notes who asks.
  @ParameterizedTest(name = "{0}")
  @CsvSource({VIP4 + ", 32, 192.0.2.2", VIP6 + ", 128, 2001:db8::2"})
  void theKernelDoesNotAskUnderAKnownAddressThatAnotherHolds(String vip, int length, String to) {
    lab.namespaces.must(lab.node, "ip", "addr", "add", vip + "/" + length, "dev", "e0", "nodad");
    Child process = lab.enforce();
    Child client = lab.watch();
    assertThat(lab.asksUnder(client, vip, to)).as("or this test shows nothing").isTrue();
    process.ask("known " + VIP4 + " " + VIP6, "silent 2");
    assertThat(lab.asksUnder(client, vip, to)).isFalse();
    process.tell("hold " + vip + " e0 TAKE_OVER");
    process.await("event Answering");
    assertThat(lab.asksUnder(client, vip, to)).as("as the holder must").isTrue();
  }

  @Test
  void announcesWithBothOpcodesAtOnceAndAgain() {
    Child process = lab.enforce();
    Child station = lab.watch();
    process.tell("hold " + VIP4 + " e0 TAKE_OVER");
    for (int burst = 0; burst < 2; burst++) {
      awaitFrame(station, announcement4(ArpPacket.Operation.REQUEST));
      awaitFrame(station, announcement4(ArpPacket.Operation.REPLY));
    }
    process.tell("hold " + VIP6 + " e0 TAKE_OVER");
    for (int burst = 0; burst < 2; burst++) {
      awaitFrame(
          station,
          frame ->
              frame instanceof Frame.Advertisement sent
                  && sent.message()
                      .equals(new NeighborAdvertisement(HELD6, true, false, true, NODE))
                  && sent.hopLimit() == 255
                  && sent.destination().equals(IpBytes.ALL_NODES));
    }
  }

  @Test
  void answersUnicastSolicitationsWithoutOptionAndNoRoutedOnes() {
    Child process = lab.enforce();
    holdBoth(process);
    Child station = lab.watch();
    EthernetHeader toNode = new EthernetHeader(NODE, CLIENT, EthernetHeader.IPV6);
    NeighborSolicitation question = new NeighborSolicitation(HELD6, null);
    send(station, new Frame.Solicitation(toNode, CLIENT6, HELD6, 64, question));
    send(station, new Frame.Solicitation(toNode, CLIENT6, HELD6, 255, question));
    List<Frame> answers = framesUntilEcho(station);
    assertThat(answers.stream().filter(EnforcementNetnsTest::isSolicitedAnswer))
        .as("the answers to two questions, one of which had been routed")
        .hasSize(1)
        .contains(
            new Frame.Advertisement(
                new EthernetHeader(CLIENT, NODE, EthernetHeader.IPV6),
                HELD6,
                CLIENT6,
                255,
                new NeighborAdvertisement(HELD6, true, true, true, NODE)));
  }

  /// Two pings after the questions: when the answer to the second is here, so are those of the
  /// questions. The first may overtake them, for it comes through another socket.
  private List<Frame> framesUntilEcho(Child station) {
    assertThat(lab.answersPing(VIP4)).isTrue();
    assertThat(lab.answersPing(VIP4)).isTrue();
    List<Frame> frames = new ArrayList<>();
    AtomicInteger replies = new AtomicInteger();
    station.await(
        "an echo reply",
        line -> {
          Optional<Frame> frame = frame(line);
          frame.ifPresent(frames::add);
          return frame.filter(f -> f instanceof Frame.Echo4 e && !e.message().request()).isPresent()
              && replies.incrementAndGet() == 2;
        });
    return frames;
  }

  private static boolean isSolicitedAnswer(Frame frame) {
    return frame instanceof Frame.Advertisement sent && sent.message().solicited();
  }

  @Test
  void defendsItsAddressAgainstDuplicateDetection() {
    Child process = lab.enforce();
    holdBoth(process);
    lab.namespaces.ip(lab.client, "addr add " + VIP6 + "/64 dev c0");
    until(() ->
        lab.namespaces
            .must(lab.client, "ip", "-6", "addr", "show", "dev", "c0")
            .contains("dadfailed"));
  }

  @ParameterizedTest
  @ValueSource(strings = {VIP4, VIP6})
  void doesNotTakeAnAddressThatAStrangerUses(String vip) {
    lab.namespaces.ip(
        lab.client, "addr add " + vip + (vip.equals(VIP4) ? "/24" : "/64 nodad") + " dev c0");
    Child process = lab.enforce();
    process.tell("hold " + vip + " e0 FIRST");
    assertThat(process.await("event")).contains("Conflict").contains(CLIENT.toString());
    assertThat(process.ask("held", "held")).isEqualTo("held []");
    until(() -> !lab.namespaces.must(lab.node, "nft", "list", "ruleset").contains(vip));
  }

  @Test
  void reportsAForeignClaimAndAnnouncesAgain() {
    Child process = lab.enforce();
    Child station = lab.watch();
    holdBoth(process);
    // The burst of the claim, after which the next announcement is a minute off.
    for (int i = 0; i < 4; i++) {
      awaitFrame(station, announcement4(ArpPacket.Operation.REPLY));
    }
    long quiet = System.nanoTime();
    send(station, Announcements.announce(ip(VIP4), CLIENT, false).getFirst());
    assertThat(process.await("event ForeignClaim")).contains(VIP4).contains(CLIENT.toString());
    awaitFrame(station, announcement4(ArpPacket.Operation.REQUEST));
    assertThat(Duration.ofNanos(System.nanoTime() - quiet))
        .as("sooner than the periodic announcement")
        .isLessThan(Duration.ofSeconds(50));
    send(station, Announcements.announce(HELD6, CLIENT, false).getFirst());
    assertThat(process.await("event ForeignClaim")).contains(CLIENT.toString());
  }

  /// The node has no interface of that VLAN: its kernel takes the tag away and ignores the frames.
  @ParameterizedTest
  @ValueSource(strings = {VIP4, VIP6})
  void neitherBelievesNorAnswersAnotherVlan(String vip) {
    Child process = lab.enforce();
    Child station = lab.watch();
    holdBoth(process);
    // So that the client need not ask for itself.
    assertThat(lab.answersPing(VIP4)).isTrue();
    station.forget();
    Frame claim = Announcements.announce(ip(vip), CLIENT, false).getFirst();
    sendInVlan(station, question(vip));
    sendInVlan(station, claim);
    List<Frame> seen = framesUntilEcho(station);
    assertThat(seen).as("answers").noneMatch(EnforcementNetnsTest::isAnswer);
    assertThat(process.unread()).noneMatch(line -> line.startsWith("event ForeignClaim"));
    send(station, question(vip));
    awaitFrame(station, EnforcementNetnsTest::isAnswer);
    send(station, claim);
    process.await("event ForeignClaim");
  }

  private static Frame question(String vip) {
    return ip(vip) instanceof Inet4Address target
        ? new Frame.Arp(
            new EthernetHeader(MacAddress.BROADCAST, CLIENT, EthernetHeader.ARP),
            new ArpPacket(
                ArpPacket.Operation.REQUEST,
                CLIENT,
                (Inet4Address) ip("192.0.2.2"),
                MacAddress.ZERO,
                target))
        : new Frame.Solicitation(
            new EthernetHeader(
                IpBytes.groupMac(IpBytes.solicitedNode(HELD6)), CLIENT, EthernetHeader.IPV6),
            CLIENT6,
            IpBytes.solicitedNode(HELD6),
            255,
            new NeighborSolicitation(HELD6, CLIENT));
  }

  private static boolean isAnswer(Frame frame) {
    return isSolicitedAnswer(frame)
        || (frame instanceof Frame.Arp arp
            && arp.ethernet().destination().equals(CLIENT)
            && arp.packet().sender().equals(ip(VIP4)));
  }

  /// With the tag of VLAN 100 (IEEE 802.1Q) behind the two MAC addresses.
  private static void sendInVlan(Child station, Frame frame) {
    String octets = HexFormat.of().formatHex(frame.encode());
    station.tell("send " + octets.substring(0, 24) + "81000064" + octets.substring(24));
  }

  /// A card that negotiates for long, and one that is there at once.
  @ParameterizedTest
  @ValueSource(ints = {0, 10})
  void announcesWhenTheLinkComesUpAgain(int seconds) throws InterruptedException {
    Child process = lab.enforce();
    holdBoth(process);
    lab.namespaces.ip(lab.client, "link set c0 down");
    process.await("event LinkDown");
    TimeUnit.SECONDS.sleep(seconds);
    assertThat(process.ask("held", "held")).contains(VIP4).contains(ip(VIP6).getHostAddress());
    Child station = lab.watch();
    lab.namespaces.ip(lab.client, "link set c0 up");
    process.await("event LinkUp");
    awaitFrame(station, announcement4(ArpPacket.Operation.REQUEST));
    awaitFrame(station, announcement4(ArpPacket.Operation.REPLY));
    until(() -> lab.isResolved(VIP4));
    // The client's kernel took its own address of this family away with the link.
    lab.namespaces.ip(lab.client, "addr add 2001:db8::2/64 dev c0 nodad");
    until(() -> lab.isResolved(VIP6));
  }

  @Test
  void releasesWhatWasOnAnInterfaceThatVanished() {
    Child process = lab.enforce();
    holdBoth(process);
    lab.namespaces.ip(lab.node, "link delete e0");
    assertThat(process.await("event InterfaceGone")).contains("e0").contains(VIP4);
    assertThat(process.ask("held", "held")).isEqualTo("held []");
    assertThat(process.ask("hold " + VIP4 + " e0 TAKE_OVER", "outcome"))
        .contains("Refused")
        .contains("there is no interface e0");
    assertThat(lab.namespaces.must(lab.node, "nft", "list", "ruleset")).doesNotContain(VIP4);
  }

  /// What to do about it is said, and what does not suit one family says nothing of the other.
  @ParameterizedTest(name = "{0}, {1}: {2}")
  @CsvSource({
    "link set e0 mtu 1279, 2001:db8::50, 'IPv6 needs an MTU of 1280, interface e0 has 1279; raise"
        + " it'",
    "link set e0 mtu 1279, 192.0.2.50, ''",
    "link set e0 mtu 1280, 2001:db8::50, ''",
    "IPv6 switched off, 2001:db8::50, 'IPv6 is switched off"
        + " on interface e0; set net.ipv6.conf.e0.disable_ipv6 to 0'",
    "IPv6 switched off, 192.0.2.50, ''",
  })
  void anInterfaceThatCannotCarryTheFamilyIsRefusedByName(
      String change, String vip, String refusal) {
    if (change.startsWith("link")) {
      lab.namespaces.ip(lab.node, change);
    } else {
      lab.namespaces.must(lab.node, "sysctl", "-qw", "net.ipv6.conf.e0.disable_ipv6=1");
    }
    Child process = lab.enforce();
    String outcome = process.ask("hold " + vip + " e0 TAKE_OVER", "outcome");
    if (refusal.isEmpty()) {
      assertThat(outcome).doesNotContain("Refused");
    } else {
      assertThat(outcome).contains("Refused").contains(refusal);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {VIP4, VIP6})
  void anInterfaceWithoutMacsIsRefusedByName(String vip) {
    lab.namespaces.ip(lab.node, "tuntap add mode tun name t0");
    lab.namespaces.ip(lab.node, "link set t0 up");
    Child process = lab.enforce();
    assertThat(process.ask("hold " + vip + " t0 TAKE_OVER", "outcome"))
        .contains("Refused")
        .contains("interface t0 is not Ethernet", "IP over InfiniBand", "name another interface");
  }

  @Test
  void releasesWhatItCanNotAnswerAnyMore() {
    Child process = lab.enforce("-Dno.random=true");
    holdBoth(process);
    assertThat(process.await("event InterfaceGone")).contains("e0").contains(VIP4);
    assertThat(process.ask("held", "held")).isEqualTo("held []");
    assertThat(lab.namespaces.must(lab.node, "nft", "list", "ruleset")).doesNotContain(VIP4);
    process.tell("hold " + VIP4 + " e0 TAKE_OVER");
    process.await("event Answering");
    assertThat(lab.isResolved(VIP4)).as("the interface is served anew").isTrue();
  }

  @Test
  void leavesNothingWhenStopped() {
    Child process = lab.enforce();
    holdBoth(process);
    assertThat(lab.tables())
        .containsExactlyInAnyOrder("table inet thresher_vip", "table arp thresher_vip");
    process.tell("exit");
    process.await("stopped");
    process.end();
    assertThat(lab.tables()).isEmpty();
    assertThat(lab.isResolved(VIP4)).isFalse();
    assertThat(lab.isResolved(VIP6)).isFalse();
  }

  @Test
  void leavesNothingWhenKilled() {
    Child process = lab.enforce();
    holdBoth(process);
    process.kill();
    assertThat(lab.isResolved(VIP4)).isFalse();
    assertThat(lab.isResolved(VIP6)).isFalse();
    assertThat(lab.tables()).isEmpty();
  }

  @Test
  void replacesTablesThatAnEarlierProcessLeft() {
    for (String family : List.of("inet", "arp")) {
      lab.namespaces.must(lab.node, "nft", "add table " + family + " thresher_vip");
      lab.namespaces.must(
          lab.node,
          "nft",
          "add set "
              + family
              + " thresher_vip held4 { type ipv4_addr; elements = { 192.0.2.99 }; }");
      lab.namespaces.must(lab.node, "nft", "add chain " + family + " thresher_vip stale");
    }
    Child process = lab.enforce();
    holdBoth(process);
    assertThat(lab.namespaces.must(lab.node, "nft", "list", "ruleset"))
        .contains(VIP4)
        .doesNotContain("192.0.2.99")
        .doesNotContain("stale");
  }

  @Test
  void touchesNoTableOfOthers() {
    lab.namespaces.must(lab.node, "nft", "add table inet somebody");
    Child process = lab.enforce();
    holdBoth(process);
    process.end();
    assertThat(lab.tables()).containsExactly("table inet somebody");
  }

  @Test
  void keepsItsTablesWhenSomebodyFlushesAll() {
    lab.namespaces.must(lab.node, "nft", "add table inet somebody");
    Child process = lab.enforce();
    holdBoth(process);
    lab.namespaces.must(lab.node, "nft", "flush", "ruleset");
    assertThat(lab.tables())
        .containsExactlyInAnyOrder("table inet thresher_vip", "table arp thresher_vip");
    assertThat(lab.namespaces.must(lab.node, "nft", "list", "ruleset"))
        .contains(VIP4)
        .contains(VIP6);
  }

  @Test
  void aSecondInstanceOnANodeIsRefused() {
    Child first = lab.enforce();
    holdBoth(first);
    Child second = lab.namespaces.start(lab.node, EnforcementProcess.class);
    assertThat(second.await("refused")).contains("another vip-manager runs on this node");
    assertThat(lab.isResolved(VIP4)).as("the first still answers").isTrue();
  }

  @Test
  void theKernelDoesNotAnswerBeside() {
    lab.namespaces.ip(lab.node, "addr add " + VIP4 + "/32 dev e1");
    lab.namespaces.ip(lab.node, "addr add " + VIP6 + "/128 dev e0 nodad");
    assertThat(lab.isResolved(VIP4)).as("the kernel answers for any address it has").isTrue();
    Child process = lab.enforce();
    holdBoth(process);
    Child station = lab.watch();
    Inet4Address client4 = (Inet4Address) ip("192.0.2.2");
    send(
        station,
        new Frame.Arp(
            new EthernetHeader(MacAddress.BROADCAST, CLIENT, EthernetHeader.ARP),
            new ArpPacket(
                ArpPacket.Operation.REQUEST,
                CLIENT,
                client4,
                MacAddress.ZERO,
                (Inet4Address) ip(VIP4))));
    Inet6Address group = IpBytes.solicitedNode(HELD6);
    send(
        station,
        new Frame.Solicitation(
            new EthernetHeader(IpBytes.groupMac(group), CLIENT, EthernetHeader.IPV6),
            CLIENT6,
            group,
            255,
            new NeighborSolicitation(HELD6, CLIENT)));
    awaitFrame(station, EnforcementNetnsTest::isSolicitedAnswer);
    until(() -> {
      String rules = lab.namespaces.must(lab.node, "nft", "list", "ruleset");
      return rules.matches("(?s).*arp saddr ip @held4 counter packets [1-9].*")
          && rules.matches("(?s).*nd-neighbor-advert .{0,30}@held6 counter packets [1-9].*");
    });
    assertThat(
            station.unread().stream()
                .flatMap(line -> frame(line).stream())
                .filter(frame ->
                    isSolicitedAnswer(frame)
                        || (frame instanceof Frame.Arp arp
                            && arp.ethernet().destination().equals(CLIENT)
                            && arp.packet().target().equals(client4))))
        .as("answers beside the first advertisement, which was read already: one of ARP")
        .hasSizeLessThanOrEqualTo(1);
  }

  private static void awaitFrame(Child station, Predicate<Frame> wanted) {
    station.await("a frame", line -> frame(line).filter(wanted).isPresent());
  }

  private static Predicate<Frame> announcement4(ArpPacket.Operation operation) {
    return frame ->
        frame instanceof Frame.Arp arp
            && arp.ethernet().destination().equals(MacAddress.BROADCAST)
            && arp.packet().operation() == operation
            && arp.packet().sender().equals(ip(VIP4))
            && arp.packet().target().equals(ip(VIP4))
            && arp.packet().senderMac().equals(NODE);
  }
}
