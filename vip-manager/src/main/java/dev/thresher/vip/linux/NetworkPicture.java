package dev.thresher.vip.linux;

import dev.thresher.vip.netlink.NetlinkMessage;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The node's network as learned so far: lists replace, events change. No I/O, not thread-safe.
final class NetworkPicture {

  /// What has to be asked for after an event, because the event does not say it.
  enum Missing {
    /// Nothing.
    NOTHING,
    /// The routes. Route events are not applied: IPv4 routes that vanish with their interface are
    /// not announced, and a replaced route is announced without saying which it replaced.
    ROUTES,
    /// The rules of the routing policy.
    RULES
  }

  private record Key(int interfaceIndex, InetAddress address, int prefixLength) {}

  private final Map<Integer, Link> links = new TreeMap<>();
  private final Map<Key, InterfaceAddress> addresses = new LinkedHashMap<>();
  private final Map<Integer, List<Vlans.Range>> bridgeVlans = new HashMap<>();
  private final Map<Integer, Integer> moves = new HashMap<>();
  private List<Route> routes = List.of();
  private List<RoutingRule> rules = List.of();

  void replaceLinks(List<NetlinkMessage> dump) {
    Map<Integer, Link> found = new HashMap<>();
    for (NetlinkMessage message : dump) {
      RouteMessages.link(message).ifPresent(link -> found.put(link.index(), link));
    }
    links.clear();
    links.putAll(found);
  }

  void replaceBridgePorts(List<NetlinkMessage> dump) {
    bridgeVlans.clear();
    for (NetlinkMessage message : dump) {
      RouteMessages.bridgePort(message)
          .ifPresent(port -> bridgeVlans.put(port.index(), port.vlans()));
    }
  }

  void replaceAddresses(List<NetlinkMessage> dump) {
    addresses.clear();
    for (NetlinkMessage message : dump) {
      RouteMessages.address(message).ifPresent(address -> addresses.put(key(address), address));
    }
  }

  void replaceRoutes(List<NetlinkMessage> dump) {
    List<Route> found = new ArrayList<>();
    for (NetlinkMessage message : dump) {
      found.addAll(RouteMessages.route(message));
    }
    routes = List.copyOf(found);
  }

  void replaceRules(List<NetlinkMessage> dump) {
    rules = RoutingPolicy.ours(dump);
  }

  /// Applies an event. Events older than the lists may be applied again: the newest comes last.
  Missing apply(NetlinkMessage event) {
    switch (event.type()) {
      case RouteMessages.NEW_LINK -> {
        Optional<Link> link = RouteMessages.link(event);
        if (link.isEmpty()) {
          RouteMessages.bridgePort(event)
              .ifPresent(port -> bridgeVlans.put(port.index(), port.vlans()));
          return Missing.NOTHING;
        }
        if (RouteMessages.moved(event)) {
          moves.merge(link.get().index(), 1, Integer::sum);
        }
        Link before = links.put(link.get().index(), link.get());
        return before == null || before.up() != link.get().up() ? Missing.ROUTES : Missing.NOTHING;
      }
      case RouteMessages.DELETE_LINK -> {
        Optional<Link> link = RouteMessages.link(event);
        if (link.isEmpty()) {
          RouteMessages.bridgePort(event).ifPresent(port -> bridgeVlans.remove(port.index()));
          return Missing.NOTHING;
        }
        int index = link.get().index();
        links.remove(index);
        moves.remove(index);
        bridgeVlans.remove(index);
        addresses.keySet().removeIf(key -> key.interfaceIndex == index);
        return Missing.ROUTES;
      }
      case RouteMessages.NEW_ADDRESS ->
          RouteMessages.address(event).ifPresent(address -> addresses.put(key(address), address));
      case RouteMessages.DELETE_ADDRESS ->
          RouteMessages.address(event).ifPresent(address -> addresses.remove(key(address)));
      case RouteMessages.NEW_ROUTE, RouteMessages.DELETE_ROUTE -> {
        return RouteMessages.route(event).isEmpty() ? Missing.NOTHING : Missing.ROUTES;
      }
      case RoutingPolicy.NEW_RULE, RoutingPolicy.DELETE_RULE -> {
        return RoutingPolicy.rule(event).isEmpty() ? Missing.NOTHING : Missing.RULES;
      }
      default -> {
        return Missing.NOTHING;
      }
    }
    return Missing.NOTHING;
  }

  LinuxNetwork snapshot() {
    return new LinuxNetwork(
        links.values().stream().map(this::withVlans).toList(),
        addresses.values().stream()
            .sorted(Comparator.comparingInt(InterfaceAddress::interfaceIndex))
            .toList(),
        routes,
        rules,
        moves);
  }

  private Link withVlans(Link link) {
    List<Vlans.Range> ids = bridgeVlans.get(link.index());
    return ids == null || ids.isEmpty() ? link : link.withVlanIds(ids);
  }

  private static Key key(InterfaceAddress address) {
    return new Key(address.interfaceIndex(), address.address(), address.prefixLength());
  }
}
