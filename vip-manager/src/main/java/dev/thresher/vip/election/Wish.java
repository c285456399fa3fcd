package dev.thresher.vip.election;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A group of addresses that somebody should hold, and what its Services ask of the holder.
///
/// @param group the addresses
/// @param interfaces per address the interface asked for by a Service, [NodeLinks#AUTO], or empty
///   for the node's own setting; an address without an entry counts as empty
/// @param localTo one entry per Service with `externalTrafficPolicy: Local`: the nodes that have an
///   endpoint of it; of a control plane those whose API server is well
/// @param barredNodes nodes that tried and could not, with the reason
/// @param onLinkOnly addresses whose network some node has: elsewhere nobody would hear them
/// @param preferredNodes nodes that go before others that suit as well, the first one first
/// @param lacking what a node lacks that is in none of `localTo`, for people
public record Wish(
    AddressGroup group,
    Map<InetAddress, String> interfaces,
    List<Set<String>> localTo,
    Map<String, String> barredNodes,
    Set<InetAddress> onLinkOnly,
    List<String> preferredNodes,
    String lacking) {

  public static final String NO_ENDPOINT = "no endpoint there (externalTrafficPolicy: Local)";

  public Wish {
    interfaces = Map.copyOf(interfaces);
    localTo = localTo.stream().map(Set::copyOf).toList();
    barredNodes = Map.copyOf(barredNodes);
    onLinkOnly = Set.copyOf(onLinkOnly);
    preferredNodes = List.copyOf(preferredNodes);
  }

  public Wish(
      AddressGroup group,
      Map<InetAddress, String> interfaces,
      List<Set<String>> localTo,
      Map<String, String> barredNodes,
      Set<InetAddress> onLinkOnly,
      List<String> preferredNodes) {
    this(group, interfaces, localTo, barredNodes, onLinkOnly, preferredNodes, NO_ENDPOINT);
  }

  public Wish(
      AddressGroup group,
      Map<InetAddress, String> interfaces,
      List<Set<String>> localTo,
      Map<String, String> barredNodes,
      Set<InetAddress> onLinkOnly) {
    this(group, interfaces, localTo, barredNodes, onLinkOnly, List.of());
  }

  public Wish(
      AddressGroup group,
      Map<InetAddress, String> interfaces,
      List<Set<String>> localTo,
      Map<String, String> barredNodes) {
    this(group, interfaces, localTo, barredNodes, Set.of());
  }

  public Wish(AddressGroup group) {
    this(group, Map.of(), List.of(), Map.of());
  }

  String interfaceFor(InetAddress address) {
    return interfaces.getOrDefault(address, "");
  }
}
