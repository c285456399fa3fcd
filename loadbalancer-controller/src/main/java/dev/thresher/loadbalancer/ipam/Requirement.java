package dev.thresher.loadbalancer.ipam;

/// What a load balancer needs of a pool, from its annotations
/// `loadbalancer.harvesterhci.io/{network,project,namespace,cluster}`.
///
/// @param network NetworkAttachmentDefinition as `namespace/name`, empty for the management network
/// @param project Rancher project, may be empty
/// @param namespace namespace of the load balancer
/// @param cluster guest cluster, may be empty
public record Requirement(String network, String project, String namespace, String cluster) {

  @Override
  public String toString() {
    return "network \""
        + network
        + "\", project \""
        + project
        + "\", namespace \""
        + namespace
        + "\", cluster \""
        + cluster
        + "\"";
  }
}
