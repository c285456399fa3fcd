package dev.thresher.vip.l2;

import static dev.thresher.vip.l2.RealNode.VIP4;
import static dev.thresher.vip.l2.RealNode.VIP6;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.thresher.vip.netns.Child;
import dev.thresher.vip.netns.Greeter;
import dev.thresher.vip.netns.Namespaces;
import dev.thresher.vip.packet.ArpPacket;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.VirtualMac;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// An address that the node itself has while it is held: a server of the node is reached at it.
@Tag("netns")
class DeviceNetnsTest {

  /// Tables without a meaning once the addresses in them have ended.
  private static final List<String> LEFT =
      List.of("table arp thresher_vip_rest", "table inet thresher_vip_rest");

  private RealNode lab;

  @BeforeEach
  void open() {
    lab = new RealNode();
    lab.namespaces.start(lab.node, Greeter.class, "-Dport=6443", "-Dname=node").await("listening");
  }

  @AfterEach
  void close() {
    if (lab != null) {
      lab.close();
    }
  }

  private Child hold(DeviceKind kind) {
    return hold(kind, "-Dvirtual.mac=false");
  }

  private Child hold(DeviceKind kind, String option) {
    Child process = lab.namespaces.start(lab.node, DeviceProcess.class, "-Ddevice=" + kind, option);
    process.await("started");
    for (String address : List.of(VIP4, VIP6)) {
      process.tell("hold " + address);
      process.await("event Answering");
    }
    return process;
  }

  @ParameterizedTest
  @EnumSource
  void aServerOfTheNodeIsReachedFromOutsideAndFromTheNodeItself(DeviceKind kind) {
    hold(kind);
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
    assertThat(reachesTheClientFrom(VIP4, "192.0.2.2")).isTrue();
    assertThat(reachesTheClientFrom(VIP6, "2001:db8::2")).isTrue();
  }

  /// A client remembers what the kernel tells it when it looks for it under the address.
  @ParameterizedTest
  @EnumSource
  void theKernelAsksByTheVirtualMac(DeviceKind kind) {
    hold(kind, "-Dvirtual.mac=true");
    for (String vip : List.of(VIP4, VIP6)) {
      assertThat(connect(lab.client, vip, 6443).output()).isEqualTo("hello from node\n");
    }
    Child client = lab.watch();
    assertThat(reachesTheClientFrom(VIP4, "192.0.2.2")).isTrue();
    client.await("a question under " + VIP4, line -> asks(line, VIP4));
    if (kind == DeviceKind.NIC) {
      // Elsewhere the kernel asks under an address of the interface's.
      client.forget();
      assertThat(reachesTheClientFrom(VIP6, "2001:db8::2")).isTrue();
      client.await("a question under " + VIP6, line -> asks(line, VIP6));
    }
  }

  private static boolean asks(String line, String vip) {
    InetAddress address = RealNode.ip(vip);
    MacAddress mac = VirtualMac.of(address);
    return RealNode.frame(line)
        .filter(frame ->
            switch (frame) {
              case Frame.Arp arp ->
                  arp.packet().operation() == ArpPacket.Operation.REQUEST
                      && arp.packet().sender().equals(address)
                      && !arp.packet().target().equals(address)
                      && arp.packet().senderMac().equals(mac)
                      && !arp.ethernet().source().equals(mac);
              case Frame.Solicitation asked ->
                  asked.source().equals(address)
                      && mac.equals(asked.message().sourceMac())
                      && !asked.ethernet().source().equals(mac);
              case Frame.Advertisement _, Frame.Echo4 _, Frame.Echo6 _ -> false;
            })
        .isPresent();
  }

  private boolean reachesTheClientFrom(String address, String client) {
    lab.namespaces.ip(lab.node, "neigh flush dev e0");
    return lab.namespaces
        .run(lab.node, "ping", "-c1", "-W3", "-I", address, client)
        .output()
        .contains("1 received");
  }

  @ParameterizedTest
  @EnumSource
  void theAddressGoesWithTheRightAndWithTheProcess(DeviceKind kind) {
    Child process = hold(kind);
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
    assertThat(lab.tables()).isSubsetOf(LEFT);
  }

