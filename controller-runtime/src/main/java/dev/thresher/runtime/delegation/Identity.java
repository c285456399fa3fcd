package dev.thresher.runtime.delegation;

/// What one way of authentication says of a request.
sealed interface Identity {

  record Known(User user) implements Identity {}

  /// The request shows nothing of this kind.
  record Nothing() implements Identity {}

  /// What it shows is not accepted.
  ///
  /// @param why for the client: says nothing secret
  record Refused(String why) implements Identity {}
}
