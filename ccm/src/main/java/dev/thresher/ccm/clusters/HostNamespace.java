package dev.thresher.ccm.clusters;

/// The namespace of the host in which the guest's virtual machines and load balancers are.
///
/// @param name the namespace of the cloud config's context
public record HostNamespace(String name) {}
