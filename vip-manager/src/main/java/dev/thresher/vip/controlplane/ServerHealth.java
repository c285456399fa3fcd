package dev.thresher.vip.controlplane;

import java.time.Duration;

/// What is known of the API server of this node: a pure function of the answers so far.
///
/// @param well whether it can be given the address
/// @param failures in a row
public record ServerHealth(boolean well, int failures) {

  /// Nothing was asked yet.
  public static final ServerHealth UNKNOWN = new ServerHealth(false, 0);

  /// A server whose port is closed is asked again so soon: it is dead or starts again, and that is
  /// not a matter of patience.
  static final Duration SOON = Duration.ofMillis(200);

  /// What came of asking once.
  public sealed interface Answer {

    /// It answers and is well, or answers that one must not ask.
    record Well() implements Answer {}

    /// It answers that it is not well, or with something else.
    record Sick(String why) implements Answer {}

    /// Nobody listens.
    record Refused() implements Answer {}

    /// No answer in time, or one that cannot be trusted.
    record Failed(String why) implements Answer {}
  }

  /// One good answer is enough to be well; `threshold` bad ones in a row end that.
  public ServerHealth after(Answer answer, int threshold) {
    return switch (answer) {
      case Answer.Well() -> new ServerHealth(true, 0);
      case Answer.Sick _, Answer.Refused _, Answer.Failed _ -> {
        int more = Math.min(failures + 1, threshold);
        yield new ServerHealth(well && more < threshold, more);
      }
    };
  }

  /// When to ask again.
  public Duration pause(Answer last, Duration period) {
    boolean hurry = last instanceof Answer.Refused && well;
    return hurry && SOON.compareTo(period) < 0 ? SOON : period;
  }
}
