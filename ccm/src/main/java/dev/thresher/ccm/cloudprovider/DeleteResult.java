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

  /// Ask again after exactly this time; not a failure.
  record RetryAfter(Duration delay, String why) implements DeleteResult {}
}
