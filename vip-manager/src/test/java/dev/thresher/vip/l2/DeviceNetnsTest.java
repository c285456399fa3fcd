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

/// An address that the node itself has while it is held: a server of the node is reached at it.
@Tag("netns")
class DeviceNetnsTest {

  private RealNode lab;
  private Child process;

  @BeforeEach
  void open() {
    lab = new RealNode();
    lab.namespaces.start(lab.node, Greeter.class, "-Dport=6443", "-Dname=node").await("listening");
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
  void aServerOfTheNodeIsReachedFromOutsideAndFromTheNodeItself() {
    for (String vip : List.of(VIP4, VIP6)) {
      for (String from : List.of(lab.client, lab.node)) {
        assertThat(connect(from, vip, 6443).output())
            .as("%s from %s", vip, from)
            .isEqualTo("hello from node\n");
        assertThat(connect(from, vip, 81).output()).contains("refused");
      }
      Namespaces.Result ping = lab.namespaces.run(lab.client, "ping", "-c2", "-i0.2", "-W5", vip);
      assertThat(ping.output()).contains("2 received").doesNotContain("DUP");
      assertThat(lab.namespaces.run(lab.node, "ping", "-c1", "-W5", vip).output())
          .as("the node reaches its own address")
          .contains("1 received");
    }
    // A server that answers from the address has the kernel look for the client under it.
    lab.namespaces.ip(lab.node, "neigh flush dev e0");
    assertThat(lab.namespaces.run(lab.node, "ping", "-c1", "-W5", "-I", VIP4, "192.0.2.2").output())
        .contains("1 received");
  }

  @Test
  void theAddressGoesWithTheRightAndWithTheProcess() {
    assertThat(addresses()).contains(VIP4 + "/32").contains(VIP6 + "/128");
    process.tell("release " + VIP4);
    process.await("released");
    assertThat(addresses()).doesNotContain(VIP4).contains(VIP6);
    assertThat(lab.isResolved(VIP4)).isFalse();
    process.tell("hold " + VIP4);
    process.await("event Answering");
    process.kill();
    RealNode.until(() -> !addresses().contains(VIP4) && !addresses().contains(VIP6));
    assertThat(lab.isResolved(VIP4)).as("answers after the process was killed").isFalse();
    assertThat(lab.isResolved(VIP6)).as("answers after the process was killed").isFalse();
    assertThat(lab.tables()).isEmpty();
  }

  @Test
  void anotherOneOnTheNodeDoesNotStart() {
    Child second = lab.namespaces.start(lab.node, DeviceProcess.class);
    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(() -> second.await("started"))
                .getMessage())
        .contains("another vip-manager runs on this node");
    assertThat(connect(lab.client, VIP4, 6443).output()).isEqualTo("hello from node\n");
  }

  private String addresses() {
    return lab.namespaces.must(lab.node, "ip", "address", "show");
  }

  private Namespaces.Result connect(String from, String address, int port) {
    return lab.namespaces.run(
        from, "timeout", "10", "bash", "-c", "cat < /dev/tcp/" + address + "/" + port);
  }
}
