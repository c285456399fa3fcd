package dev.thresher.runtime.accounts;

import dev.thresher.runtime.queue.Backoff;
import java.time.Duration;
import java.time.Instant;

/// When to ask for the next token.
final class TokenLife {

  /// What is asked for; the API server may give less or more.
  static final Duration WANTED = Duration.ofHours(1);

  /// A token is renewed when this part of its life is over, so that an API server that is away for
  /// minutes costs nothing.
  private static final double USED = 0.8;

  /// However short the life: not more often.
  private static final Duration SHORTEST = Duration.ofSeconds(10);

  static final Backoff AFTER_FAILURE = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));

  private TokenLife() {}

  /// @param now when the token was given
  /// @param expiry as the API server says
  static Duration renewAfter(Instant now, Instant expiry) {
    double life = Duration.between(now, expiry).toMillis();
    Duration used = Duration.ofMillis((long) (life * USED));
    return used.compareTo(SHORTEST) < 0 ? SHORTEST : used;
  }

  /// After a server refused a token that should be good: the account was deleted and made again, or
  /// the server's keys are new.
  ///
  /// @param age of that token
  static Duration replaceAfter(Duration age) {
    return age.compareTo(SHORTEST) < 0 ? SHORTEST.minus(age) : Duration.ZERO;
  }
}
