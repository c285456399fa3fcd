package dev.thresher.loadbalancer.report;

import java.util.Locale;

/// Something that does not fit together.
///
/// @param address it is about, empty if it is about none
/// @param pool it is about, empty if it is about none
/// @param message what was seen, for a person
/// @param fix what the person can do
public record Finding(Kind kind, String address, String pool, String message, String fix) {

  /// What kind of misfit.
  public enum Kind {
    /// Two have one address.
    CONFLICT,
    /// An address is held for somebody who is not there.
    ORPHAN,
    /// Load balancer, claim and status of the pool do not say the same. The controller brings that
    /// into line by itself, so it is only news if it stays.
    MISMATCH,
    /// An object that cannot be read, so that nobody looks after it.
    UNREADABLE,
    /// A pool cannot be used.
    POOL,
    /// More than the status of a pool can hold: going back to Harvester's controller is unsafe.
    TRUNCATED,
    /// Replies of back ends may get lost on a bridge of the host.
    BRIDGE,
    /// Back ends are in another VLAN than the pool of the address.
    VLAN;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
