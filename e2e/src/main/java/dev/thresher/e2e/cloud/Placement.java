package dev.thresher.e2e.cloud;

import java.util.Locale;

/// Where the address of a Service is held.
public enum Placement {
  /// On a node of the guest cluster, by a vip-manager in the guest.
  GUEST,
  /// On a node of the host cluster, by a vip-manager on the host.
  HOST;

  /// As flags and annotations spell it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
