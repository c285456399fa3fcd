package dev.thresher.vip.linux;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// An immutable picture of the network of the process's namespace.
///
/// @param links every interface, by index
/// @param addresses every address, both families
/// @param routes the unicast routes, both families, without the local table
/// @param rules of the routing policy that this program made
/// @param moves how often the kernel said of an interface, by index, that what is on it must be
///   announced again; none for those of which it never did
public record LinuxNetwork(
    List<Link> links,
    List<InterfaceAddress> addresses,
    List<Route> routes,
    List<RoutingRule> rules,
    Map<Integer, Integer> moves) {

  /// A bond that is the port of a bridge is usual; the kernel itself allows eight masters.
  private static final int DEEPEST = 8;

  /// Nothing known yet.
  public static final LinuxNetwork EMPTY = new LinuxNetwork(List.of(), List.of(), List.of());

  public LinuxNetwork {
    links = List.copyOf(links);
    addresses = List.copyOf(addresses);
    routes = List.copyOf(routes);
    rules = List.copyOf(rules);
    moves = Map.copyOf(moves);
  }

  /// One without rules.
  public LinuxNetwork(List<Link> links, List<InterfaceAddress> addresses, List<Route> routes) {
    this(links, addresses, routes, List.of(), Map.of());
  }

  /// The interface of this name.
  public Optional<Link> link(String name) {
    return links.stream().filter(link -> link.name().equals(name)).findFirst();
  }

  /// The interface of this index.
  public Optional<Link> link(int index) {
    return links.stream().filter(link -> link.index() == index).findFirst();
  }

  /// The interface by which the node itself speaks: what comes in by the port of a bridge or of a
  /// bond is its master's, also if the port became one after somebody had named it.
  public Link bearer(Link named) {
    Link link = named;
    for (int depth = 0; depth < DEEPEST; depth++) {
      Optional<Link> master = link(link.master()).filter(LinuxNetwork::takesFrames);
      if (master.isEmpty()) {
        return link;
      }
      link = master.get();
    }
    return link;
  }

  private static boolean takesFrames(Link master) {
    return master.kind().equals("bridge") || master.kind().equals("bond");
  }

  /// The part of the picture that concerns some interfaces only.
  public LinuxNetwork only(Predicate<Link> wanted) {
    List<Link> kept = links.stream().filter(wanted).toList();
    Set<Integer> indexes = kept.stream().map(Link::index).collect(Collectors.toSet());
    return new LinuxNetwork(
        kept,
        addresses.stream().filter(own -> indexes.contains(own.interfaceIndex())).toList(),
        routes.stream().filter(route -> indexes.contains(route.interfaceIndex())).toList(),
        rules,
        moves);
  }

  /// Whether an interface has this address.
  public boolean hasAt(int interfaceIndex, InetAddress address) {
    return addresses.stream()
        .anyMatch(own -> own.interfaceIndex() == interfaceIndex && own.address().equals(address));
  }

  /// Where the node itself has this address; empty if it has not.
  public Optional<Link> ownerOf(InetAddress address) {
    return addresses.stream()
        .filter(own -> own.address().equals(address))
        .findFirst()
        .flatMap(own -> link(own.interfaceIndex()));
  }
}
