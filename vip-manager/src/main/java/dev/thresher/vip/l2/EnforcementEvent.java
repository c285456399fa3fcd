package dev.thresher.vip.l2;

import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.util.Set;

/// What the network told the enforcement.
public sealed interface EnforcementEvent {

  /// The address is answered and was announced for the first time: what the world may be told.
  record Answering(HeldAddress address) implements EnforcementEvent {}

  /// A first claim met a stranger who uses the address: it is not held, or not any more. Nothing
  /// was announced, unless the stranger spoke only after the claim.
  ///
  /// @param owner the stranger
  record Conflict(HeldAddress address, MacAddress owner) implements EnforcementEvent {}

  /// Somebody else claimed an address that is held here; it stays held and was announced again (at
  /// most once per ten seconds).
  ///
  /// @param claimant the sender
  record ForeignClaim(HeldAddress address, MacAddress claimant) implements EnforcementEvent {}

  /// The interface carries no frames; its addresses stay held here but nobody hears it.
  record LinkDown(String interfaceName) implements EnforcementEvent {}

  /// The interface carries frames again; its addresses were announced again.
  record LinkUp(String interfaceName) implements EnforcementEvent {}

  /// The interface was removed, or could not be served any more; its addresses are no longer held.
  record InterfaceGone(String interfaceName, Set<InetAddress> released)
      implements EnforcementEvent {
    public InterfaceGone {
      released = Set.copyOf(released);
    }
  }
}
