package dev.thresher.loadbalancer.nodes;

import dev.thresher.api.address.IpAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;

/// Which node checks a back end: one, so that a machine is not asked by every node of the host.
///
/// Nodes with an address in the back end's network go before all others; without any, every node
/// may reach it over a router. Among those that may, whoever does it already stays, so that the
/// word does not change hands for nothing; else the choice is spread by a hash, and moves only with
/// the node.
public final class AgentChoice {

  private AgentChoice() {}

  /// @param agents those whose word counts
  /// @param before the node that checks it now, empty for none
  /// @return the name of the node, empty if there is no agent
  public static Optional<String> choose(
      IpAddress address, Collection<Report> agents, String before) {
    List<Report> near = agents.stream().filter(agent -> agent.isOnNetworkOf(address)).toList();
    List<String> candidates =
        (near.isEmpty() ? agents : near).stream().map(Report::node).sorted().toList();
    return candidates.contains(before)
        ? Optional.of(before)
        : candidates.stream().max(Comparator.comparingLong(node -> hash(address, node)));
  }

  private static long hash(IpAddress address, String node) {
    var crc = new CRC32();
    crc.update((address + " " + node).getBytes(StandardCharsets.UTF_8));
    return crc.getValue();
  }
}