  @ParameterizedTest
  @EnumSource
  void anAddressThatSomebodyRemovesIsGivenAgainAndThatIsTold(DeviceKind kind) {
    Child process = hold(kind);
    String where = where(kind);
    for (String address : List.of(VIP4, VIP6)) {
      String length = address.equals(VIP4) ? "/32" : "/128";
      RealNode.until(() -> {
        // By chance it is lent again at that very moment, and nobody misses it.
        lab.namespaces.run(lab.node, "ip", "address", "delete", address + length, "dev", where);
        return process.unread().stream()
            .anyMatch(line -> line.startsWith("notice AddressRepaired") && line.contains(address));
      });
      RealNode.until(() -> addresses(where).contains(address + length));
    }
    for (String vip : List.of(VIP4, VIP6)) {
      assertThat(connect(lab.client, vip, 6443).output()).isEqualTo("hello from node\n");
    }
    for (String vip : List.of(VIP4, VIP6)) {
      process.ask("release " + vip, "released");
    }
    assertThat(addresses()).doesNotContain(VIP4).doesNotContain(VIP6);
  }

  /// The addresses of IPv6 go with it, and the ways to those of IPv4.
  @Test
  void aDeviceThatSomebodySwitchesOffIsSwitchedOnAgain() {
    Child process = hold(DeviceKind.TUN);
    lab.namespaces.ip(lab.node, "link set thresher-cp down");
    process.await("notice AddressRepaired");
    for (String vip : List.of(VIP4, VIP6)) {
      RealNode.until(() -> connect(lab.client, vip, 6443).output().equals("hello from node\n"));
    }
  }

