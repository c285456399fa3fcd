package dev.thresher.vip.manifest;

import java.util.List;
import java.util.Optional;

/// What a manifest says beside what all have.
///
/// @param image of the container
/// @param environment variables, in their order
/// @param flags what no variable can say: an empty one counts as not set
/// @param controlPlane whether the address of the control plane is held: the pod needs the TUN
///   device
/// @param kubeconfig file on the node that the pod reads; empty: the ServiceAccount
/// @param keys directory of the keys that all nodes share: of the node in a static pod, of the
///   Secret `vip-manager-mesh` in a DaemonSet
/// @param state directory of the node that outlasts the process
/// @param controlPlaneNodes whether a DaemonSet runs on nodes of the control plane only
/// @param healthHost where on the node itself health is asked for, an address without brackets
/// @param healthPort port of that, 0 for nowhere
public record Plan(
    String image,
    List<Variable> environment,
    List<String> flags,
    boolean controlPlane,
    String kubeconfig,
    Optional<String> keys,
    Optional<String> state,
    boolean controlPlaneNodes,
    String healthHost,
    int healthPort) {

  public record Variable(String name, String value) {}

  public Plan {
    environment = List.copyOf(environment);
    flags = List.copyOf(flags);
  }
}
