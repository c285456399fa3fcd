package dev.thresher.loadbalancer.ipam;

import java.util.Locale;
import java.util.Optional;

/// On which cluster's nodes an address is held.
public enum Placement {
  /// On a node of the guest cluster.
  GUEST,
  /// On a node of the host cluster.
  HOST;

  /// `guest` or `host`.
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Empty for any text but `guest` and `host`.
  public static Optional<Placement> tryParse(String text) {
    return switch (text) {
      case "guest" -> Optional.of(GUEST);
      case "host" -> Optional.of(HOST);
      default -> Optional.empty();
    };
  }

  @Override
  public String toString() {
    return text();
  }
}
