package dev.thresher.vip.majority;

import dev.thresher.vip.election.NodeLinks;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// One way from this node to another: over a network that both are in, or however the system finds
/// from a node address to a node address.
///
/// @param here this node's address, on which it listens too
/// @param there where the other listens
/// @param network both are in it, as [Prefix#network()] names it; empty: none that is known
record Lane(InetAddress here, InetSocketAddress there, String network) {

  /// All ways to one node.
  ///
  /// Networks in which two nodes have one and the same address are none: bridges of containers and
  /// of machines are set up alike on every node, and lead nowhere.
  ///
  /// @param own where this node listens, its node addresses
  /// @param links this node's networks
  /// @param theirs where the other listens
  /// @param theirLinks its networks
  static List<Lane> to(
      List<InetSocketAddress> own,
      NodeLinks links,
      List<InetSocketAddress> theirs,
      NodeLinks theirLinks) {
    Set<Lane> lanes = new LinkedHashSet<>();
    if (theirs.isEmpty()) {
      return List.of();
    }
    int port = theirs.getFirst().getPort();
    Map<String, InetAddress> there = networks(theirLinks, theirs);
    networks(links, own)
        .forEach((network, here) -> {
          InetAddress other = there.get(network);
          if (other != null && !other.equals(here)) {
            lanes.add(new Lane(here, new InetSocketAddress(other, port), network));
          }
        });
    Set<InetAddress> reached = new HashSet<>();
    lanes.forEach(lane -> reached.add(lane.there().getAddress()));
    for (InetSocketAddress endpoint : theirs) {
      own.stream()
          .map(InetSocketAddress::getAddress)
          .filter(here -> here.getClass().equals(endpoint.getAddress().getClass()))
          .filter(_ -> !reached.contains(endpoint.getAddress()))
          .findFirst()
          .ifPresent(here -> lanes.add(new Lane(here, endpoint, "")));
    }
    return List.copyOf(lanes);
  }

  /// Who should be heard on which network.
  static Map<String, Set<String>> networks(Map<String, List<Lane>> lanes) {
    Map<String, Set<String>> networks = new HashMap<>();
    lanes.forEach((node, ways) ->
        ways.stream()
            .filter(lane -> !lane.network().isEmpty())
            .forEach(
                lane -> networks.computeIfAbsent(lane.network(), _ -> new HashSet<>()).add(node)));
    return networks;
  }

  /// One address in each network: the one where the node listens anyway, if it is in it.
  private static Map<String, InetAddress> networks(
      NodeLinks links, List<InetSocketAddress> listening) {
    Set<InetAddress> preferred = new HashSet<>();
    listening.forEach(endpoint -> preferred.add(endpoint.getAddress()));
    Map<String, InetAddress> networks = new LinkedHashMap<>();
    links
        .links()
        .forEach(link ->
            link.subnets()
                .forEach(own ->
                    networks.merge(
                        own.network(),
                        own.address(),
                        (first, other) -> preferred.contains(other) ? other : first)));
    return networks;
  }
}
