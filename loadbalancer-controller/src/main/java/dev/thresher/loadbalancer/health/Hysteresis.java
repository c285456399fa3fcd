package dev.thresher.loadbalancer.health;

import dev.thresher.loadbalancer.health.Verdict.Health;
import org.jspecify.annotations.Nullable;

/// A verdict and how much speaks against it.
///
/// A verdict changes only after as many answers in a row as the check's threshold says, and stays
/// meanwhile; one answer of the other kind starts the count again. Of a back end that is down, a
/// new reason must come as often in a row before it replaces the old one, so that a machine that
/// fails now in one way and now in another is not written about at every probe.
///
/// @param verdict what is held now
/// @param successes in a row, up to now
/// @param failures in a row, up to now
/// @param alike failures in a row with `last`, up to now
/// @param last the last failure of the present row, null if there is none
record Hysteresis(
    Verdict verdict, int successes, int failures, int alike, Outcome.@Nullable Failed last) {

  static Hysteresis from(Verdict start) {
    return new Hysteresis(start, 0, 0, 0, null);
  }

  Hysteresis after(Outcome outcome, Check check) {
    return switch (outcome) {
      case Outcome.Passed() -> passed(check);
      case Outcome.Failed failure -> failed(failure, check);
      case Outcome.Inconclusive(String _) -> this;
    };
  }

  private Hysteresis passed(Check check) {
    int now = Math.min(successes + 1, check.successThreshold());
    return new Hysteresis(now >= check.successThreshold() ? Verdict.UP : verdict, now, 0, 0, null);
  }

  private Hysteresis failed(Outcome.Failed failure, Check check) {
    int limit = check.failureThreshold();
    int now = Math.min(failures + 1, limit);
    int same = failure.equals(last) ? Math.min(alike + 1, limit) : 1;
    // At the moment of the change the newest reason is told, whatever came before it.
    boolean changes = verdict.health() == Health.DOWN ? same >= limit : now >= limit;
    return new Hysteresis(changes ? Verdict.down(failure) : verdict, 0, now, same, failure);
  }
}
