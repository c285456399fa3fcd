package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import java.util.Set;
import java.util.stream.Collectors;

/// The way that frames of an interface take to the link.
///
/// @param link the interface
/// @param uplinks indexes of its ports that run and may lead to switches; none unless it is a
///   bridge or a bond
/// @param moves how often the kernel said of the interface and these ports that neighbours should
///   be told anew
record Way(Link link, Set<Integer> uplinks, int moves) {

  /// Kinds of the ports by which machines and pods of the node itself are on a bridge. They come
  /// and go all the time.
  private static final Set<String> WORKLOADS = Set.of("tun", "veth");

  static Way of(LinuxNetwork network, Link link) {
    Set<Integer> uplinks =
        network.links().stream()
            .filter(port -> port.master() == link.index() && port.running())
            .filter(port -> !WORKLOADS.contains(port.kind()))
            .map(Link::index)
            .collect(Collectors.toUnmodifiableSet());
    int moves = network.moves().getOrDefault(link.index(), 0);
    for (int port : uplinks) {
      moves += network.moves().getOrDefault(port, 0);
    }
    return new Way(link, uplinks, moves);
  }

  /// True if switches may have to learn the addresses anew: the interface joined or left a bridge,
  /// got other VLANs, or its frames may leave by another port than before, also of a bond whose
  /// ports all run, or of the host on which this machine is.
  boolean differs(Way earlier) {
    return link.master() != earlier.link.master()
        || !link.vlans().equals(earlier.link.vlans())
        || !uplinks.equals(earlier.uplinks)
        || moves != earlier.moves;
  }
}
