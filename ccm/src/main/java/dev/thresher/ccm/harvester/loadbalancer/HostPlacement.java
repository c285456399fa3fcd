package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Optional;

/// An address that is held on a host node, which forwards to the guest's node ports.
final class HostPlacement {

  private static final String UNSUPPORTED = "NotSupportedYet";

  private HostPlacement() {}

  /// Why this Service cannot be placed there: what would silently not hold is refused.
  static Optional<Notice> hindrance(
      V1Service service, ServiceRequest request, Placement placement) {
    var spec = service.getSpec();
    if (placement != Placement.HOST || spec == null) {
      return Optional.empty();
    }
    Optional<ServiceRequest.Port> portless =
        request.ports().stream().filter(port -> port.nodePort() == 0).findFirst();
    if (portless.isPresent()) {
      return Optional.of(
          new Notice(
              "NodePortMissing",
              "port "
                  + portless.get().port()
                  + " has no node port, which placement \"host\" forwards to; set"
                  + " spec.allocateLoadBalancerNodePorts to true"));
    }
    List<String> ranges = spec.getLoadBalancerSourceRanges();
    if (ranges != null && !ranges.isEmpty()) {
      return Optional.of(
          new Notice(
              UNSUPPORTED,
              "spec.loadBalancerSourceRanges is "
                  + ranges
                  + ": with placement \"host\" the guest does not see the client's address, and the"
                  + " host does not filter yet; use placement \"guest\""));
    }
    if ("Local".equals(spec.getExternalTrafficPolicy())) {
      return Optional.of(
          new Notice(
              UNSUPPORTED,
              "spec.externalTrafficPolicy is \"Local\": with placement \"host\" only \"Cluster\" is"
                  + " supported yet; use that, or placement \"guest\""));
    }
    if (request.ipam() == ServiceRequest.Ipam.DHCP) {
      return Optional.of(
          new Notice(
              UNSUPPORTED,
              "ipam is \"dhcp\": with placement \"host\" only \"pool\" is supported yet; use that,"
                  + " or placement \"guest\""));
    }
    return Optional.empty();
  }
}
