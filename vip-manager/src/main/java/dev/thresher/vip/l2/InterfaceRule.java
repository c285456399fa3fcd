package dev.thresher.vip.l2;

/// One way to find the interface for an address; see [InterfaceSelection].
public sealed interface InterfaceRule {

  /// This interface, whatever its addresses.
  record Named(String name) implements InterfaceRule {}

  /// The interface that has an address in the same subnet; the longest prefix wins.
  record Subnet() implements InterfaceRule {}

  /// The interface of the default route of the address's family with the lowest metric, else of the
  /// other family.
  record DefaultRoute() implements InterfaceRule {}
}