  @Test
  void aDeviceThatSomebodyDeletesIsMadeAgainWithItsAddresses() {
    Child process = hold(DeviceKind.TUN);
    lab.namespaces.ip(lab.node, "link delete thresher-cp");
    process.await("notice AddressRepaired");
    for (String vip : List.of(VIP4, VIP6)) {
      RealNode.until(() -> connect(lab.client, vip, 6443).output().equals("hello from node\n"));
    }
    for (String vip : List.of(VIP4, VIP6)) {
      process.ask("release " + vip, "released");
    }
    lab.namespaces.ip(lab.node, "link delete thresher-cp");
    for (String vip : List.of(VIP4, VIP6)) {
      process.ask("hold " + vip, "event Answering");
      RealNode.until(() -> connect(lab.client, vip, 6443).output().equals("hello from node\n"));
    }
    process.kill();
    RealNode.until(() -> !addresses().contains(VIP4) && !addresses().contains(VIP6));
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsLeftOfAProcessThatEndsInOrder(DeviceKind kind) {
    Child process = hold(kind);
    process.end();
    assertThat(addresses()).doesNotContain(VIP4).doesNotContain(VIP6);
    assertThat(lab.tables()).isEmpty();
  }

  /// The kernel has the address for some seconds yet, and another node may answer for it.
  @ParameterizedTest
  @EnumSource(names = {"NIC", "LO"})
  void theKernelIsSilentAboutWhatAKilledProcessLeft(DeviceKind kind) {
    Child process = hold(kind);
    process.kill();
    assertThat(addresses()).as("just killed").contains(VIP4).contains(VIP6);
    assertSilent();
  }

  /// The next one holds nothing yet, and knows no address.
  @ParameterizedTest
  @EnumSource(names = {"NIC", "LO"})
  void theNextProcessKeepsTheKernelSilentAboutIt(DeviceKind kind) {
    hold(kind).kill();
    // For as long as this takes.
    for (String address : List.of(VIP4 + "/32", VIP6 + "/128")) {
      lab.namespaces.ip(
          lab.node,
          "addr change " + address + " dev " + where(kind) + " valid_lft 60 preferred_lft 0");
    }
    Child next = lab.namespaces.start(lab.node, DeviceProcess.class, "-Ddevice=" + kind);
    next.await("started");
    assertSilent();
    next.end();
    assertSilent();
    assertThat(addresses()).as("or this says nothing").contains(VIP4).contains(VIP6);
    assertThat(lab.namespaces.must(lab.node, "nft", "list", "ruleset"))
        .as("the rules are there once")
        .containsOnlyOnce("arp saddr ip @rest4");
  }

  private void assertSilent() {
    lab.namespaces.run(lab.client, "ip", "neigh", "flush", "dev", "c0");
    lab.namespaces.run(
        lab.client,
        "bash",
        "-c",
        "ping -c3 -i0.3 -W1 " + VIP4 + " & ping -c3 -i0.3 -W1 " + VIP6 + " & wait");
    assertThat(lab.namespaces.must(lab.client, "ip", "neigh", "show", "to", VIP4))
        .doesNotContain("lladdr");
    assertThat(lab.namespaces.must(lab.client, "ip", "neigh", "show", "to", VIP6))
        .doesNotContain("lladdr");
  }

  private static String where(DeviceKind kind) {
    return switch (kind) {
      case TUN -> "thresher-cp";
      case NIC -> "e0";
      case LO -> "lo";
    };
  }

  /// Under the address of another the kernel must not even ask.
  @ParameterizedTest
  @EnumSource(names = {"NIC", "LO"})
  void theKernelDoesNotAskUnderWhatAKilledProcessLeft(DeviceKind kind) {
    Child process = hold(kind);
    process.kill();
    assertThat(addresses()).as("just killed").contains(VIP4);
    Child client = lab.watch();
    client.forget();
    lab.namespaces.ip(lab.node, "neigh flush dev e0");
    lab.namespaces.run(lab.node, "ping", "-c1", "-W1", "-I", VIP4, "192.0.2.2");
    assertThat(
            client.unread().stream()
                .flatMap(line -> RealNode.frame(line).stream())
                .filter(frame -> frame.toString().contains(VIP4)))
        .isEmpty();
  }

  /// Another node may have the address by then, and whoever hears a question notes who asks.
  @ParameterizedTest
  @EnumSource
  void theKernelOfAStoppedHolderDoesNotAskUnderTheAddressAfterTheLease(DeviceKind kind) {
    Child process = hold(kind, "-Dleased=true");
    Child client = lab.watch();
    process.ask("lease 60000", "leased");
    assertThat(lab.asksUnder(client, VIP4, "192.0.2.2")).isTrue();
    if (kind == DeviceKind.NIC) {
      // Elsewhere the kernel asks under an address of the interface's.
      assertThat(lab.asksUnder(client, VIP6, "2001:db8::2")).isTrue();
    }
    process.ask("lease 200", "leased");
    process.stop();
    assertThat(addresses()).contains(VIP4).contains(VIP6);
    RealNode.until(() -> !armed());
    assertThat(lab.asksUnder(client, VIP4, "192.0.2.2")).isFalse();
    assertThat(lab.asksUnder(client, VIP6, "2001:db8::2")).isFalse();
    process.goOn();
  }

  /// Whether the slot of the second round runs. Its number is shown octet by octet.
  private boolean armed() {
    String slots =
        lab.namespaces.must(lab.node, "nft", "list", "set", "netdev", "thresher_vip", "armed");
    return slots.contains("0x02000000");
  }

  @ParameterizedTest
  @EnumSource(names = {"NIC", "LO"})
  void whatSomebodyElsePutThereIsLeftAlone(DeviceKind kind) {
    String interfaceName = kind == DeviceKind.LO ? "lo" : "e0";
    lab.namespaces.ip(lab.node, "addr add " + VIP4 + "/32 dev " + interfaceName);
    Child process = lab.namespaces.start(lab.node, DeviceProcess.class, "-Ddevice=" + kind);
    process.await("started");
    process.tell("hold " + VIP4);
    assertThat(process.await("outcome")).contains("somebody else");
    process.end();
    assertThat(addresses()).contains(VIP4 + "/32");
  }

  @Test
  void theBestThatWorksIsTakenAndTheReasonSaid() {
    Child process = lab.namespaces.start(lab.node, DeviceProcess.class, "-Ddevice=AUTO");
    process.await("started");
    process.tell("hold " + VIP4);
    process.await("event Answering");
    assertThat(addresses("thresher-cp")).contains(VIP4);
    process.end();

    process = withoutTun("AUTO");
    process.await("started");
    process.tell("hold " + VIP4);
    process.await("event Answering");
    assertThat(addresses("lo")).contains(VIP4);
    process.end();

    Child refused = withoutTun("TUN");
    assertThat(catchThrowable(() -> refused.await("started")).getMessage())
        .contains("/dev/net/tun")
        .contains("let vip_device be lo");
  }

  /// As in a pod without the device. Mounts of a program in a namespace are its own.
  private Child withoutTun(String device) {
    return lab.namespaces.startAfter(
        "mount -t tmpfs none /dev/net", lab.node, DeviceProcess.class, "-Ddevice=" + device);
  }

  @ParameterizedTest
  @EnumSource
  void anotherOneOnTheNodeDoesNotStart(DeviceKind kind) {
    hold(kind);
    Child second = lab.namespaces.start(lab.node, DeviceProcess.class, "-Ddevice=" + kind);
    assertThat(catchThrowable(() -> second.await("started")).getMessage())
        .contains("another vip-manager runs on this node");
    assertThat(connect(lab.client, VIP4, 6443).output()).isEqualTo("hello from node\n");
  }

  private String addresses() {
    return lab.namespaces.must(lab.node, "ip", "address", "show");
  }

  private String addresses(String interfaceName) {
    return lab.namespaces.must(lab.node, "ip", "address", "show", "dev", interfaceName);
  }

  private Namespaces.Result connect(String from, String address, int port) {
    return lab.namespaces.run(
        from, "timeout", "10", "bash", "-c", "cat < /dev/tcp/" + address + "/" + port);
  }
}
