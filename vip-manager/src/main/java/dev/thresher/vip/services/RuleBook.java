package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpRange;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.Route;
import dev.thresher.vip.nodes.KnownNetworks;
import io.kubernetes.client.openapi.models.V1Endpoint;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// Collects what belongs to somebody from everything that is known: pure. What is put in later goes
/// before what was put in earlier, so the plainest name comes last.
public final class RuleBook {

  private final Map<InetAddress, String> taken = new HashMap<>();
  private final Map<InetAddress, SortedMap<ObjectKey, String>> others = new HashMap<>();
  private final Map<Prefix, String> ranges = new HashMap<>();
  private final Set<Prefix> subnets = new HashSet<>();
  private List<IpRange> pools = List.of();

  /// The gateways of this node and of those that have a record.
  RuleBook gateways(LinuxNetwork network, KnownNetworks known) {
    known.gateways().forEach((address, node) -> taken.put(address, "the gateway of node " + node));
    for (Route route : network.routes()) {
      if (route.gateway() != null) {
        taken.put(route.gateway(), "the gateway of this node");
      }
    }
    return this;
  }

  /// The addresses that live nodes have, and the networks around them.
  RuleBook live(Collection<NodeLease> leases) {
    for (NodeLease lease : leases) {
      for (NodeLinks.NodeLink link : lease.links().links()) {
        for (Prefix own : link.subnets()) {
          subnets.add(own);
          taken.put(own.address(), "node " + lease.node() + " (" + link.name() + ")");
        }
      }
    }
    return this;
  }

  /// What Services have by other means than ours: inside of the cluster, from outside by routes
  /// that somebody made, and what another load balancer gave them.
  ///
  /// @param classes which Services are ours
  RuleBook services(Collection<V1Service> services, ClassPolicy classes) {
    for (V1Service service : services) {
      V1ServiceSpec spec = service.getSpec();
      if (spec == null) {
        continue;
      }
      ObjectKey key = ObjectKey.of(service);
      if (spec.getClusterIPs() != null) {
        spec.getClusterIPs().forEach(text -> take(text, "Service " + key + " (clusterIP)"));
      }
      elsewhere(service, spec, classes)
          .ifPresent(why ->
              ServiceReader.shown(service).forEach(text -> other(text, key, "its status, " + why)));
      if (spec.getExternalIPs() != null) {
        spec.getExternalIPs().forEach(text -> other(text, key, "spec.externalIPs"));
      }
    }
    return this;
  }

  /// Why the addresses in the status of a Service are somebody else's to hold, if they are. One of
  /// ours that is being deleted gives its own back.
  private static Optional<String> elsewhere(
      V1Service service, V1ServiceSpec spec, ClassPolicy classes) {
    if (!"LoadBalancer".equals(spec.getType())) {
      return Optional.empty();
    }
    if (ServiceReader.isIgnored(service)) {
      return Optional.of(KubeVipNames.IGNORE + " is set");
    }
    String of = spec.getLoadBalancerClass();
    return classes.serves(of)
        ? Optional.empty()
        : Optional.of(of == null ? "without loadBalancerClass" : "of loadBalancerClass " + of);
  }

  private void other(String text, ObjectKey owner, String where) {
    address(text)
        .ifPresent(
            address -> others.computeIfAbsent(address, a -> new TreeMap<>()).put(owner, where));
  }

  /// The addresses of Nodes, and the ranges of the pods on them.
  RuleBook nodes(Collection<V1Node> nodes) {
    for (V1Node node : nodes) {
      String name = String.valueOf(node.getMetadata().getName());
      if (node.getStatus() != null && node.getStatus().getAddresses() != null) {
        for (V1NodeAddress address : node.getStatus().getAddresses()) {
          take(address.getAddress(), "node " + name);
        }
      }
      if (node.getSpec() != null && node.getSpec().getPodCIDRs() != null) {
        for (String text : node.getSpec().getPodCIDRs()) {
          prefix(text).ifPresent(range -> ranges.put(range, "the pods of node " + name));
        }
      }
    }
    return this;
  }

  /// @param addresses under which the API servers are reached
  RuleBook controlPlane(Collection<InetAddress> addresses) {
    addresses.forEach(address -> take(address.getHostAddress(), "the control plane"));
    return this;
  }

  /// The same as nodes say of theirs, whether they run or not.
  ///
  /// @param owners by address the nodes, for people
  RuleBook controlPlanes(Map<InetAddress, String> owners) {
    owners.forEach((address, nodes) -> taken.put(address, "the control plane of " + nodes));
    return this;
  }

  /// The ranges of Services and of pools.
  RuleBook known(KnownRanges known) {
    ranges.putAll(known.services());
    pools = known.pools();
    return this;
  }

  /// @param slices of the Service `default/kubernetes`
  RuleBook apiServers(Collection<V1EndpointSlice> slices) {
    for (V1EndpointSlice slice : slices) {
      for (V1Endpoint endpoint :
          slice.getEndpoints() == null ? List.<V1Endpoint>of() : slice.getEndpoints()) {
        endpoint.getAddresses().forEach(text -> take(text, "an API server"));
      }
    }
    return this;
  }

  /// @param allowed none: every address that nobody has
  /// @param begun addresses that somebody holds
  AddressRules rules(List<IpRange> allowed, Set<InetAddress> begun) {
    return new AddressRules(taken, others, List.copyOf(subnets), ranges, allowed, pools, begun);
  }

  private void take(String text, String owner) {
    address(text).ifPresent(address -> taken.put(address, owner));
  }

  /// An interface behind an address (RFC 4007) would be looked for on this node.
  private static Optional<InetAddress> address(String text) {
    return text.indexOf('%') < 0 && InetAddresses.isInetAddress(text)
        ? Optional.of(InetAddresses.forString(text))
        : Optional.empty();
  }

  static Optional<Prefix> prefix(String text) {
    try {
      return Optional.of(Prefix.parse(text));
    } catch (IllegalArgumentException e) {
      // A range that cannot be read holds nobody's addresses.
      return Optional.empty();
    }
  }

  /// Reads ranges from a setting: CIDRs, `first-last` and single addresses, comma separated.
  ///
  /// @throws IllegalArgumentException for anything else
  public static List<IpRange> allowed(String text) {
    List<IpRange> ranges = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String bare = part.strip();
      if (bare.isEmpty()) {
        continue;
      }
      ranges.add(IpRange.parse(bare));
    }
    return List.copyOf(ranges);
  }
}
