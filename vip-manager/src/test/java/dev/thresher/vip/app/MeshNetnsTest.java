package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netns.Child;
import dev.thresher.vip.netns.Namespaces;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A rack has power again, and the node is up before the switch is.
@Tag("netns")
class MeshNetnsTest {
  private Namespaces namespaces;
  private String node;
  private String other;

  @BeforeEach
  void open() {
    namespaces = Namespaces.require("ip", "ss");
    node = namespaces.add("node");
    other = namespaces.add("other");
  }

  @AfterEach
  void close() {
    if (namespaces != null) {
      namespaces.close();
    }
  }

  @Test
  void listensOnceTheLinkIsThereAndOnWhatComesLater() {
    Child process = namespaces.start(node, MeshProcess.class);
    process.await("begins");
    namespaces.cable(node, "e1", 1, other, "p1", 2);
    namespaces.ip(node, "addr add 192.0.2.1/24 dev e1");
    assertThat(process.await("listens")).as("better than nowhere").contains("[/192.0.2.1:10263]");
    namespaces.cable(node, "e0", 3, other, "p0", 4);
    namespaces.ip(node, "addr add 198.51.100.1/24 dev e0");
    assertThat(process.await("moved")).contains("[/198.51.100.1:10263]");
    // Without "nodad": the kernel refuses it until it has looked for it among the neighbours.
    namespaces.ip(node, "addr add 2001:db8::1/64 dev e0");
    assertThat(process.await("moved"))
        .contains("[/198.51.100.1:10263, /[2001:db8:0:0:0:0:0:1]:10263]");
    assertThat(namespaces.must(node, "ss", "-ltnH"))
        .contains("192.0.2.1]:10263", "198.51.100.1]:10263", "[2001:db8::1]:10263");
    process.end();
  }
}
