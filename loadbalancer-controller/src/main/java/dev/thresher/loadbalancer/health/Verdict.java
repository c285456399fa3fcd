package dev.thresher.loadbalancer.health;

/// What is held of a back end.
///
/// @param health the verdict
/// @param reason one word, empty when it is up
/// @param message for a person, empty when it is up
/// @param ground what the verdict rests on
public record Verdict(Health health, String reason, String message, Ground ground) {

  /// Whether a back end answers.
  public enum Health {
    /// Not known yet: it has not answered often enough, nor failed often enough.
    UNKNOWN,
    UP,
    DOWN
  }

  /// What a verdict rests on.
  public enum Ground {
    /// What it answers, or did until it was last asked.
    ANSWERS,
    /// That it has traffic: it is to be asked, and has not answered yet.
    TRAFFIC,
    /// What was so before: nobody asks it now.
    NOBODY_ASKS
  }

  /// [#reason] of a back end of which nothing is known yet.
  public static final String NOT_CHECKED_YET = "NotCheckedYet";

  public static final Verdict UP = new Verdict(Health.UP, "", "");

  /// Up until it has failed, of one that had traffic before anybody asked it.
  public static final Verdict TRUSTED = new Verdict(Health.UP, "", "", Ground.TRAFFIC);

  public static final Verdict UNKNOWN =
      new Verdict(Health.UNKNOWN, NOT_CHECKED_YET, "has not passed the health check yet");

  /// One that rests on answers.
  public Verdict(Health health, String reason, String message) {
    this(health, reason, message, Ground.ANSWERS);
  }

  /// The same of one that nobody asks.
  public Verdict askedByNobody() {
    return new Verdict(health, reason, message, Ground.NOBODY_ASKS);
  }

  static Verdict down(Outcome.Failed failure) {
    return new Verdict(Health.DOWN, failure.reason(), failure.message());
  }

  public boolean isUp() {
    return health == Health.UP;
  }
}
