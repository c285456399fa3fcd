package dev.thresher.ccm.hostservice;

import dev.thresher.api.address.IpFamily;
import java.util.List;
import java.util.Map;

/// What a guest Service asks of its host Service, with every value checked.
///
/// @param cluster name of the guest cluster
/// @param namespace namespace of the guest Service
/// @param name name of the guest Service
/// @param uid UID of the guest Service, its identity
/// @param ports at least one, each with a node port
/// @param affinitySeconds how long a client stays with its back end, 0 for no affinity
/// @param sourceRanges who may connect, empty for everybody
/// @param local `externalTrafficPolicy: Local`
/// @param families one or both families, the first one leading
/// @param familyPolicy `SingleStack`, `PreferDualStack` or `RequireDualStack`
/// @param wantedAddress an address that it would like to have, empty if it does not say
/// @param annotations to be handed on
public record HostServiceRequest(
    String cluster,
    String namespace,
    String name,
    String uid,
    List<Port> ports,
    int affinitySeconds,
    List<String> sourceRanges,
    boolean local,
    List<IpFamily> families,
    String familyPolicy,
    String wantedAddress,
    Map<String, String> annotations) {

  public HostServiceRequest {
    ports = List.copyOf(ports);
    sourceRanges = List.copyOf(sourceRanges);
    families = List.copyOf(families);
    annotations = Map.copyOf(annotations);
  }

  /// @param nodePort where every guest node takes the traffic of this port
  /// @param appProtocol empty if it does not say
  public record Port(String name, String protocol, int port, int nodePort, String appProtocol) {}
}
