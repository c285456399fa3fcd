package dev.thresher.vip.nodes;

import dev.thresher.vip.election.Prefix;
import java.net.InetAddress;
import java.util.Map;
import java.util.Set;

/// What the records of all nodes say about the networks that there are. Immutable.
///
/// @param byNode the networks of each node that has a record, also of one that does not run
/// @param gateways by address a node whose gateway it is
public record KnownNetworks(Map<String, Set<Prefix>> byNode, Map<InetAddress, String> gateways) {

  public static final KnownNetworks NONE = new KnownNetworks(Map.of(), Map.of());

  public KnownNetworks {
    byNode = Map.copyOf(byNode);
    gateways = Map.copyOf(gateways);
  }

  /// True if the node is known to have the network of an address.
  public boolean has(String node, InetAddress address) {
    return byNode.getOrDefault(node, Set.of()).stream().anyMatch(own -> own.covers(address));
  }

  /// True if any node is known to have it.
  public boolean anyHas(InetAddress address) {
    return byNode.keySet().stream().anyMatch(node -> has(node, address));
  }
}
