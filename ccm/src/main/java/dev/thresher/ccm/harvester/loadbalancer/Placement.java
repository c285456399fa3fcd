package dev.thresher.ccm.harvester.loadbalancer;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// On which side an address is held.
public enum Placement {
  /// On a node of the guest cluster; the host only reserves the address. As Harvester does.
  GUEST,
  /// On a node of the host cluster, which forwards to the guest's node ports.
  HOST;

  /// As in `spec.placement` and in the annotation: `guest` or `host`.
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Reads what [#text] prints; empty for anything else.
  public static Optional<Placement> tryParse(String text) {
    return Arrays.stream(values()).filter(placement -> placement.text().equals(text)).findFirst();
  }
}
