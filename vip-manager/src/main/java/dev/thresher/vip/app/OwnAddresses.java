package dev.thresher.vip.app;

import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.LinuxNetwork;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;

/// The node's own addresses as its network says, where no Node object does. Pure.
final class OwnAddresses {

  private OwnAddresses() {}

  /// Those of the interface that is named, else of those to which a default route leads, else of
  /// all that have a subnet.
  static List<InetAddress> of(LinuxNetwork network, String configured) {
    List<NodeLinks.NodeLink> links =
        NodeLinks.of(network, InterfaceNames.parse(configured)).among("");
    List<NodeLinks.NodeLink> towardsOthers =
        links.stream().filter(link -> link.defaultV4() || link.defaultV6()).toList();
    Stream<NodeLinks.NodeLink> used =
        (configured.isEmpty() && !towardsOthers.isEmpty() ? towardsOthers : links).stream();
    return used.flatMap(link -> link.subnets().stream()).map(Prefix::address).distinct().toList();
  }
}
