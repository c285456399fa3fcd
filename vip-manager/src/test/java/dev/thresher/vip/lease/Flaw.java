package dev.thresher.vip.lease;

/// Mistakes that the model must notice.
enum Flaw {
  NONE,
  /// The lease counts from the moment the answer came.
  LEASE_FROM_THE_ACK,
  /// The rest of the lease is computed when the answer came, and the gate is set to it afterwards.
  TIMEOUT_COMPUTED_AFTER_THE_ACK,
  /// A voter that restarted promises at once.
  SPEAKS_AT_ONCE,
  /// A voter that restarted is silent for the lease of today, though a longer one may run.
  SHORT_SILENCE,
  /// A voter promises for a set of addresses that it does not have.
  ACKS_AN_UNKNOWN_SET,
  /// A voter promises under a version of the voters that it does not follow.
  ACKS_UNKNOWN_VOTERS,
  /// What was promised for an earlier asking counts for a later one.
  NO_EPOCH,
  /// The clock is read before the message is taken.
  EARLY_CLOCK,
  /// A voter's promise is as long as the lease, by its own clock.
  NO_BOUND_FOR_CLOCKS,
  /// An address is given back first and closed then.
  GIVES_BACK_BEFORE_CLOSING,
  /// Who is in line for an address takes it, though the voters still refuse it.
  CLAIMS_BEFORE_THE_RELEASE,
  /// The witness is given back while a lease runs for which it counted.
  LETS_THE_WITNESS_GO,
  /// Voters are changed again before the last change is in force.
  TWO_CHANGES_AT_ONCE,
  /// A voter promises at once under a version that does not follow the one before.
  FORCED_SPEAKS_AT_ONCE,
  /// Who follows a version by a peer's word, and has kept another, counts as one that follows it.
  COUNTS_HEARSAY
}
