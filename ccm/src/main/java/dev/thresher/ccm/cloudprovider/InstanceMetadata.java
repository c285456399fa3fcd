package dev.thresher.ccm.cloudprovider;

import java.util.List;
import java.util.Map;

/// What the cloud knows about the machine behind a node. An empty text means that the cloud does
/// not say; nothing on the node is removed for it.
///
/// @param providerId becomes `spec.providerID` if the node has none
/// @param instanceType label `node.kubernetes.io/instance-type`
/// @param addresses in the order in which they are to be reported; empty leaves the node's own
/// @param zone label `topology.kubernetes.io/zone`
/// @param region label `topology.kubernetes.io/region`
/// @param additionalLabels added where the node has no such label; keys in the namespaces of
///   Kubernetes are dropped
/// @param followedLabels the cloud's own: they overwrite what the node has, at any time; keys in
///   the namespaces of Kubernetes are dropped
public record InstanceMetadata(
    String providerId,
    String instanceType,
    List<MachineAddress> addresses,
    String zone,
    String region,
    Map<String, String> additionalLabels,
    Map<String, String> followedLabels) {

  public InstanceMetadata {
    addresses = List.copyOf(addresses);
    additionalLabels = Map.copyOf(additionalLabels);
    followedLabels = Map.copyOf(followedLabels);
  }

  /// Without labels that follow the cloud.
  public InstanceMetadata(
      String providerId,
      String instanceType,
      List<MachineAddress> addresses,
      String zone,
      String region,
      Map<String, String> additionalLabels) {
    this(providerId, instanceType, addresses, zone, region, additionalLabels, Map.of());
  }
}
