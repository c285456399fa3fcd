package dev.thresher.vip.mesh;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/// Where a mesh listens: one socket per address, each bound exclusively.
///
/// None is closed before the end of all, also if the address is no longer wanted: that a connection
/// to it is refused is proof of death. [#listen] and [#close] are one thread's at a time, the rest
/// is anybody's.
final class Listeners {

  private final int port;
  private final Map<InetAddress, ServerSocketChannel> bound = new LinkedHashMap<>();

  /// What was tried last.
  ///
  /// @param refused addresses that are not on this node, or not yet, with what the kernel says
  /// @param taken addresses on which listening failed otherwise, as it does if somebody else does
  private record Outcome(
      List<InetAddress> wanted,
      List<InetSocketAddress> endpoints,
      Map<String, String> refused,
      Map<String, String> taken) {}

  private volatile Outcome last = new Outcome(List.of(), List.of(), Map.of(), Map.of());

  /// @param port 0 for any
  Listeners(int port) {
    this.port = port;
  }

  /// Listens on all of these addresses that it can, those before as well.
  ///
  /// @return whether [#endpoints] are others now
  boolean listen(List<InetAddress> wanted, Selector selector) {
    Outcome before = last;
    Map<String, String> refused = new TreeMap<>();
    Map<String, String> taken = new TreeMap<>();
    Map<InetAddress, InetSocketAddress> at = new HashMap<>();
    for (InetAddress address : wanted) {
      try {
        at.put(address, bind(address, selector));
      } catch (IOException e) {
        String why = String.valueOf(e.getMessage());
        (isAbsent(why) ? refused : taken).put(address.getHostAddress(), why);
      }
    }
    List<InetSocketAddress> now =
        wanted.stream().map(at::get).filter(Objects::nonNull).distinct().toList();
    List<InetSocketAddress> endpoints = now.isEmpty() ? before.endpoints() : now;
    last = new Outcome(List.copyOf(wanted), endpoints, refused, taken);
    return !endpoints.equals(before.endpoints());
  }

  private InetSocketAddress bind(InetAddress address, Selector selector) throws IOException {
    ServerSocketChannel server = bound.get(address);
    if (server == null) {
      server = ServerSocketChannel.open();
      try {
        server.bind(new InetSocketAddress(address, port));
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
      } catch (IOException e) {
        server.close();
        throw e;
      }
      bound.put(address, server);
    }
    return (InetSocketAddress) server.getLocalAddress();
  }

  /// Whether there is nothing to do for these.
  boolean areOn(List<InetAddress> wanted) {
    Outcome now = last;
    return now.wanted().equals(wanted) && now.refused().isEmpty() && now.taken().isEmpty();
  }

  /// Where others find this node: on the addresses wanted last, or if there is none of them, where
  /// they found it before.
  List<InetSocketAddress> endpoints() {
    return last.endpoints();
  }

  /// What is wrong with the port, for people; empty if it is free on all addresses.
  Optional<String> taken() {
    return last.taken().entrySet().stream()
        .map(entry ->
            "mesh cannot listen on "
                + entry.getKey()
                + " port "
                + port
                + ": "
                + entry.getValue()
                + ". Is another vip-manager running on this node? The port is set by --mesh-port")
        .findFirst();
  }

  /// Why the other nodes cannot find this one, or somebody else instead of it; for people.
  Optional<String> problem() {
    Outcome now = last;
    if (!now.endpoints().isEmpty()) {
      return taken();
    }
    return Optional.of(
        "this node listens to no other yet: "
            + (now.refused().isEmpty()
                ? "no address of it is known"
                : "its addresses are not on it: " + now.refused()));
  }

  void close() {
    for (ServerSocketChannel server : bound.values()) {
      try {
        server.close();
      } catch (IOException e) {
        TcpMesh.LOG.atDebug().setCause(e).log("closing the mesh's listener failed");
      }
    }
  }

  /// Also said of an address of IPv6 that is still looked for among the neighbours.
  private static boolean isAbsent(String why) {
    return why.contains("Cannot assign requested address");
  }
}
