package dev.thresher.ccm.cloudprovider;

import java.time.Duration;
import java.util.List;

/// What came of the wish for a load balancer.
///
/// @param state how far it is
/// @param marks what the provider wants on the Service, in any state
/// @param notices what the owner of the Service should know besides
public record EnsureResult(State state, ServiceMarks marks, List<Notice> notices) {

  public EnsureResult {
    notices = List.copyOf(notices);
  }

  public static EnsureResult of(State state) {
    return new EnsureResult(state, ServiceMarks.NONE, List.of());
  }

  public EnsureResult with(ServiceMarks newMarks) {
    return new EnsureResult(state, newMarks, notices);
  }

  public EnsureResult with(List<Notice> newNotices) {
    return new EnsureResult(state, marks, newNotices);
  }

  /// How far it is.
  public sealed interface State {

    /// The balancer is as wanted.
    ///
    /// @param ingress what reaches it
    /// @param statusWriter who writes that into the Service
    record Done(List<IngressPoint> ingress, StatusWriter statusWriter) implements State {
      public Done {
        ingress = List.copyOf(ingress);
      }
    }

    /// All that can be done here is done, and the cloud says that it does not serve, or not wholly.
    ///
    /// @param done what is told of it all the same
    /// @param reason a word in CamelCase
    /// @param message what the cloud says
    record Impaired(Done done, String reason, String message) implements State {}

    /// The cloud is at work; the provider reports when that changes.
    record Pending(String waitingFor) implements State {}

    /// It does not go on until the Service or the cloud changes, which wakes the Service up: no
    /// retry by time.
    ///
    /// @param reason a word in CamelCase
    /// @param message what was wanted, what stands in the way, what to do
    record Blocked(String reason, String message) implements State {}

    /// Ask again after exactly this time; not a failure.
    record RetryAfter(Duration delay, String why) implements State {}

    /// Somebody else looks after this Service: leave its status alone.
    record ImplementedElsewhere() implements State {}
  }

  /// Who writes `status.loadBalancer` of a Service that is [State.Done].
  public enum StatusWriter {
    /// The service controller.
    CONTROLLER,
    /// Another program, which holds the address.
    ELSEWHERE
  }

  /// A warning for the owner of the Service.
  ///
  /// @param reason a word in CamelCase
  public record Notice(String reason, String message) {}
}
