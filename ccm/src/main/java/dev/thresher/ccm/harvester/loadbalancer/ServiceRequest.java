package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import java.util.List;
import java.util.Optional;

/// What a Service asks of its balancer, with every value checked.
///
/// @param namespace namespace of the Service
/// @param name name of the Service
/// @param uid UID of the Service, its identity
/// @param ipam how the address is found
/// @param network NetworkAttachmentDefinition `namespace/name` of the address, empty if it does not
///   say
/// @param project handed on for the choice of a pool, empty if it does not say
/// @param poolNamespace handed on for the choice of a pool, empty if it does not say
/// @param askedPlacement what the Service itself says
/// @param families one or both families, the first one leading
/// @param familyPolicy `spec.ipFamilyPolicy`
/// @param wantedAddresses addresses that the Service would like to have
/// @param pools at most one pool of each family to take the address from; the first one is also
///   that of the second family if it stands alone
/// @param poolSelector labels of the pool to take the address from, as `kubectl -l` takes them;
///   empty if it does not say
/// @param sourceRanges who may come, as subnets; empty for everybody
/// @param healthCheckNodePort port of every node that says whether it has endpoints, 0 if the
///   traffic policy is not `Local`
/// @param ports the ports, for an address that is held on the host
public record ServiceRequest(
    String namespace,
    String name,
    String uid,
    Ipam ipam,
    String network,
    String project,
    String poolNamespace,
    Optional<Placement> askedPlacement,
    List<IpFamily> families,
    String familyPolicy,
    List<IpAddress> wantedAddresses,
    List<String> pools,
    String poolSelector,
    List<String> sourceRanges,
    int healthCheckNodePort,
    List<Port> ports) {

  public ServiceRequest {
    families = List.copyOf(families);
    wantedAddresses = List.copyOf(wantedAddresses);
    pools = List.copyOf(pools);
    sourceRanges = List.copyOf(sourceRanges);
    ports = List.copyOf(ports);
  }

  /// How the address is found.
  public enum Ipam {
    POOL("pool"),
    DHCP("dhcp");

    private final String text;

    Ipam(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /// One port of the Service.
  ///
  /// @param nodePort 0 if it has none
  public record Port(String name, String protocol, int port, int nodePort) {}

  /// IPv4 alone, which is all that a stock host knows.
  public boolean isPlainIpv4() {
    return families.equals(List.of(IpFamily.IPV4));
  }
}
