package dev.thresher.vip.app;

import dev.thresher.vip.linux.InterfaceAddress;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.nodes.InterfaceSettings;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// The addresses at which the other nodes find one of the control plane, on which the Node object
/// may be there only once an address is that this program holds. Pure.
///
/// @param names the interfaces of the control plane; none: nobody said
/// @param virtual addresses that are no node's own, wherever they are
record OwnAddresses(InterfaceNames names, Set<InetAddress> virtual) {

  /// @param internal the InternalIPs of the Node object; none if it is not known
  /// @return those of them that are on this node; else those of the named interfaces, else of those
  ///   to which a default route leads, else of all but those of containers. An address that is
  ///   alone in its subnet counts where there is no other. A link without carrier keeps its
  ///   addresses, and this node with them
  List<InetAddress> of(LinuxNetwork network, List<InetAddress> internal) {
    List<InetAddress> said =
        internal.stream()
            .filter(address -> network.ownerOf(address).isPresent())
            .filter(address -> !virtual.contains(address))
            .toList();
    if (!said.isEmpty()) {
      return said;
    }
    List<Link> all =
        network.links().stream()
            .filter(link ->
                names.names(link.name())
                    || !InterfaceSettings.CONTAINER_DEVICES.matches(link.name()))
            .toList();
    List<Link> named =
        all.stream()
            .filter(link -> names.matches(link.name()))
            .sorted(Comparator.comparingInt(link -> names.rank(link.name()).orElseThrow()))
            .map(network::bearer)
            .distinct()
            .toList();
    List<Link> towardsOthers = all.stream().filter(link -> hasDefault(network, link)).toList();
    return Stream.of(named, towardsOthers, all)
        .flatMap(links ->
            Stream.of(
                addresses(network, links, own -> !own.isHost()),
                addresses(network, links, InterfaceAddress::isHost)))
        .filter(found -> !found.isEmpty())
        .findFirst()
        .orElse(List.of());
  }

  private List<InetAddress> addresses(
      LinuxNetwork network, List<Link> links, Predicate<InterfaceAddress> wanted) {
    return links.stream()
        .flatMap(link ->
            network.addresses().stream().filter(own -> own.interfaceIndex() == link.index()))
        .filter(wanted)
        .filter(own -> !own.isLent())
        .map(InterfaceAddress::address)
        .filter(address -> !address.isLinkLocalAddress() && !address.isLoopbackAddress())
        .filter(address -> !virtual.contains(address))
        .distinct()
        .toList();
  }

  private static boolean hasDefault(LinuxNetwork network, Link link) {
    return network.routes().stream()
        .anyMatch(route -> route.isDefault() && route.interfaceIndex() == link.index());
  }
}
