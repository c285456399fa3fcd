package dev.thresher.vip.controlplane;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What the address of the control plane is and how the API server of this node is asked.
///
/// @param addresses IP addresses and DNS names, at least one
/// @param families what a DNS name is resolved to
/// @param interfaceName where they are answered; [dev.thresher.vip.election.NodeLinks#AUTO] to find
///   it by address, empty for the node's own setting
/// @param check how the server is asked
/// @param balancing how connections are spread over the API servers, if they are
/// @param device what makes the address one of the node's own while it is held
public record ControlPlaneConfig(
    List<String> addresses,
    Families families,
    String interfaceName,
    Check check,
    Optional<Balancing> balancing,
    Device device) {

  /// Which addresses of a DNS name are held.
  public enum Families {
    /// The first that the system's resolver gives. The launcher has the JDK keep its order.
    FIRST,
    /// The first of IPv4.
    IPV4,
    /// The first of IPv6.
    IPV6,
    /// The first of each.
    DUAL
  }

  /// @param url what is asked, with scheme `https` or `http`
  /// @param serverName name that the certificate must carry in place of the host in `url`; empty
  ///   for that host
  /// @param authority file with the certificates to trust; empty: `authorityPem`, asked anew at
  ///   each try
  /// @param period between two tries
  /// @param timeout of one, connecting included
  /// @param threshold so many failures in a row mean that the server is not well
  public record Check(
      URI url,
      String serverName,
      Optional<String> authority,
      Duration period,
      Duration timeout,
      int threshold) {}

  /// What makes the address one of the node's own.
  public enum Device {
    /// The best that works on this node.
    AUTO,
    /// Something else brings its packets to the API server.
    NONE,
    /// A device that dies with the process.
    TUN,
    /// The interface on which it is answered.
    NIC,
    /// The loopback.
    LO
  }

  /// @param port of the address at which connections are spread
  /// @param period between two questions whether a server is well
  public record Balancing(int port, Duration period) {}

  public ControlPlaneConfig {
    addresses = List.copyOf(addresses);
  }
}
