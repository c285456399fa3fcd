package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.NodeRouting;
import dev.thresher.vip.linux.Route;
import dev.thresher.vip.linux.RoutingRule;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BinaryOperator;
import java.util.stream.IntStream;

/// How answers leave by the interface by which the request came, where the default route leads
/// elsewhere: a pure function of the node's network and of the interfaces on which addresses are
/// held.
///
/// Each such interface has a number. Connections that come in by it are marked with the number
/// ([ReturnRules]), and what answers them is routed by a table of its own, which has the routes
/// that the main table has for that interface. A destination that the table does not know is routed
/// as ever.
///
/// @param numbers by index of an interface, 1 to [#MOST]
/// @param rules from mark to table
/// @param routes in the tables
/// @param problems by name of an interface, why answers on it leave by the default route
record ReturnPlan(
    SortedMap<Integer, Integer> numbers,
    Set<RoutingRule> rules,
    Set<Route> routes,
    SortedMap<String, String> problems) {

  static final ReturnPlan NOTHING =
      new ReturnPlan(new TreeMap<>(), Set.of(), Set.of(), new TreeMap<>());

  /// The bits of packet and connection marks that carry a number: three that neither service
  /// proxies nor the usual network plug-ins use.
  static final int MASK = 0x70;

  /// As many as the bits can tell.
  static final int MOST = 7;

  /// Tables are this and the number.
  static final int TABLES = 7669_0;

  /// Before the main table (32766) and what administrators add without a number.
  static final int PRIORITY = 7669;

  private static final Comparator<Route> NEAREST =
      Comparator.comparingLong(route -> Integer.toUnsignedLong(route.metric()));

  private static final Comparator<Route> LOWEST_HOP =
      Comparator.comparing(
          route -> route.gateway() == null ? new byte[0] : route.gateway().getAddress(),
          Arrays::compareUnsigned);

  /// Where a table holds one route.
  private record Slot(InetAddress destination, int prefixLength, int metric) {
    static Slot of(Route route) {
      return new Slot(route.destination(), route.prefixLength(), route.metric());
    }
  }

  static int mark(int number) {
    return number << 4;
  }

  /// @param network with the routes and rules that are ours already: numbers in use stay
  /// @param used indexes of the interfaces on which addresses are held
  static ReturnPlan of(LinuxNetwork network, Set<Integer> used) {
    SortedMap<Integer, Integer> numbers = new TreeMap<>();
    SortedMap<String, String> problems = new TreeMap<>();
    Set<RoutingRule> rules = new HashSet<>();
    Set<Route> routes = new HashSet<>();
    Map<Integer, Integer> before = numbersOf(network);
    for (int index : new TreeSet<>(used)) {
      Optional<Link> link = network.link(index).filter(Link::running);
      if (link.isEmpty()) {
        continue;
      }
      for (boolean ipv6 : new boolean[] {false, true}) {
        List<Route> own = elsewhere(network, index, ipv6);
        if (own.isEmpty()) {
          continue;
        }
        if (own.stream().noneMatch(Route::isDefault)) {
          problems.put(
              link.get().name(),
              "no gateway is known there: give it a "
                  + (ipv6 ? "IPv6" : "IPv4")
                  + " default route with a higher metric than the other interface's");
          continue;
        }
        Optional<Integer> number = number(index, numbers, before);
        if (number.isEmpty()) {
          problems.put(
              link.get().name(), MOST + " interfaces have return paths already, as many as can");
          continue;
        }
        numbers.put(index, number.get());
        int table = TABLES + number.get();
        rules.add(new RoutingRule(ipv6, PRIORITY, mark(number.get()), MASK, table));
        own.forEach(route -> routes.add(NodeRouting.tagged(route, table)));
      }
    }
    return new ReturnPlan(numbers, Set.copyOf(rules), Set.copyOf(routes), problems);
  }

  /// The main table's routes by an interface; none if the default route leads there, or nowhere. Of
  /// several next hops to one destination, one: a table of ours has room for one, and each written
  /// would remove the other.
  private static List<Route> elsewhere(LinuxNetwork network, int index, boolean ipv6) {
    List<Route> main =
        network.routes().stream()
            .filter(route -> route.table() == Route.MAIN_TABLE)
            .filter(route -> route.destination() instanceof Inet6Address == ipv6)
            .toList();
    Optional<Route> best = main.stream().filter(Route::isDefault).min(NEAREST);
    if (best.isEmpty() || best.get().interfaceIndex() == index) {
      return List.of();
    }
    Map<Slot, Route> own = new HashMap<>();
    main.stream()
        .filter(route -> route.interfaceIndex() == index)
        .filter(route -> !route.destination().isLinkLocalAddress())
        .forEach(route -> own.merge(Slot.of(route), route, BinaryOperator.minBy(LOWEST_HOP)));
    return List.copyOf(own.values());
  }

  /// Also of an earlier process of ours: connections are marked with them.
  private static Map<Integer, Integer> numbersOf(LinuxNetwork network) {
    SortedMap<Integer, Integer> numbers = new TreeMap<>();
    for (Route route : network.routes()) {
      int number = route.table() - TABLES;
      if (NodeRouting.isTagged(route) && number >= 1 && number <= MOST) {
        numbers.putIfAbsent(route.interfaceIndex(), number);
      }
    }
    return numbers;
  }

  private static Optional<Integer> number(
      int index, Map<Integer, Integer> given, Map<Integer, Integer> before) {
    Integer already = given.getOrDefault(index, before.get(index));
    if (already != null) {
      return Optional.of(already);
    }
    Set<Integer> taken = new HashSet<>(given.values());
    taken.addAll(before.values());
    return IntStream.rangeClosed(1, MOST)
        .filter(number -> !taken.contains(number))
        .boxed()
        .findFirst();
  }
}
