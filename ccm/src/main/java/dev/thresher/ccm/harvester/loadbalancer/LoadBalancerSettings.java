package dev.thresher.ccm.harvester.loadbalancer;

/// What is the same for all Services of the guest cluster.
///
/// @param namespace where the machines and the `LoadBalancer` objects are on the host
/// @param managementNetwork `--management-network` as `namespace/name`, empty if it is not set
/// @param placement `--vip-placement`, for Services that do not say
public record LoadBalancerSettings(
    String namespace, String managementNetwork, Placement placement) {}
