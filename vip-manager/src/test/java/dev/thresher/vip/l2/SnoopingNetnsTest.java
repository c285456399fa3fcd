package dev.thresher.vip.l2;

import static dev.thresher.vip.l2.RealNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netns.Child;
import dev.thresher.vip.netns.Namespaces;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A bridge that forwards multicast only to those who reported membership, with a querier: there a
/// solicitation arrives only if MLD reports went out.
@Tag("netns")
class SnoopingNetnsTest {
  private static final String VIP = "2001:db8::1234:77";
  private static final String GROUP = "ff02::1:ff34:77";

  private Namespaces namespaces;
  private String bridge;
  private String node;
  private String client;

  @BeforeEach
  void open() {
    namespaces = Namespaces.require("ip", "ping", "bridge");
    bridge = namespaces.add("bridge");
    node = namespaces.add("node");
    client = namespaces.add("client");
    namespaces.ip(
        bridge,
        "link add br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_mld_version 2"
            + " mcast_query_response_interval 100 mcast_startup_query_interval 100");
    namespaces.ip(bridge, "link set br0 up");
    namespaces.cable(bridge, "p1", 0x21, node, "e0", 1);
    namespaces.cable(bridge, "p2", 0x22, client, "c0", 2);
    namespaces.ip(bridge, "link set p1 master br0");
    namespaces.ip(bridge, "link set p2 master br0");
    namespaces.ip(node, "addr add 2001:db8::1/64 dev e0 nodad");
    namespaces.ip(client, "addr add 2001:db8::2/64 dev c0 nodad");
  }

  @AfterEach
  void close() {
    if (namespaces != null) {
      namespaces.close();
    }
  }

  @Test
  void reportsMembershipSoThatSolicitationsArrive() {
    Child process = namespaces.start(node, EnforcementProcess.class);
    process.await("started");
    assertThat(members()).doesNotContain(GROUP);
    process.tell("hold " + VIP + " e0 TAKE_OVER");
    process.await("event Answering");
    until(() -> members().contains(GROUP));
    until(() -> namespaces.run(client, "ping", "-c1", "-W2", VIP).status() == 0);

    // Somebody who snoops may forget when a link flaps: the membership is reported again.
    namespaces.ip(bridge, "link set p1 down");
    process.await("event LinkDown");
    until(() -> !members().contains(GROUP));
    namespaces.ip(bridge, "link set p1 up");
    process.await("event LinkUp");
    until(() -> members().contains(GROUP));

    process.tell("hold 2001:db8::ab34:77 e0 TAKE_OVER");
    process.await("event Answering");
    process.ask("release " + VIP, "released");
    assertThat(members()).as("another address shares the group").contains(GROUP);
    process.ask("release 2001:db8::ab34:77", "released");
    until(() -> !members().contains(GROUP));
  }

  /// The node's groups, as the bridge knows them.
  private String members() {
    return namespaces.must(bridge, "bridge", "mdb", "show", "dev", "br0");
  }
}
