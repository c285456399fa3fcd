package dev.thresher.loadbalancer.health;

/// What is held of a back end.
///
/// @param health the verdict
/// @param reason one word, empty when it is up
/// @param message for a person, empty when it is up
public record Verdict(Health health, String reason, String message) {

  /// Whether a back end answers.
  public enum Health {
    /// Not known yet: it has not answered often enough, nor failed often enough.
    UNKNOWN,
    UP,
    DOWN
  }

  /// [#reason] of a back end of which nothing is known yet.
  public static final String NOT_CHECKED_YET = "NotCheckedYet";

  public static final Verdict UP = new Verdict(Health.UP, "", "");

  public static final Verdict UNKNOWN =
      new Verdict(Health.UNKNOWN, NOT_CHECKED_YET, "has not passed the health check yet");

  static Verdict down(Outcome.Failed failure) {
    return new Verdict(Health.DOWN, failure.reason(), failure.message());
  }

  public boolean isUp() {
    return health == Health.UP;
  }
}
