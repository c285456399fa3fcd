package dev.thresher.vip.linux;

import dev.thresher.vip.netlink.NetlinkMessage;
import java.util.List;

/// Writes routes and rules that are ours, and removes them. Nothing of others is touched: what is
/// written carries a tag, and the kernel removes only what has it. Not thread-safe.
public final class NodeRouting implements AutoCloseable {
  private final NetlinkSocket socket;

  private NodeRouting(NetlinkSocket socket) {
    this.socket = socket;
  }

  /// @throws IllegalStateException if the kernel refuses
  public static NodeRouting open() {
    return new NodeRouting(NetlinkSocket.open(NetlinkSocket.Protocol.ROUTE, 0).orThrow());
  }

  /// The same route in a table of ours, with our tag.
  public static Route tagged(Route route, int table) {
    return new Route(
        route.destination(),
        route.prefixLength(),
        route.gateway(),
        route.interfaceIndex(),
        table,
        route.metric(),
        RoutingPolicy.TAG);
  }

  /// True if a route has our tag.
  public static boolean isTagged(Route route) {
    return route.protocol() == RoutingPolicy.TAG;
  }

  public SystemResult<Integer> add(Route route) {
    return send(RoutingPolicy.add(route));
  }

  public SystemResult<Integer> remove(Route route) {
    return send(RoutingPolicy.remove(route));
  }

  public SystemResult<Integer> add(RoutingRule rule) {
    return send(RoutingPolicy.add(rule));
  }

  public SystemResult<Integer> remove(RoutingRule rule) {
    return send(RoutingPolicy.remove(rule));
  }

  private SystemResult<Integer> send(NetlinkMessage message) {
    return socket.transact(List.of(message));
  }

  @Override
  public void close() {
    socket.close();
  }
}
