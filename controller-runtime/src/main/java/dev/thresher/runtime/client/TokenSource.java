package dev.thresher.runtime.client;

import java.time.Duration;
import java.util.Optional;

/// A bearer token that somebody fetches and renews while others use it. Thread-safe.
public interface TokenSource {

  /// The token of now, empty while there is none. Does not block.
  String token();

  /// Waits until there is a token.
  ///
  /// @return why there is none, empty if there is one
  Optional<String> await(Duration atMost) throws InterruptedException;

  /// A server does not accept this token. If it is still the one of now another is fetched. Called
  /// for each such answer; does not block.
  void refused(String token);
}
