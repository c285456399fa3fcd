package dev.thresher.vip.l2;

import static dev.thresher.vip.l2.RealNode.VIP4;
import static dev.thresher.vip.l2.RealNode.VIP6;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netns.Child;
import dev.thresher.vip.netns.Greeter;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Connections to an address of the control plane, spread over its own node's server and two on
/// another node, which knows no way to the client.
@Tag("netns")
class BalancingNetnsTest {
  private static final String OWN = "192.0.2.1=6443 2001:db8::1=6443 ";
  private static final String ONE = "10.9.0.2=6443 2001:db8:9::2=6443 ";
  private static final String TWO = "10.9.0.2=6444 2001:db8:9::2=6444 ";

  /// So many that each of three servers gets one, but for once in ten million times.
  private static final int MANY = 40;

  private RealNode lab;
  private Child process;

  @BeforeEach
  void open() {
    lab = new RealNode();
    // Answers that do not come back by the holder get lost.
    lab.namespaces.ip(lab.server, "route del default");
    lab.namespaces.ip(lab.server, "-6 route del default");
    greet(lab.node, 6443, "own");
    greet(lab.server, 6443, "one");
    greet(lab.server, 6444, "two");
    process = lab.namespaces.start(lab.node, DeviceProcess.class);
    process.await("started");
    for (String address : List.of(VIP4, VIP6)) {
      process.tell("hold " + address);
      process.await("event Answering");
    }
  }

  @AfterEach
  void close() {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void everyServerGetsSomeFromOutsideAndFromTheNodeItself() {
    spread(OWN + ONE + TWO);
    for (String vip : List.of(VIP4, VIP6)) {
      for (String from : List.of(lab.client, lab.node)) {
        assertThat(greetings(from, vip, MANY))
            .as("%s from %s", vip, from)
            .containsExactlyInAnyOrder("own", "one", "two");
      }
    }
    assertThat(greetings(lab.client, "192.0.2.1", 5))
        .as("the node's own address is nobody's business")
        .containsExactly("own");
  }

  @Test
  void whoIsNotWellGetsNothingAndWithoutAnyTheHolderTakesAll() {
    spread(TWO);
    for (String vip : List.of(VIP4, VIP6)) {
      assertThat(greetings(lab.client, vip, 5)).containsExactly("two");
      assertThat(greetings(lab.node, vip, 5)).containsExactly("two");
    }
    spread("10.9.0.2=6443");
    assertThat(greetings(lab.client, VIP4, 5)).containsExactly("one");
    assertThat(greetings(lab.client, VIP6, 5)).as("no server of its family").containsExactly("own");
    spread("");
    assertThat(greetings(lab.client, VIP4, 5)).containsExactly("own");
    assertThat(lab.tables()).doesNotContain("table inet thresher_cp");
  }

  @Test
  void rulesGoWithTheAddressAndWithTheProcess() {
    spread(ONE);
    assertThat(lab.namespaces.must(lab.node, "nft", "list", "table", "inet", "thresher_cp"))
        .contains(VIP4)
        .contains(VIP6);
    process.tell("release " + VIP4);
    process.await("released");
    assertThat(lab.namespaces.must(lab.node, "nft", "list", "table", "inet", "thresher_cp"))
        .doesNotContain(VIP4)
        .contains(VIP6);
    process.kill();
    RealNode.until(() -> lab.tables().isEmpty());
  }

  private void greet(String namespace, int port, String name) {
    lab.namespaces
        .start(namespace, Greeter.class, "-Dport=" + port, "-Dname=" + name)
        .await("listening");
  }

  private void spread(String servers) {
    process.ask(("servers " + servers).strip(), "spread");
  }

  /// Who answered.
  private Set<String> greetings(String from, String address, int count) {
    String script =
        "for i in $(seq " + count + "); do cat < /dev/tcp/" + address + "/6443; done 2>&1";
    return lab.namespaces
        .run(from, "timeout", "25", "bash", "-c", script)
        .output()
        .lines()
        .map(line -> line.replace("hello from ", ""))
        .collect(Collectors.toSet());
  }
}
