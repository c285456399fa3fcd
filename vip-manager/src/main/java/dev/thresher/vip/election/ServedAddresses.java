package dev.thresher.vip.election;

import java.net.InetAddress;
import java.util.List;

/// The addresses of the control plane that a node is configured to hold, for nodes that are not: no
/// Service may have one.
///
/// @param known false as long as the node cannot say, because a name does not resolve yet: what it
///   said before stays
public record ServedAddresses(boolean known, List<InetAddress> addresses) {

  /// Nothing can be said.
  public static final ServedAddresses UNKNOWN = new ServedAddresses(false, List.of());

  /// Of a node that serves no control plane.
  public static final ServedAddresses NONE = new ServedAddresses(true, List.of());

  public ServedAddresses {
    addresses = List.copyOf(addresses);
  }

  public static ServedAddresses of(List<InetAddress> addresses) {
    return new ServedAddresses(true, addresses);
  }
}
