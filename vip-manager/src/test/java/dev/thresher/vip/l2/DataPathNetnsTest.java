package dev.thresher.vip.l2;

import static dev.thresher.vip.l2.RealNode.VIP4;
import static dev.thresher.vip.l2.RealNode.VIP6;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netns.Child;
import dev.thresher.vip.netns.Greeter;
import dev.thresher.vip.netns.Namespaces;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What happens to packets for an address that is on no interface: translated they arrive, and what
/// nobody translates is refused here and goes nowhere.
@Tag("netns")
class DataPathNetnsTest {
  /// Outside of every subnet of the lab; the client's default route leads to the node.
  private static final String ROUTED4 = "198.51.100.7";

  private static final String ROUTED6 = "2001:db8:ffff::7";

  private RealNode lab;
  private Child process;

  @BeforeEach
  void open() {
    lab = new RealNode();
    process = lab.enforce();
  }

  @AfterEach
  void close() {
    if (lab != null) {
      lab.close();
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    VIP4 + ", ip, 10.9.0.2:8080",
    VIP6 + ", ip6, [2001:db8:9::2]:8080",
    ROUTED4 + ", ip, 10.9.0.2:8080",
    ROUTED6 + ", ip6, [2001:db8:9::2]:8080"
  })
  void reachesTheServerByTranslationFromOutsideAndFromTheNodeItself(
      String vip, String family, String server) {
    translate(vip, family, server);
    lab.namespaces
        .start(lab.server, Greeter.class, "-Dport=8080", "-Dname=server")
        .await("listening");
    hold(vip);
    for (String from : List.of(lab.client, lab.node)) {
      assertThat(connect(from, vip, 80).output())
          .as("from %s", from)
          .isEqualTo("hello from server\n");
    }
  }

  /// What a service proxy does: the same for packets that arrive and that are made here.
  private void translate(String vip, String family, String server) {
    lab.namespaces.must(lab.node, "nft", "add table inet proxy");
    for (String hook : List.of("prerouting", "output")) {
      lab.namespaces.must(
          lab.node,
          "nft",
          "add chain inet proxy " + hook + " { type nat hook " + hook + " priority -100; }");
      lab.namespaces.must(
          lab.node,
          "nft",
          "add rule inet proxy %s %s daddr %s tcp dport 80 dnat %s to %s"
              .formatted(hook, family, vip, family, server));
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({VIP4, VIP6, ROUTED4, ROUTED6})
  void refusesWhatNobodyTranslatesAndForwardsNothing(String vip) {
    hold(vip);
    countForwarded(vip);
    assertThat(connect(lab.client, vip, 81).output()).contains("Connection refused");
    assertThat(datagram(lab.client, vip).output())
        .as("port unreachable ends the read of a connected datagram socket")
        .contains("Connection refused");
    assertThat(connect(lab.node, vip, 81).output()).contains("refused");
    assertThat(lab.namespaces.must(lab.node, "nft", "list", "chain inet watch out"))
        .as("packets for the address that left the node by any interface")
        .contains("packets 0 bytes 0");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({VIP4, VIP6, ROUTED4, ROUTED6})
  void answersOnePingOnceAndForwardsNothing(String vip) {
    hold(vip);
    countForwarded(vip);
    Namespaces.Result ping = lab.namespaces.run(lab.client, "ping", "-c2", "-i0.2", "-W5", vip);
    assertThat(ping.output())
        .contains("2 received")
        .doesNotContain("DUP")
        .doesNotContain("Redirect")
        .doesNotContain("errors");
    assertThat(lab.namespaces.must(lab.node, "nft", "list", "chain inet watch out"))
        .contains("packets 0 bytes 0");
  }

  @Test
  void answersNoPingIfToldSo() {
    process.end();
    process = lab.enforce("-Dno.icmp=true");
    hold(VIP4);
    assertThat(lab.isResolved(VIP4)).isTrue();
    assertThat(lab.answersPing(VIP4)).isFalse();
  }

  /// Counts what leaves the node for the address, on the way to any interface.
  private void countForwarded(String vip) {
    String family = vip.contains(":") ? "ip6" : "ip";
    lab.namespaces.must(lab.node, "nft", "add table inet watch");
    lab.namespaces.must(
        lab.node, "nft", "add chain inet watch out { type filter hook postrouting priority 300; }");
    lab.namespaces.must(
        lab.node, "nft", "add rule inet watch out " + family + " daddr " + vip + " counter");
  }

  private void hold(String vip) {
    process.tell("hold " + vip + " e0 TAKE_OVER");
    process.await("event Answering");
  }

  private Namespaces.Result connect(String from, String address, int port) {
    return lab.namespaces.run(
        from, "timeout", "10", "bash", "-c", "cat < /dev/tcp/" + address + "/" + port);
  }

  private Namespaces.Result datagram(String from, String address) {
    return lab.namespaces.run(
        from,
        "timeout",
        "10",
        "bash",
        "-c",
        "exec 3<>/dev/udp/" + address + "/83; echo hello >&3; head -c1 <&3");
  }
}
