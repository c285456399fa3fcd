package dev.thresher.e2e.lab;

import java.util.List;

/// One address of each family.
///
/// @param ipv4 dotted quad
/// @param ipv6 RFC 5952 text, without brackets
public record Addresses(String ipv4, String ipv6) {

  /// IPv4 first, as kubelets and KubeVirt order them.
  public List<String> all() {
    return List.of(ipv4, ipv6);
  }
}
