package dev.thresher.ccm.cloudprovider;

/// One entry of a Service's `status.loadBalancer.ingress`: `ip`, `hostname` or both.
///
/// @param ipMode `VIP` or `Proxy` (KEP 1860), empty for a host name
public record IngressPoint(String ip, String hostname, String ipMode) {

  /// An address that the nodes see as the destination of packets.
  public static IngressPoint vip(String ip) {
    return new IngressPoint(ip, "", "VIP");
  }
}
