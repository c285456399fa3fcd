package dev.thresher.vip.l2;

import dev.thresher.vip.linux.InterfaceAddress;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.Route;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Which interface an address is answered on: a pure function of the node's network and the rules.
public final class InterfaceSelection {

  /// By subnet, else where the default route points.
  public static final List<InterfaceRule> AUTOMATIC =
      List.of(new InterfaceRule.Subnet(), new InterfaceRule.DefaultRoute());

  private InterfaceSelection() {}

  /// The rules that follow from a wish.
  public static List<InterfaceRule> rules(InterfaceNames names) {
    if (names.isEmpty()) {
      return AUTOMATIC;
    }
    return List.of(
        names
            .single()
            .<InterfaceRule>map(InterfaceRule.Named::new)
            .orElseGet(() -> new InterfaceRule.Listed(names)));
  }

  /// The choice of the first rule that finds an Ethernet interface.
  public static InterfaceChoice choose(
      LinuxNetwork network, InetAddress address, List<InterfaceRule> rules) {
    List<String> reasons = new ArrayList<>();
    for (InterfaceRule rule : rules) {
      Optional<Link> found =
          switch (rule) {
            case InterfaceRule.Named(String name) -> network.link(name);
            case InterfaceRule.Listed(var names) -> listed(network, address, names);
            case InterfaceRule.Subnet() -> bySubnet(network, address);
            case InterfaceRule.DefaultRoute() -> byDefaultRoute(network, address);
          };
      if (found.isEmpty()) {
        reasons.add(missing(rule, address));
        continue;
      }
      Link link = network.bearer(found.get());
      if (!link.ethernet() || link.mac() == null) {
        reasons.add(
            "interface "
                + link.name()
                + " is not Ethernet: ARP and neighbour discovery cannot be answered there");
        continue;
      }
      return new InterfaceChoice.Chosen(link.name(), link.running());
    }
    return new InterfaceChoice.None(String.join("; ", reasons));
  }

  private static String missing(InterfaceRule rule, InetAddress address) {
    return switch (rule) {
      case InterfaceRule.Named(String name) -> "there is no interface " + name + " on this node";
      case InterfaceRule.Listed(var names) ->
          "there is no Ethernet interface named " + names + " on this node";
      case InterfaceRule.Subnet() ->
          "no interface has an address in the subnet of " + address.getHostAddress();
      case InterfaceRule.DefaultRoute() -> "there is no default route";
    };
  }

  private static Optional<Link> listed(
      LinuxNetwork network, InetAddress address, InterfaceNames names) {
    List<Link> named =
        network.links().stream()
            .filter(link -> names.matches(link.name()) && link.ethernet() && link.mac() != null)
            .toList();
    // The networks of a port are its master's.
    Set<Integer> bearing =
        named.stream()
            .flatMap(link -> Stream.of(link, network.bearer(link)))
            .map(Link::index)
            .collect(Collectors.toSet());
    LinuxNetwork among = network.only(link -> bearing.contains(link.index()));
    return bySubnet(among, address)
        .or(() -> byDefaultRoute(among, address))
        .or(() ->
            named.stream()
                .min(
                    Comparator.comparing((Link link) -> !link.running())
                        .thenComparingInt(link -> names.rank(link.name()).orElseThrow())
                        .thenComparingInt(Link::index)));
  }

  private static Optional<Link> bySubnet(LinuxNetwork network, InetAddress address) {
    return network.addresses().stream()
        // A host prefix is no subnet: it would match an address left behind by somebody else.
        .filter(own -> own.prefixLength() < own.address().getAddress().length * 8)
        .filter(own -> covers(own.address(), own.prefixLength(), address))
        .sorted(
            Comparator.comparingInt(InterfaceAddress::prefixLength)
                .reversed()
                .thenComparingInt(InterfaceAddress::interfaceIndex))
        .flatMap(own -> network.link(own.interfaceIndex()).stream())
        .filter(link -> link.ethernet() && link.mac() != null)
        .findFirst();
  }

  private static Optional<Link> byDefaultRoute(LinuxNetwork network, InetAddress address) {
    boolean v4 = address instanceof Inet4Address;
    return network.routes().stream()
        .filter(Route::isDefault)
        .sorted(
            Comparator.comparingInt(
                    (Route route) -> route.destination() instanceof Inet4Address == v4 ? 0 : 1)
                .thenComparingLong(route -> Integer.toUnsignedLong(route.metric()))
                .thenComparingInt(Route::interfaceIndex))
        .flatMap(route -> network.link(route.interfaceIndex()).stream())
        .findFirst();
  }

  private static boolean covers(InetAddress network, int prefixLength, InetAddress address) {
    byte[] a = network.getAddress();
    byte[] b = address.getAddress();
    if (a.length != b.length) {
      return false;
    }
    for (int bit = 0; bit < prefixLength; bit += 8) {
      int mask = (0xff << Math.max(0, 8 - (prefixLength - bit))) & 0xff;
      if (((a[bit / 8] ^ b[bit / 8]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }
}
