package dev.thresher.vip.l2;

import static org.awaitility.Awaitility.await;

import dev.thresher.vip.netns.Child;
import dev.thresher.vip.netns.Namespaces;
import dev.thresher.vip.netns.Station;
import dev.thresher.vip.packet.ArpPacket;
import dev.thresher.vip.packet.Frame;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;

/// A node that runs the enforcement, a client on the same link, and a server behind the node. The
/// node is `192.0.2.1` and `2001:db8::1`, the client ends in 2; the server is `10.9.0.2` and
/// `2001:db8:9::2`.
final class RealNode implements AutoCloseable {
  static final String VIP4 = "192.0.2.77";
  static final String VIP6 = "2001:db8::77";
  static final Duration DEADLINE = Duration.ofSeconds(Child.DEADLINE_SECONDS);

  final Namespaces namespaces;
  final String node;
  final String client;
  final String server;

  RealNode() {
    namespaces = Namespaces.require("ip", "ping", "nft");
    node = namespaces.add("node");
    client = namespaces.add("client");
    server = namespaces.add("server");
    try {
      namespaces.cable(node, "e0", 1, client, "c0", 2);
      namespaces.cable(node, "e1", 0x11, server, "s0", 0x12);
      address(node, "e0", "192.0.2.1/24", "2001:db8::1/64");
      address(client, "c0", "192.0.2.2/24", "2001:db8::2/64");
      address(node, "e1", "10.9.0.1/24", "2001:db8:9::1/64");
      address(server, "s0", "10.9.0.2/24", "2001:db8:9::2/64");
      for (String inside : List.of(client, server)) {
        String via = inside.equals(client) ? "192.0.2.1" : "10.9.0.1";
        String via6 = inside.equals(client) ? "2001:db8::1" : "2001:db8:9::1";
        namespaces.ip(inside, "route add default via " + via);
        namespaces.ip(inside, "-6 route add default via " + via6);
      }
      // Like any node's: towards where foreign packets come from, so that they could loop.
      namespaces.ip(node, "route add default via 192.0.2.2");
      namespaces.ip(node, "-6 route add default via 2001:db8::2");
      namespaces.must(
          node, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
    } catch (RuntimeException | Error e) {
      namespaces.close();
      throw e;
    }
  }

  private void address(String namespace, String name, String v4, String v6) {
    namespaces.ip(namespace, "addr add " + v4 + " dev " + name);
    namespaces.ip(namespace, "addr add " + v6 + " dev " + name + " nodad");
  }

  /// Starts the enforcement on the node.
  Child enforce(String... options) {
    Child process = namespaces.start(node, EnforcementProcess.class, options);
    process.await("started");
    return process;
  }

  /// Holds both addresses on the client's link, without a probe.
  static void holdBoth(Child process) {
    for (String address : List.of(VIP4, VIP6)) {
      process.tell("hold " + address + " e0 TAKE_OVER");
      process.await("event Answering");
    }
  }

  /// Starts something that sees every frame on the client's end of the link.
  Child watch() {
    Child station = namespaces.start(client, Station.class, "-Dinterface=c0");
    station.await("listening");
    return station;
  }

  /// Has a station send a frame.
  static void send(Child station, Frame frame) {
    station.tell("send " + HexFormat.of().formatHex(frame.encode()));
  }

  /// The frame of a station's line, if it is one that matters to a holder.
  static Optional<Frame> frame(String line) {
    if (!line.startsWith("frame ")) {
      return Optional.empty();
    }
    byte[] octets = HexFormat.of().parseHex(line.substring("frame ".length()));
    return Frame.decode(octets, octets.length);
  }

  /// Whether the address answers a ping of the client's.
  boolean answersPing(String address) {
    return namespaces.run(client, "ping", "-c1", "-W2", address).status() == 0;
  }

  /// Forgets and asks again who has an address; true if somebody says so.
  ///
  /// The answer may be of this address alone: others may be answered by somebody else.
  boolean isResolved(String address) {
    namespaces.run(client, "ip", "neigh", "flush", "to", address);
    namespaces.run(client, "ping", "-c1", "-W1", address);
    String neighbor = namespaces.must(client, "ip", "neigh", "show", "to", address);
    return neighbor.contains("lladdr");
  }

  /// Has the kernel of the node look for a neighbour under an address of the node's, and says
  /// whether a station of the client's hears it ask so.
  ///
  /// @param to the client's address
  boolean asksUnder(Child station, String address, String to) {
    station.forget();
    namespaces.ip(node, "neigh flush dev e0");
    namespaces.run(node, "ping", "-c1", "-W1", "-I", address, to);
    // A question under another address comes behind it.
    namespaces.ip(node, "neigh flush dev e0");
    String other = to.contains(":") ? "2001:db8::1" : "192.0.2.1";
    namespaces.run(node, "ping", "-c1", "-W1", "-I", other, to);
    InetAddress own = ip(other);
    Set<InetAddress> askers = new HashSet<>();
    station.await(
        "a question under " + own,
        line -> {
          frame(line).flatMap(RealNode::asker).ifPresent(askers::add);
          return askers.contains(own);
        });
    return askers.contains(ip(address));
  }

  /// Under which address a frame asks, if it does.
  private static Optional<InetAddress> asker(Frame frame) {
    return switch (frame) {
      case Frame.Arp arp
          when arp.packet().operation() == ArpPacket.Operation.REQUEST
              && !arp.packet().sender().equals(arp.packet().target()) ->
          Optional.of(arp.packet().sender());
      case Frame.Solicitation asked -> Optional.of(asked.source());
      case Frame.Arp _, Frame.Advertisement _, Frame.Echo4 _, Frame.Echo6 _ -> Optional.empty();
    };
  }

  /// The names of the node's nftables tables.
  List<String> tables() {
    return Arrays.stream(namespaces.must(node, "nft", "list", "tables").split("\n"))
        .filter(line -> !line.isBlank())
        .toList();
  }

  static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  /// Waits until a condition holds.
  static void until(Callable<Boolean> condition) {
    await().atMost(DEADLINE).pollInterval(Duration.ofMillis(50)).until(condition);
  }

  @Override
  public void close() {
    namespaces.close();
  }
}
