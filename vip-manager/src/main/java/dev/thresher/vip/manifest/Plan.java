package dev.thresher.vip.manifest;

import java.util.List;

/// What a manifest says beside what all have.
///
/// @param image of the container
/// @param environment variables, in their order
/// @param controlPlane whether the address of the control plane is held: the pod needs the TUN
///   device
/// @param kubeconfig file on the node that the pod reads; empty: the ServiceAccount
/// @param controlPlaneNodes whether a DaemonSet runs on nodes of the control plane only
/// @param healthPort where health is served, 0 for nowhere
public record Plan(
    String image,
    List<Variable> environment,
    boolean controlPlane,
    String kubeconfig,
    boolean controlPlaneNodes,
    int healthPort) {

  public record Variable(String name, String value) {}

  public Plan {
    environment = List.copyOf(environment);
  }
}
