package dev.thresher.ccm.hostservice;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import java.util.Map;
import java.util.Optional;

/// One machine behind a host Service.
///
/// @param name name of the virtual machine instance
/// @param uid its UID
/// @param hostNode the host node that runs it, empty if it is not known
/// @param addresses at most one of each family
record BackEnd(
    String name, String uid, String hostNode, Map<IpFamily, IpAddress> addresses, State state) {

  BackEnd {
    addresses = Map.copyOf(addresses);
  }

  /// Which traffic it gets.
  enum State {
    /// New and old connections.
    READY,
    /// What it has begun it finishes; new ones only if nobody else is there (KEP 1669).
    DRAINING,
    /// None.
    NOT_READY
  }

  Optional<IpAddress> address(IpFamily family) {
    return Optional.ofNullable(addresses.get(family));
  }

  BackEnd as(State other) {
    return new BackEnd(name, uid, hostNode, addresses, other);
  }
}
