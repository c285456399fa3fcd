package dev.thresher.ccm.harvester.loadbalancer;

import java.util.Collection;
import java.util.stream.Collectors;

/// Lists within a message, cut so that the remedy behind them is still read: an Event holds 1,024
/// characters, and a cluster may have hundreds of nodes.
final class Listing {

  private static final int NAMED = 4;

  private Listing() {}

  /// The first ones in brackets, and how many there are besides.
  static String of(Collection<?> all) {
    String first = all.stream().limit(NAMED).map(String::valueOf).collect(Collectors.joining(", "));
    return "[" + first + (all.size() > NAMED ? " and " + (all.size() - NAMED) + " more" : "") + "]";
  }
}
