package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/// An address that is held on a host node, which forwards to the guest's node ports.
final class HostPlacement {

  /// No VIP manager in the guest may take an address that the host answers.
  static final ServiceMarks MARKS =
      ServiceMarks.annotations(
          Map.of(
              KubeVipNames.IGNORE,
              Optional.of("true"),
              KubeVipNames.LOAD_BALANCER_IPS,
              Optional.empty()));

  /// What takes the marks away again.
  static final ServiceMarks NO_MARKS =
      ServiceMarks.annotations(
          Map.of(
              KubeVipNames.IGNORE, Optional.empty(),
              KubeVipNames.LOAD_BALANCER_IPS, Optional.empty()));

  private HostPlacement() {}

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

  /// Where node ports are answered: on the InternalIPs of the nodes, in the families of the
  /// Service. With nftables kube-proxy opens them on no other address.
  static List<String> backends(Collection<V1Node> nodes, Collection<IpFamily> families) {
    var addresses = new TreeSet<String>();
    for (V1Node node : nodes) {
      MachineAddress.internal(node).stream()
          .flatMap(address -> IpAddress.tryParse(address).stream())
          .filter(address -> families.contains(address.family()))
          .map(IpAddress::toString)
          .forEach(addresses::add);
    }
    return List.copyOf(addresses);
  }
}
