package dev.thresher.vip.l2;

import static dev.thresher.vip.l2.RealNode.VIP4;
import static dev.thresher.vip.l2.RealNode.VIP6;
import static dev.thresher.vip.l2.RealNode.frame;
import static dev.thresher.vip.l2.RealNode.ip;
import static dev.thresher.vip.l2.RealNode.send;
import static dev.thresher.vip.l2.RealNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netns.Child;
import dev.thresher.vip.netns.Greeter;
import dev.thresher.vip.netns.Namespaces;
import dev.thresher.vip.netns.Station;
import dev.thresher.vip.packet.ArpPacket;
import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.NeighborSolicitation;
import dev.thresher.vip.packet.VirtualMac;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Addresses with MACs of their own, with real packets: two nodes and a client on a switch. The
/// first node answers on a bridge whose port the cable is, as Harvester's nodes do, the second on
/// the end of its cable. A server of each node says which it is.
///
/// The client's entries for the addresses are permanent, as if it ignored every announcement.
@Tag("netns")
class VirtualMacNetnsTest {
  private static final MacAddress CLIENT = MacAddress.parse("02:00:00:00:00:02");
  private static final MacAddress SOMEBODY = MacAddress.parse("02:00:00:00:00:99");
  private static final MacAddress MAC4 = VirtualMac.of(ip(VIP4));
  private static final MacAddress MAC6 = VirtualMac.of(ip(VIP6));

  /// Two addresses whose hashes begin alike.
  private static final List<String> TWINS = List.of("2001:db8::ee:5277", "2001:db8::170:897");

  private Namespaces namespaces;
  private String link;
  private String one;
  private String two;
  private String client;

  @BeforeEach
  void open() {
    namespaces = Namespaces.require("ip", "ping", "nft", "bridge");
    link = namespaces.add("switch");
    frames(link, false);
    one = namespaces.add("one");
    two = namespaces.add("two");
    client = namespaces.add("client");
    namespaces.ip(link, "link add sw0 type bridge mcast_snooping 0");
    namespaces.ip(link, "link set sw0 up");
    namespaces.cable(link, "p1", 0x21, one, "e0", 0x31);
    namespaces.cable(link, "p2", 0x22, two, "e0", 0x32);
    namespaces.cable(link, "p3", 0x23, client, "c0", 2);
    for (String port : List.of("p1", "p2", "p3")) {
      namespaces.ip(link, "link set " + port + " master sw0");
    }
    namespaces.ip(one, "link add br0 address 02:00:00:00:00:01 type bridge mcast_snooping 0");
    namespaces.ip(one, "link set e0 master br0");
    namespaces.ip(one, "link set br0 up");
    node(one, "br0", 11);
    node(two, "e0", 12);
    namespaces.ip(client, "addr add 192.0.2.2/24 dev c0");
    namespaces.ip(client, "addr add 2001:db8::2/64 dev c0 nodad");
    for (String vip : List.of(VIP4, VIP6)) {
      namespaces.ip(
          client,
          "neigh replace " + vip + " lladdr " + VirtualMac.of(ip(vip)) + " nud permanent dev c0");
    }
  }

