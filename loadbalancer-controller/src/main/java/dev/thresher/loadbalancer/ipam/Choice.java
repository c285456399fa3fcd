package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.address.IpAddress;

/// What came of looking for an address in a pool.
public sealed interface Choice {

  /// This one, if nobody is quicker.
  ///
  /// @param range the range it is from
  /// @param why what decided
  record Given(IpAddress address, PoolRange range, Why why) implements Choice {}

  /// None.
  ///
  /// @param message what was wanted, what was found, what to do
  record Refused(Cause cause, String message) implements Choice {}

  /// What decided for an address.
  enum Why {
    /// It was asked for.
    WANTED,
    /// The pool keeps it for this owner.
    RESERVED,
    /// Claiming it for this owner was begun before, with unknown success.
    BEGUN,
    /// The owner had it before.
    HAD_BEFORE,
    /// It is the next one.
    NEXT
  }

  /// What stood against giving one. The names are reasons of the `Ready` condition.
  enum Cause {
    /// The address that was asked for is not given away by the pool.
    OUTSIDE_POOL("WantedAddressNotInPool"),
    /// The address that was asked for is somebody else's.
    TAKEN("WantedAddressTaken"),
    /// The address that was asked for is kept for somebody else.
    RESERVED_FOR_ANOTHER("WantedAddressReserved"),
    /// The owner's tenant has as many addresses as it may.
    OVER_QUOTA("QuotaExceeded"),
    /// Every address of the family is taken.
    EXHAUSTED("PoolExhausted"),
    /// The pool has no range of the family.
    NO_SUCH_FAMILY("PoolLacksFamily");

    private final String reason;

    Cause(String reason) {
      this.reason = reason;
    }

    public String reason() {
      return reason;
    }
  }
}
