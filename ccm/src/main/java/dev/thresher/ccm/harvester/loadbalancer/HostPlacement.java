package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.cloudprovider.NodeReadiness;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// An address that is held on a host node, which forwards to the guest's node ports.
final class HostPlacement {

  /// No VIP manager in the guest may take an address that the host answers.
  static final ServiceMarks MARKS = marks(Optional.of("true"), Optional.empty());

  /// What takes the marks away again.
  static final ServiceMarks NO_MARKS = marks(Optional.empty(), Optional.empty());

  private HostPlacement() {}

  /// Those of a Service that shares the address of another one.
  static ServiceMarks sharing(ObjectKey primary) {
    return marks(Optional.of("true"), Share.label(primary));
  }

  private static ServiceMarks marks(Optional<String> ignore, Optional<String> shared) {
    return new ServiceMarks(
        Map.of(KubeVipNames.IGNORE, ignore, KubeVipNames.LOAD_BALANCER_IPS, Optional.empty()),
        Map.of(HarvesterNames.PRIMARY_SERVICE, shared));
  }

  /// Why this Service cannot be placed there: what would silently not hold is refused.
  static Optional<Notice> hindrance(ServiceRequest request, Placement placement) {
    if (placement != Placement.HOST) {
      return Optional.empty();
    }
    Optional<ServiceRequest.Port> portless =
        request.ports().stream().filter(port -> port.nodePort() == 0).findFirst();
    return portless.map(port ->
        new Notice(
            "NodePortMissing",
            "port "
                + port.port()
                + " has no node port, which placement \"host\" forwards to; set"
                + " spec.allocateLoadBalancerNodePorts to true"));
  }

  /// What the owner should know though it works.
  static Optional<Notice> reservation(V1Service service, Placement placement) {
    var spec = service.getSpec();
    return placement == Placement.HOST
            && spec != null
            && "Local".equals(spec.getExternalTrafficPolicy())
        ? Optional.of(
            new Notice(
                "ClientAddressNotPreserved",
                "spec.externalTrafficPolicy is \"Local\": with placement \"host\" the host forwards"
                    + " to node ports, so pods see the host's address and not the client's; nodes"
                    + " without a ready pod are left out as far as the host checks"
                    + " spec.healthCheck; use placement \"guest\" to keep client addresses"))
        : Optional.empty();
  }

  /// What the owner should know when the Service names a network that back ends could be reached on
  /// and are not.
  ///
  /// @param backends where they are reached
  /// @param there addresses of the nodes on the network, as they are reported
  static Optional<Notice> unused(
      String network, Collection<String> backends, Collection<String> there) {
    List<String> others =
        there.stream()
            .flatMap(text -> IpAddress.tryParse(text).stream())
            .filter(IpAddress::isReachable)
            .map(IpAddress::toString)
            .toList();
    if (others.isEmpty() || others.stream().anyMatch(backends::contains)) {
      return Optional.empty();
    }
    return Optional.of(
        new Notice(
            "NetworkNotUsed",
            "annotation "
                + HarvesterNames.NETWORK
                + " is \""
                + network
                + "\", where the nodes have "
                + Listing.of(others)
                + "; with placement \"host\" the host forwards to their InternalIPs "
                + Listing.of(backends)
                + ", since node ports need not be open on other cards; for back ends on that"
                + " network make its addresses the InternalIPs (--management-network or"
                + " --node-ip-cidr), or use placement \"guest\""));
  }

  /// A node port that answers a connection on every node that the host can reach, by taking it or
  /// by refusing it. UDP and SCTP have no such answer.
  static Optional<Integer> reachable(ServiceRequest request) {
    return request.ports().stream()
        .filter(port -> port.protocol().equals("TCP") && port.nodePort() != 0)
        .map(ServiceRequest.Port::nodePort)
        .findFirst();
  }

  /// Where node ports are answered: on the InternalIPs of the nodes that are ready, in the families
  /// of the Service. With nftables kube-proxy opens them on no other address.
  ///
  /// A family in which no node is ready keeps all its nodes: when all look dead at once, it is
  /// likelier that the guest's control plane does not hear them, and there is nobody to go to
  /// instead.
  static List<String> backends(Collection<V1Node> nodes, Collection<IpFamily> families) {
    List<V1Node> ready = nodes.stream().filter(NodeReadiness::isReady).toList();
    var addresses = new TreeSet<String>();
    for (IpFamily family : families) {
      Set<String> ofReady = internal(ready, family);
      addresses.addAll(ofReady.isEmpty() ? internal(nodes, family) : ofReady);
    }
    return List.copyOf(addresses);
  }

  private static Set<String> internal(Collection<V1Node> nodes, IpFamily family) {
    return nodes.stream()
        .flatMap(node -> MachineAddress.internal(node).stream())
        .flatMap(address -> IpAddress.tryParse(address).stream())
        .filter(address -> address.family() == family)
        .map(IpAddress::toString)
        .collect(Collectors.toSet());
  }
}
