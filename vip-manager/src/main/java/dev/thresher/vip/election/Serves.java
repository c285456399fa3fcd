package dev.thresher.vip.election;

/// For what a node holds addresses: who serves no Services never asks for their addresses, so that
/// others must not wait for it.
///
/// @param services those of Services
/// @param controlPlane those of the control plane
public record Serves(boolean services, boolean controlPlane) {

  /// A node that does not say, as one of the version before.
  public static final Serves ALL = new Serves(true, true);

  /// Why such a node holds no address of a Service; empty: it may.
  public String barredFromServices() {
    return services ? "" : "it serves no Services (svc_enable is not set there)";
  }

  /// Why such a node does not hold the control plane's address; empty: it may.
  public String barredFromControlPlane() {
    return controlPlane ? "" : "it serves no control plane (cp_enable is not set there)";
  }
}
