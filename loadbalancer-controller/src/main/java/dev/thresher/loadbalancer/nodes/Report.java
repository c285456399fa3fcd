package dev.thresher.loadbalancer.nodes;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.address.IpSubnet;
import dev.thresher.loadbalancer.health.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the agent of one node says.
///
/// @param node the node's name
/// @param agent the process, another one after each start
/// @param subnets networks in which the node has an address
/// @param bridge what its bridges do, empty if that could not be read
/// @param words on back ends that it was asked to check and knows something of
public record Report(
    String node,
    String agent,
    List<IpSubnet> subnets,
    Optional<BridgeNetfilter> bridge,
    Map<Target, Word> words) {

  public Report {
    subnets = List.copyOf(subnets);
    words = Map.copyOf(words);
  }

  /// Whether frames that cross a bridge pass the rules of the IP layer
  /// (`net.bridge.bridge-nf-call-iptables` and `-ip6tables`).
  public record BridgeNetfilter(boolean iptables, boolean ip6tables) {
    public boolean of(IpFamily family) {
      return switch (family) {
        case IPV4 -> iptables;
        case IPV6 -> ip6tables;
      };
    }
  }

  /// One back end of one load balancer.
  public record Target(ObjectKey loadBalancer, IpAddress address) {}

  /// @param check digest of the check that was made, see
  ///   [dev.thresher.loadbalancer.rules.HealthRule#digest]
  /// @param verdict up or down; of what is not known yet there is no word
  public record Word(String check, Verdict verdict) {}

  /// Whether the node is on the address's network.
  public boolean isOnNetworkOf(IpAddress address) {
    return subnets.stream().anyMatch(subnet -> subnet.contains(address));
  }
}
