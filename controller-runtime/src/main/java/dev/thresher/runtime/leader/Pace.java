package dev.thresher.runtime.leader;

import java.time.Duration;

/// How long to wait before the next look at the lease, by how the last one ended.
///
/// @param retryPeriod the time between looks when all is well, more than zero
record Pace(Duration retryPeriod) {

  /// Candidates spread their looks over this multiple of the retry period on top of it, so that
  /// they do not all ask at the same moment.
  private static final double SPREAD = 1.2;

  /// As much sooner than after a retry period a candidate looks that has nothing but looks.
  private static final double SOONER = 0.1;

  /// While renewals fail, there are so many in a retry period at most.
  private static final int FAILED_PER_PERIOD = 4;

  /// However short the retry period: an API server that comes back has more to do than to answer
  /// us.
  private static final Duration SHORTEST_AFTER_FAILURE = Duration.ofMillis(200);

  /// Of a candidate.
  ///
  /// @param watching it hears of a release at once, or there is nobody to ask: a look is for a
  ///   leader that died. Otherwise the look is all there is, and a release waits for it.
  /// @param random from 0 to 1
  Duration candidate(boolean watching, double random) {
    return scaled(watching ? 1 + SPREAD * random : 1 - SOONER * random);
  }

  /// Of a leader that was answered.
  Duration renewed() {
    return retryPeriod;
  }

  /// Of a leader that was not answered, or refused: sooner than otherwise. An API server that is
  /// restarted over and over is there for a second at a time, and a leader that looks every other
  /// second can miss each of them until its deadline has passed.
  ///
  /// @param random from 0 to 1; all leaders of a cluster lose the server at the same moment
  Duration notRenewed(double random) {
    Duration wanted = scaled((1 + random / 2) / FAILED_PER_PERIOD);
    Duration longest = retryPeriod;
    Duration longer =
        wanted.compareTo(SHORTEST_AFTER_FAILURE) < 0 ? SHORTEST_AFTER_FAILURE : wanted;
    return longer.compareTo(longest) > 0 ? longest : longer;
  }

  /// Of whoever wrote at the same moment as another: who won is known at once.
  Duration raced() {
    return retryPeriod.dividedBy(10);
  }

  private Duration scaled(double factor) {
    return Duration.ofNanos((long) (retryPeriod.toNanos() * factor));
  }
}
