package dev.thresher.e2e.soak.vip;

import java.util.EnumSet;
import java.util.Set;

/// What is to befall whom.
///
/// @param seed of all choices
/// @param mishaps how many, one after the other
/// @param services dual-stack ones that are there all the time
/// @param kinds of mishaps that there are, at least one
/// @param holdersOnly whether all mishaps befall nodes that hold something
public record Plan(long seed, int mishaps, int services, Set<Mishap> kinds, boolean holdersOnly) {

  public Plan {
    kinds = Set.copyOf(kinds);
  }

  /// Every kind of mishap, to any node.
  public static Plan ofAll(long seed, int mishaps, int services) {
    return new Plan(seed, mishaps, services, EnumSet.allOf(Mishap.class), false);
  }
}