  /// A node whose server is reached at port 80 of the addresses by translation.
  private void node(String node, String interfaceName, int number) {
    namespaces.ip(node, "addr add 192.0.2." + number + "/24 dev " + interfaceName);
    namespaces.ip(node, "addr add 2001:db8::" + number + "/64 dev " + interfaceName + " nodad");
    namespaces.must(
        node, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
    frames(node, true);
    namespaces.must(node, "nft", "add table inet proxy");
    namespaces.must(
        node, "nft", "add chain inet proxy prerouting { type nat hook prerouting priority -100; }");
    for (String daddr : List.of("ip daddr " + VIP4, "ip6 daddr " + VIP6)) {
      namespaces.must(
          node,
          "nft",
          "add rule inet proxy prerouting " + daddr + " tcp dport 80 counter redirect to :8080");
    }
  }

  private void serve(String node) {
    namespaces.start(node, Greeter.class, "-Dport=8080", "-Dname=" + node).await("listening");
  }

  /// Whether frames pass the rules of IP while they are on a bridge, as Kubernetes has it.
  private void frames(String node, boolean filtered) {
    for (String kind : List.of("arptables", "iptables", "ip6tables")) {
      namespaces.run(
          node,
          "sysctl",
          "-q",
          "-w",
          "net.bridge.bridge-nf-call-" + kind + "=" + (filtered ? "1" : "0"));
    }
  }

  @AfterEach
  void close() {
    if (namespaces != null) {
      namespaces.close();
    }
  }

  @Test
  void anAddressIsReachedByItsMacOnWhicheverNodeItIs() {
    serve(one);
    serve(two);
    Child first = enforce(one);
    holdBoth(first, "br0");
    assertThat(promiscuity(one, "br0")).isOne();
    assertReached(one);

    // Nobody answers the client anything that it would believe; only the switch learns.
    first.ask("release " + VIP4, "released");
    first.ask("release " + VIP6, "released");
    assertThat(promiscuity(one, "br0")).isZero();
    assertThat(pings(VIP4)).isFalse();
    Child second = enforce(two);
    holdBoth(second, "e0");
    assertThat(portOf(MAC4)).isEqualTo("p2");
    assertThat(portOf(MAC6)).isEqualTo("p2");
    assertReached(two);

    // A process that is stopped: its node takes nothing after the lease, even if it is flooded.
    second.stop();
    for (String vip : List.of(VIP4, VIP6)) {
      until(() -> !reachesWithinASecond(vip));
    }
    long connections = packets(two, "inet proxy", "redirect");
    long frames = packets(two, "netdev thresher_vip", "@taken_");
    assertThat(reachesWithinASecond(VIP4) || reachesWithinASecond(VIP6)).isFalse();
    assertThat(packets(two, "netdev thresher_vip", "@taken_"))
        .as("frames came, or this shows nothing")
        .isGreaterThan(frames + 1);
    assertThat(packets(two, "inet proxy", "redirect")).isEqualTo(connections);
    holdBoth(first, "br0");
    assertReached(one);

    second.kill();
    first.kill();
    until(() -> promiscuity(one, "br0") == 0 && promiscuity(two, "e0") == 0);
    for (String node : List.of(one, two)) {
      assertThat(namespaces.must(node, "nft", "list", "tables")).doesNotContain("thresher_vip");
    }
  }

  @Test
  void answersCarryTheVirtualMacAndWhatIsForOthersIsNotAnswered() {
    Child process = enforce(one);
    holdBoth(process, "br0");
    Child station = namespaces.start(client, Station.class, "-Dinterface=c0");
    station.await("listening");
    // Each question has an asker of its own, by whom its answer is known.
    askUntilAnswered(station, MacAddress.BROADCAST, 1);
    askUntilAnswered(station, MAC4, 2);
    solicitUntilAnswered(station, IpBytes.groupMac(IpBytes.solicitedNode(vip6())), 1);
    solicitUntilAnswered(station, MAC6, 2);
    // The bridge is promiscuous now: the process sees what is for somebody else.
    send(station, whoHas(SOMEBODY, 3));
    send(station, solicitation(SOMEBODY, 3));
    askUntilAnswered(station, MAC4, 4);
    solicitUntilAnswered(station, MAC6, 4);
    assertThat(station.unread().stream().flatMap(line -> frame(line).stream()))
        .noneMatch(found -> isReplyTo(found, 3))
        .noneMatch(found -> isAdvertisementTo(found, 3));
    // Its lease is renewed so often here that a list would never be of one moment.
    process.stop();
    assertThat(namespaces.must(one, "nft", "list", "ruleset"))
        .as("people can look")
        .contains("ether daddr @taken_")
        .contains(MAC4.toString())
        .contains(MAC6.toString())
        .contains("hook ingress");
  }

  @Test
  void whoKeepsAddressesWithoutALeaseTakesFramesWithoutOne() {
    serve(two);
    Child process =
        namespaces.start(two, EnforcementProcess.class, "-Dvirtual.mac=true", "-Dnot.owned=true");
    process.await("started");
    holdBoth(process, "e0");
    assertReached(two);
    namespaces.must(two, "nft", "delete table inet thresher_vip");
    namespaces.must(two, "nft", "delete table netdev thresher_vip");
    for (String vip : TWINS) {
      process.tell("hold " + vip + " e0 TAKE_OVER");
      process.await("event Answering");
    }
    assertReached(two);
    process.ask("release " + TWINS.getFirst(), "released");
    assertThat(pings(TWINS.getFirst())).isFalse();
    assertThat(pings(TWINS.getLast())).as("another address had the same MAC").isTrue();
    namespaces.ip(two, "link delete e0");
    process.await("event InterfaceGone");
    until(() -> {
      String rules = namespaces.must(two, "nft", "list", "ruleset");
      return !rules.contains("taken_")
          && !rules.contains("macs4_")
          && !rules.contains("chain ingress_")
          && !rules.contains("chain asking_");
    });
    process.end();
    assertThat(namespaces.must(two, "nft", "list", "tables")).doesNotContain("thresher_vip");
  }

  private static void askUntilAnswered(Child station, MacAddress to, int asker) {
    askUntil(station, whoHas(to, asker), found -> isReplyTo(found, asker));
  }

  private static void solicitUntilAnswered(Child station, MacAddress to, int asker) {
    askUntil(station, solicitation(to, asker), found -> isAdvertisementTo(found, asker));
  }

  /// A busy machine may lose a question.
  private static void askUntil(Child station, Frame question, Predicate<Frame> answer) {
    until(() -> {
      send(station, question);
      return station.unread().stream().flatMap(line -> frame(line).stream()).anyMatch(answer);
    });
  }

  private static boolean isReplyTo(Frame found, int asker) {
    return found instanceof Frame.Arp arp
        && arp.packet().operation() == ArpPacket.Operation.REPLY
        && arp.packet().target().equals(asker4(asker))
        && arp.packet().sender().equals(ip(VIP4))
        && arp.packet().senderMac().equals(MAC4)
        && arp.ethernet().equals(new EthernetHeader(CLIENT, MAC4, EthernetHeader.ARP));
  }

  private static boolean isAdvertisementTo(Frame found, int asker) {
    return found instanceof Frame.Advertisement sent
        && sent.message().solicited()
        && sent.destination().equals(asker6(asker))
        && MAC6.equals(sent.message().targetMac())
        && sent.ethernet().equals(new EthernetHeader(CLIENT, MAC6, EthernetHeader.IPV6));
  }

  private static Inet4Address asker4(int number) {
    return (Inet4Address) ip("198.18.0." + number);
  }

  private static Inet6Address asker6(int number) {
    return (Inet6Address) ip("2001:db8::a:" + number);
  }

  private Child enforce(String node) {
    Child process =
        namespaces.start(node, EnforcementProcess.class, "-Dvirtual.mac=true", "-Dleased=true");
    process.await("started");
    process.ask("lease 1000", "leased");
    return process;
  }

  private static void holdBoth(Child process, String interfaceName) {
    for (String vip : List.of(VIP4, VIP6)) {
      process.tell("hold " + vip + " " + interfaceName + " TAKE_OVER");
      process.await("event Answering");
    }
  }

  /// By ping and by a connection, over both families.
  private void assertReached(String node) {
    for (String vip : List.of(VIP4, VIP6)) {
      until(() -> pings(vip));
      assertThat(connect(vip).output()).as(vip).isEqualTo("hello from " + node + "\n");
    }
  }

  private boolean pings(String vip) {
    return namespaces.run(client, "ping", "-c1", "-W1", vip).status() == 0;
  }

  private Namespaces.Result connect(String vip) {
    return namespaces.run(client, "timeout", "3", "bash", "-c", "cat < /dev/tcp/" + vip + "/80");
  }

  private boolean reachesWithinASecond(String vip) {
    return namespaces
            .run(client, "timeout", "1", "bash", "-c", "cat < /dev/tcp/" + vip + "/80")
            .status()
        == 0;
  }

  /// What the rules of a table have counted that contain some words.
  private long packets(String node, String table, String words) {
    return namespaces
        .must(node, "nft", "list", "table " + table)
        .lines()
        .filter(line -> line.contains(words))
        .mapToLong(line -> Long.parseLong(line.replaceAll(".*packets (\\d+) .*", "$1")))
        .sum();
  }

  private int promiscuity(String node, String interfaceName) {
    String shown = namespaces.must(node, "ip", "-d", "link", "show", "dev", interfaceName);
    return Integer.parseInt(shown.replaceAll("(?s).*promiscuity (\\d+).*", "$1"));
  }

  /// The port of the switch behind which it thinks a MAC.
  private String portOf(MacAddress mac) {
    return namespaces
        .must(link, "bridge", "fdb", "show", "br", "sw0")
        .lines()
        .filter(line -> line.startsWith(mac + " "))
        .map(line -> line.replaceAll(".* dev (\\S+) .*", "$1"))
        .findFirst()
        .orElse("none");
  }

  private static Inet6Address vip6() {
    return (Inet6Address) ip(VIP6);
  }

  private static Frame whoHas(MacAddress to, int asker) {
    return new Frame.Arp(
        new EthernetHeader(to, CLIENT, EthernetHeader.ARP),
        new ArpPacket(
            ArpPacket.Operation.REQUEST,
            CLIENT,
            asker4(asker),
            MacAddress.ZERO,
            (Inet4Address) ip(VIP4)));
  }

  private static Frame solicitation(MacAddress to, int asker) {
    return new Frame.Solicitation(
        new EthernetHeader(to, CLIENT, EthernetHeader.IPV6),
        asker6(asker),
        to.isGroup() ? IpBytes.solicitedNode(vip6()) : vip6(),
        255,
        new NeighborSolicitation(vip6(), null));
  }
}
