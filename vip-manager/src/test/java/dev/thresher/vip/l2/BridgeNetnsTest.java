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
import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.NeighborSolicitation;
import java.net.Inet6Address;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A node that answers on a bridge whose port its cable is, as Harvester's nodes do, with real
/// packets: frames may pass the rules of IP while they are on the bridge (`br_netfilter`, which
/// Kubernetes asks for) or not, and the node may have the address itself.
@Tag("netns")
class BridgeNetnsTest {
  private static final MacAddress NODE = MacAddress.parse("02:00:00:00:00:01");
  private static final MacAddress CLIENT = MacAddress.parse("02:00:00:00:00:02");

  private final Namespaces namespaces = Namespaces.require("ip", "ping", "nft");
  private final String node = namespaces.add("node");
  private final String client = namespaces.add("client");

  @AfterEach
  void close() {
    namespaces.close();
  }

  @ParameterizedTest
  @CsvSource({"true, false", "false, false", "true, true", "false, true"})
  void whatIsAskedIsAnsweredOnceAndTheRestRefused(boolean filtered, boolean own) {
    prepare(filtered);
    Child process = namespaces.start(node, EnforcementProcess.class);
    process.await("started");
    for (String vip : List.of(VIP4, VIP6)) {
      process.tell("hold " + vip + " br0 TAKE_OVER");
      process.await("event Answering");
    }
    if (own) {
      namespaces.ip(node, "addr add " + VIP4 + "/32 dev lo");
      namespaces.ip(node, "addr add " + VIP6 + "/128 dev lo nodad");
    }
    for (String vip : List.of(VIP4, VIP6)) {
      until(() -> namespaces.run(client, "ping", "-c1", "-W1", vip).status() == 0);
      Namespaces.Result pings = namespaces.run(client, "ping", "-c4", "-i0.2", "-W1", vip);
      assertThat(pings.output())
          .contains("4 packets transmitted, 4 received")
          .doesNotContain("DUP!", "Redirect", "Unreachable");
      assertThat(connect(vip, 81)).as("a closed port of " + vip).containsIgnoringCase("refused");
      assertThat(connect(vip, 80)).as("an open port of " + vip).contains("hello");
    }
    askedByItsMacItAnswers();
  }

  private void prepare(boolean filtered) {
    namespaces.cable(node, "e0", 0x31, client, "c0", 2);
    namespaces.ip(node, "link add br0 address " + NODE + " type bridge mcast_snooping 0");
    namespaces.ip(node, "link set e0 master br0");
    namespaces.ip(node, "link set br0 up");
    namespaces.ip(node, "addr add 192.0.2.1/24 dev br0");
    namespaces.ip(node, "addr add 2001:db8::1/64 dev br0 nodad");
    namespaces.ip(client, "addr add 192.0.2.2/24 dev c0");
    namespaces.ip(client, "addr add 2001:db8::2/64 dev c0 nodad");
    namespaces.must(
        node, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
    for (String kind : List.of("iptables", "ip6tables")) {
      namespaces.must(
          node,
          "sysctl",
          "-q",
          "-w",
          "net.bridge.bridge-nf-call-" + kind + "=" + (filtered ? 1 : 0));
    }
    namespaces.must(node, "nft", "add table inet proxy");
    namespaces.must(
        node, "nft", "add chain inet proxy prerouting { type nat hook prerouting priority -100; }");
    for (String daddr : List.of("ip daddr " + VIP4, "ip6 daddr " + VIP6)) {
      namespaces.must(
          node, "nft", "add rule inet proxy prerouting " + daddr + " tcp dport 80 redirect to :80");
    }
    namespaces.start(node, Greeter.class, "-Dport=80", "-Dname=node").await("listening");
  }

  private String connect(String vip, int port) {
    return namespaces
        .run(client, "timeout", "3", "bash", "-c", "cat < /dev/tcp/" + vip + "/" + port)
        .output();
  }

  /// As a client does that checks an entry: no frame to a group, but to the node's MAC.
  private void askedByItsMacItAnswers() {
    Child station = namespaces.start(client, Station.class, "-Dinterface=c0");
    station.await("listening");
    Inet6Address target = (Inet6Address) ip(VIP6);
    Inet6Address asker = (Inet6Address) ip("2001:db8::a:1");
    Frame question =
        new Frame.Solicitation(
            new EthernetHeader(NODE, CLIENT, EthernetHeader.IPV6),
            asker,
            target,
            255,
            new NeighborSolicitation(target, null));
    until(() -> {
      send(station, question);
      return station.unread().stream()
          .flatMap(line -> frame(line).stream())
          .anyMatch(found ->
              found instanceof Frame.Advertisement sent
                  && sent.destination().equals(asker)
                  && NODE.equals(sent.message().targetMac()));
    });
  }
}
