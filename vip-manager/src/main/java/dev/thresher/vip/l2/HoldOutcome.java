package dev.thresher.vip.l2;

/// What became of the wish to hold an address.
public sealed interface HoldOutcome {

  /// It is answered and announced from now on (or was already).
  record Holding() implements HoldOutcome {}

  /// A first claim is being probed; [EnforcementEvent.Answering] or [EnforcementEvent.Conflict]
  /// follows within some 50 ms.
  record Probing() implements HoldOutcome {}

  /// Nothing is held and nothing was sent.
  ///
  /// @param reason what was wanted, what was found and what to do, for people
  record Refused(String reason) implements HoldOutcome {}
}
