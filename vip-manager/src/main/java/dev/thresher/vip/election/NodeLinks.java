package dev.thresher.vip.election;

import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.Route;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The interfaces on which a node can hold addresses now: what it tells the others about its
/// network, so that each can compute who suits an address.
///
/// @param configured the interfaces on which addresses of this node may be held, comma separated;
///   of a single name, it is the one for all addresses; empty: found by address
/// @param links interfaces that can carry frames, those that are not configured too: a Service may
///   name one
/// @param controlPlane whether an API server runs there and is well
/// @param draining whether it should hold only what no other node can
/// @param unheard networks on which the other nodes do not hear this one, with the reason; not told
///   by the node but counted by each
/// @param served what this node tells of the control plane's addresses; of other nodes
///   [ServedAddresses#UNKNOWN], [LeaseText#controlPlane] reads it
/// @param serves for what it holds addresses
public record NodeLinks(
    String configured,
    List<NodeLink> links,
    boolean controlPlane,
    boolean draining,
    Map<String, String> unheard,
    ServedAddresses served,
    Serves serves) {

  /// What a Service asks for in place of an interface name to have it found by address.
  public static final String AUTO = "auto";

  /// A node without any usable interface.
  public static final NodeLinks NONE = new NodeLinks("", List.of());

  public NodeLinks {
    links = List.copyOf(links);
    unheard = Map.copyOf(unheard);
  }

  /// As a node says it.
  public NodeLinks(
      String configured, List<NodeLink> links, boolean controlPlane, boolean draining) {
    this(configured, links, controlPlane, draining, Map.of(), ServedAddresses.UNKNOWN, Serves.ALL);
  }

  /// Of a node without an API server, and without anything special.
  public NodeLinks(String configured, List<NodeLink> links) {
    this(configured, links, false, false);
  }

  /// The same network with or without an API server that is well.
  public NodeLinks withControlPlane(boolean well) {
    return new NodeLinks(configured, links, well, draining, unheard, served, serves);
  }

  /// The same network of a node that is being drained or not.
  public NodeLinks withDraining(boolean now) {
    return new NodeLinks(configured, links, controlPlane, now, unheard, served, serves);
  }

  /// This network, and all else as the other nodes can know it: an address that leaves for such a
  /// reason leaves for a node that knows the reason, or would be taken by nobody.
  public NodeLinks knownAs(NodeLinks told) {
    return new NodeLinks(
        configured, links, told.controlPlane, told.draining, unheard, served, serves);
  }

  /// The same, not heard on these networks.
  public NodeLinks unheardOn(Map<String, String> networks) {
    return new NodeLinks(configured, links, controlPlane, draining, networks, served, serves);
  }

  /// The same of a node that tells this of the control plane.
  public NodeLinks withServed(ServedAddresses told) {
    return new NodeLinks(configured, links, controlPlane, draining, unheard, told, serves);
  }

  /// The same of a node that holds addresses for this.
  public NodeLinks withServes(Serves now) {
    return new NodeLinks(configured, links, controlPlane, draining, unheard, served, now);
  }

  /// One interface.
  ///
  /// @param subnets the node's own addresses there with their subnets
  /// @param defaultV4 whether the default route for IPv4 leaves by it
  /// @param defaultV6 whether the default route for IPv6 leaves by it
  /// @param bearer the interface by which the node speaks that comes in there: of a port that of
  ///   its bridge or bond, else its own name
  public record NodeLink(
      String name, List<Prefix> subnets, boolean defaultV4, boolean defaultV6, String bearer) {
    public NodeLink {
      subnets = List.copyOf(subnets);
    }

    /// One that is no port.
    public NodeLink(String name, List<Prefix> subnets, boolean defaultV4, boolean defaultV6) {
      this(name, subnets, defaultV4, defaultV6, name);
    }

    /// True if the node has addresses of the family there, and all of them in other networks. An
    /// interface without any says nothing about what is on its link.
    boolean saysOtherwise(InetAddress address) {
      List<Prefix> family =
          subnets.stream()
              .filter(
                  own -> own.address() instanceof Inet4Address == address instanceof Inet4Address)
              .toList();
      return !family.isEmpty() && family.stream().noneMatch(own -> own.covers(address));
    }
  }

  /// The part of the node's network that others need to know: all of it, for what a Service asks is
  /// judged by each node for all.
  ///
  /// @param configured interfaces on which addresses that name none may be held; none: found by
  ///   address
  public static NodeLinks of(LinuxNetwork network, InterfaceNames configured) {
    List<NodeLink> links = new ArrayList<>();
    for (Link link : network.links()) {
      if (!link.ethernet() || link.mac() == null || !link.running()) {
        continue;
      }
      List<Prefix> subnets = subnets(network, link);
      boolean v4 = hasDefault(network, link, true);
      boolean v6 = hasDefault(network, link, false);
      // Bridges of the pod network and the like suit nothing unless somebody names them.
      links.add(new NodeLink(link.name(), subnets, v4, v6, network.bearer(link).name()));
    }
    return new NodeLinks(configured.toString(), links);
  }

  /// The node's own addresses on an interface with their subnets, those that say something about
  /// its link.
  public static List<Prefix> subnets(LinuxNetwork network, Link link) {
    return network.addresses().stream()
        .filter(own -> own.interfaceIndex() == link.index())
        .filter(own -> !own.address().isLinkLocalAddress())
        .map(own -> new Prefix(own.address(), own.prefixLength()))
        .filter(own -> !own.isHost())
        .toList();
  }

  /// The interfaces among which one is looked for, in the order in which the node names them: in
  /// place of a port its bridge or bond.
  ///
  /// @param wanted as for [#fit]
  public List<NodeLink> among(String wanted) {
    return among(names(wanted));
  }

  private List<NodeLink> among(InterfaceNames names) {
    return names.isEmpty()
        ? links
        : links.stream()
            .filter(link -> names.matches(link.name()))
            .flatMap(link -> bearer(link).stream())
            .distinct()
            .toList();
  }

  /// Empty if the bridge or bond of which it is a port cannot carry frames.
  private Optional<NodeLink> bearer(NodeLink named) {
    return links.stream().filter(link -> link.name().equals(named.bearer())).findFirst();
  }

  private InterfaceNames names(String wanted) {
    return InterfaceNames.parse(wanted.isEmpty() ? configured : wanted);
  }

  /// How well this node suits an address.
  ///
  /// @param wanted the interfaces that a Service asks for, comma separated, [#AUTO] for any, or
  ///   empty for the node's own setting
  public Fit fit(InetAddress address, String wanted) {
    InterfaceNames names = names(wanted);
    Optional<String> single = names.single();
    if (single.isPresent()) {
      return links.stream()
          .filter(link -> link.name().equals(single.get()))
          .flatMap(link -> bearer(link).stream())
          // Who names an interface for a Service knows why; a setting for all of them does not.
          .map(link ->
              heard(
                  link,
                  address,
                  wanted.isEmpty() && link.saysOtherwise(address)
                      ? Fit.DEFAULT_ROUTE
                      : Fit.ON_LINK))
          .findFirst()
          .orElse(Fit.NONE);
    }
    Fit best = Fit.NONE;
    boolean v4 = address instanceof Inet4Address;
    for (NodeLink link : among(names)) {
      Fit fit = Fit.NONE;
      if (link.subnets().stream().anyMatch(subnet -> subnet.covers(address))) {
        fit = Fit.ON_LINK;
      } else if (!names.isEmpty() || (v4 ? link.defaultV4() : link.defaultV6())) {
        fit = Fit.DEFAULT_ROUTE;
      }
      fit = heard(link, address, fit);
      best = fit.compareTo(best) > 0 ? fit : best;
    }
    return best;
  }

  /// The network of the address decides; if the link is not in it, all those that the link is in.
  private Fit heard(NodeLink link, InetAddress address, Fit fit) {
    if (fit != Fit.ON_LINK || unheard.isEmpty()) {
      return fit;
    }
    List<Prefix> own = link.subnets().stream().filter(subnet -> subnet.covers(address)).toList();
    List<Prefix> judged = own.isEmpty() ? link.subnets() : own;
    boolean deaf =
        !judged.isEmpty()
            && judged.stream().allMatch(subnet -> unheard.containsKey(subnet.network()));
    return deaf ? Fit.UNHEARD : fit;
  }

  /// For people: the interfaces with their networks.
  @Override
  public String toString() {
    String told = unheard.isEmpty() ? "" : "; not heard: " + new TreeMap<>(unheard);
    return links.isEmpty()
        ? "none"
        : links.stream()
                .map(link ->
                    link.subnets().isEmpty()
                        ? link.name()
                        : link.name()
                            + " "
                            + link.subnets().stream()
                                .map(Prefix::toString)
                                .collect(Collectors.joining(" ")))
                .collect(Collectors.joining(", "))
            + told;
  }

  private static boolean hasDefault(LinuxNetwork network, Link link, boolean v4) {
    return network.routes().stream()
        .anyMatch(route ->
            route.isDefault() && route.interfaceIndex() == link.index() && isFamily(route, v4));
  }

  private static boolean isFamily(Route route, boolean v4) {
    return route.destination() instanceof Inet4Address == v4;
  }
}
