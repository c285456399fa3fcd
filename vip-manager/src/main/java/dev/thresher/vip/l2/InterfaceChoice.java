package dev.thresher.vip.l2;

/// The answer of [InterfaceSelection].
public sealed interface InterfaceChoice {

  /// Found.
  ///
  /// @param running whether it can carry frames now; a node whose interface is not running is no
  ///   candidate for the address
  record Chosen(String interfaceName, boolean running) implements InterfaceChoice {}

  /// No rule found one.
  ///
  /// @param reason per rule, what was looked for and what was found, for people
  record None(String reason) implements InterfaceChoice {}
}
