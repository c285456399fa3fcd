package dev.thresher.vip.l2;

import dev.thresher.vip.linux.InterfaceNames;

/// One way to find the interface for an address; see [InterfaceSelection].
public sealed interface InterfaceRule {

  /// This interface, whatever its addresses.
  record Named(String name) implements InterfaceRule {}

  /// Of these interfaces the one that has an address in the same subnet, else the one of the
  /// default route, else the preferred one, a running one first.
  record Listed(InterfaceNames names) implements InterfaceRule {}

  /// The interface that has an address in the same subnet; the longest prefix wins.
  record Subnet() implements InterfaceRule {}

  /// The interface of the default route of the address's family with the lowest metric, else of the
  /// other family.
  record DefaultRoute() implements InterfaceRule {}
}
