package dev.thresher.vip.services;

import java.time.Duration;

/// How soon an address that a stranger has is tried again.
///
/// @param usual after each conflict
/// @param most so many conflicts in a row, and it is tried at the rare pace
/// @param rare after each conflict from then on
public record ConflictPace(Duration usual, int most, Duration rare) {

  /// What a person who removes the stranger will wait for.
  static final Duration USUAL = Duration.ofSeconds(10);

  /// Conflicts so far apart are not in a row.
  static final Duration APART = Duration.ofMinutes(10);

  public static final ConflictPace DEFAULT = always(USUAL);

  /// RFC 5227 1.1: MAX_CONFLICTS and RATE_LIMIT_INTERVAL.
  public static final ConflictPace RFC_5227 = new ConflictPace(USUAL, 10, Duration.ofSeconds(60));

  public static ConflictPace always(Duration usual) {
    return new ConflictPace(usual, Integer.MAX_VALUE, usual);
  }

  /// @param inARow conflicts, the last one included
  Duration after(int inARow) {
    return inARow < most ? usual : rare;
  }
}
