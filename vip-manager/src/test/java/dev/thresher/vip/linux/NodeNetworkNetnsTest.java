package dev.thresher.vip.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netns.Child;
import dev.thresher.vip.netns.Namespaces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("netns")
class NodeNetworkNetnsTest {
  private Namespaces namespaces;
  private String node;
  private String peer;

  @BeforeEach
  void open() {
    namespaces = Namespaces.require("ip");
    node = namespaces.add("node");
    peer = namespaces.add("peer");
    namespaces.cable(node, "e0", 1, peer, "p0", 2);
    namespaces.ip(node, "addr add 192.0.2.1/24 dev e0");
  }

  @AfterEach
  void close() {
    if (namespaces != null) {
      namespaces.close();
    }
  }

  @Test
  void followsLinksAddressesAndRoutes() {
    namespaces.ip(node, "neigh add 192.0.2.9 lladdr 02:00:00:00:00:99 dev e0");
    Child watcher = namespaces.start(node, NetworkProcess.class);
    assertThat(watcher.await("network")).contains("name=e0").contains("/192.0.2.1");
    assertThat(watcher.await("neighbors")).contains("address=/192.0.2.9, mac=02:00:00:00:00:99");
    namespaces.ip(node, "addr add 2001:db8::1/64 dev e0 nodad");
    awaitNetwork(watcher, "2001:db8:0:0:0:0:0:1");
    namespaces.ip(node, "route add default via 192.0.2.254");
    awaitNetwork(watcher, "gateway=/192.0.2.254");
    namespaces.ip(peer, "link set p0 down");
    watcher.await(
        "no carrier",
        line ->
            line.matches("network.*name=e0, mac=[^,]*, ethernet=true, up=true, carrier=false.*"));
    namespaces.ip(node, "link set e0 down");
    watcher.await(
        "a route that went without a word",
        line -> line.startsWith("network") && !line.contains("gateway=/192.0.2.254"));
    namespaces.ip(node, "link delete e0");
    watcher.await(
        "no more link and no more addresses",
        line ->
            line.startsWith("network") && !line.contains("name=e0") && !line.contains("192.0.2.1"));
    watcher.end();
  }

  /// Else nobody could mend what somebody undid at once.
  @Test
  void tellsAlsoWhatCameAndWentBeforeItLooked() {
    Child watcher = namespaces.start(node, NetworkProcess.class);
    watcher.await("neighbors");
    for (String what : List.of("route %s 198.51.100.0/24 dev e0", "addr %s 192.0.2.2/24 dev e0")) {
      watcher.stop();
      namespaces.ip(node, what.formatted("add"));
      namespaces.ip(node, what.formatted("del"));
      watcher.goOn();
      assertThat(watcher.await("network"))
          .contains("192.0.2.1")
          .doesNotContain("198.51.100.0")
          .doesNotContain("192.0.2.2");
    }
    watcher.end();
  }

  @Test
  void followsABridgeAndItsPort() {
    namespaces.ip(node, "link add br0 type bridge");
    Child watcher = namespaces.start(node, NetworkProcess.class);
    watcher.await("network");
    namespaces.ip(node, "link set e0 master br0");
    awaitNetwork(watcher, "kind=veth, promiscuous=true");
    namespaces.ip(node, "link set e0 nomaster");
    awaitNetwork(watcher, "kind=veth, promiscuous=false");
    watcher.end();
  }

  @Test
  void followsTheVlansOfABridge() {
    Namespaces.Result made =
        namespaces.run(
            node,
            "ip",
            "link",
            "add",
            "br0",
            "type",
            "bridge",
            "vlan_filtering",
            "1",
            "vlan_default_pvid",
            "0");
    Assumptions.assumeTrue(
        made.status() == 0, "SKIPPED, the kernel's bridges cannot filter VLANs: " + made.output());
    namespaces.ip(node, "link set e0 master br0");
    Child watcher = namespaces.start(node, NetworkProcess.class);
    awaitNetwork(watcher, "filtering=true");
    namespaces.must(node, "bridge", "vlan", "add", "vid", "100-102", "dev", "e0");
    awaitNetwork(watcher, "ids=[100-102]");
    namespaces.must(node, "bridge", "vlan", "del", "vid", "101", "dev", "e0");
    awaitNetwork(watcher, "ids=[100, 102]");
    namespaces.ip(node, "link set e0 nomaster");
    watcher.await(
        "a port that left", line -> line.startsWith("network") && !line.contains("ids=[100, 102]"));
    watcher.end();
  }

  @Test
  void isCompleteAfterABurstOfChanges(@TempDir Path folder) throws IOException {
    Child watcher = namespaces.start(node, NetworkProcess.class);
    watcher.await("network");
    Path commands = folder.resolve("batch");
    Files.writeString(
        commands,
        IntStream.range(0, 4000)
            .mapToObj(i -> "addr add 10.%d.%d.1/32 dev e0\n".formatted(1 + i / 250, i % 250))
            .collect(Collectors.joining()));
    namespaces.must(node, "ip", "-batch", commands.toString());
    String last = watcher.await("all", line -> count(line, "prefixLength=32") == 4000);
    assertThat(last).contains("/10.16.249.1,").contains("/192.0.2.1,");
  }

  /// The kernel holds back events for a process that is stopped, and drops them when they are too
  /// many.
  @Test
  void isRightAgainAfterTheKernelLostEvents(@TempDir Path folder) throws IOException {
    Child watcher = namespaces.start(node, NetworkProcess.class);
    watcher.await("network");
    Path commands = folder.resolve("batch");
    Files.writeString(
        commands,
        IntStream.range(0, 20_000)
            .mapToObj(i -> "addr add 10.%d.%d.1/32 dev e0\n".formatted(1 + i / 250, i % 250))
            .collect(Collectors.joining()));
    watcher.stop();
    namespaces.must(node, "ip", "-batch", commands.toString());
    watcher.goOn();
    watcher.await(
        "all addresses, after a loss",
        // Besides those of the batch: its own, and the link-local one.
        line -> line.matches("sizes addresses=200\\d\\d overflows=[1-9]\\d*;"));
    namespaces.ip(node, "addr del 10.1.7.1/32 dev e0");
    watcher.await(
        "events are followed again",
        line -> line.startsWith("network") && !line.contains("/10.1.7.1,"));
  }

  private static int count(String text, String part) {
    return text.split(part, -1).length - 1;
  }

  private static void awaitNetwork(Child watcher, String part) {
    watcher.await(part, line -> line.startsWith("network") && line.contains(part));
  }
}
