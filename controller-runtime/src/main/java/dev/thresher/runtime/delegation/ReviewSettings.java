package dev.thresher.runtime.delegation;

import java.time.Duration;

/// How long answers of the API server count.
///
/// @param token of a TokenReview
/// @param authorized of a SubjectAccessReview that allows
/// @param unauthorized of one that does not
public record ReviewSettings(Duration token, Duration authorized, Duration unauthorized) {

  /// Upstream's: 10 s each.
  public static final ReviewSettings DEFAULTS =
      new ReviewSettings(Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(10));
}
