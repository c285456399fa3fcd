package dev.thresher.ccm.cloudprovider;

import java.time.Duration;

/// What came of the wish that a load balancer be gone.
public sealed interface DeleteResult {

  /// Nothing of it is left.
  ///
  /// @param marks what to change on the Service, if that stays
  record Gone(ServiceMarks marks) implements DeleteResult {}

  /// It is going; the provider reports when that changes.
  record Deleting(String waitingFor) implements DeleteResult {}

  /// It stays until something else changes, which the provider reports; the owner of the Service is
  /// told.
  ///
  /// @param reason a word in CamelCase
  /// @param message what was wanted, what stands in the way, what to do
  record Blocked(String reason, String message) implements DeleteResult {}

  /// Ask again after exactly this time; not a failure.
  record RetryAfter(Duration delay, String why) implements DeleteResult {}
}
