package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.address.IpSubnet;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/// Addresses that no machine and no pod has, for the endpoint of nobody.
///
/// Harvester's controller has `10.52.0.255` for it: the broadcast address of the first node's pod
/// network, if the cluster has Harvester's default one. Where it has another one that may be a
/// neighbour's machine. Here it is the last address of the lowest pod network that the nodes really
/// have, which comes to the same with the default.
final class Placeholders {

  /// For clusters whose nodes have no pod network in their spec, as Harvester's controller has it.
  static final IpAddress HARVESTERS = IpAddress.parse("10.52.0.255");

  private Placeholders() {}

  static Map<IpFamily, IpAddress> of(Collection<V1Node> nodes) {
    var lowest = new EnumMap<IpFamily, IpSubnet>(IpFamily.class);
    nodes.stream()
        .flatMap(Placeholders::podNetworks)
        .flatMap(text -> IpSubnet.tryParse(text).stream())
        // Smaller ones have no address to spare.
        .filter(subnet -> subnet.prefixLength() <= subnet.family().bits() - 2)
        .forEach(subnet ->
            lowest.merge(
                subnet.family(),
                subnet,
                (one, other) -> one.network().compareTo(other.network()) <= 0 ? one : other));
    var placeholders = new EnumMap<IpFamily, IpAddress>(IpFamily.class);
    lowest.forEach((family, subnet) -> placeholders.put(family, subnet.last()));
    placeholders.putIfAbsent(IpFamily.IPV4, HARVESTERS);
    return Map.copyOf(placeholders);
  }

  private static Stream<String> podNetworks(V1Node node) {
    if (node.getSpec() == null) {
      return Stream.of();
    }
    List<String> all = Objects.requireNonNullElse(node.getSpec().getPodCIDRs(), List.of());
    return all.isEmpty() ? Stream.ofNullable(node.getSpec().getPodCIDR()) : all.stream();
  }
}
