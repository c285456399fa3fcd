package dev.thresher.ccm.controllers.service;

import dev.thresher.api.names.ThresherNames;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import io.kubernetes.client.openapi.models.V1Condition;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// What the condition `thresher.dev/LoadBalancerReady` of a Service is to say.
///
/// A Service that never was in trouble has none, so that it costs no write. Once there, the
/// condition is kept true.
sealed interface Readiness {

  /// Longest message of a condition (apimachinery, `meta/v1`, `Condition`).
  int MAX_MESSAGE = 32_768;

  /// It is as the Service asks, and has an address.
  record Good() implements Readiness {}

  /// It is on the way.
  record Waiting(String waitingFor) implements Readiness {}

  /// It is not as the Service asks; an address from before may go on working.
  ///
  /// @param reason a word in CamelCase
  record Bad(String reason, String message) implements Readiness {}

  /// It is not for this program to say.
  record Unsaid() implements Readiness {}

  static Readiness of(State state) {
    return switch (state) {
      case State.Done(var ingress, _) ->
          ingress.isEmpty() ? new Waiting("somebody to answer the address") : new Good();
      case State.Impaired(_, String reason, String message) -> new Bad(reason, message);
      case State.Pending(String waitingFor) -> new Waiting(waitingFor);
      case State.Blocked(String reason, String message) -> new Bad(reason, message);
      case State.RetryAfter(_, String why) -> new Waiting(why);
      case State.ImplementedElsewhere() -> new Unsaid();
    };
  }

  /// The conditions of the Service with this one among them.
  ///
  /// @param present as they are
  /// @return empty if they are right
  default Optional<List<V1Condition>> among(List<V1Condition> present, Instant now) {
    Optional<V1Condition> before = present.stream().filter(Readiness::isOurs).findFirst();
    Optional<V1Condition> after =
        switch (this) {
          case Bad(String reason, String message) ->
              Optional.of(condition("False", reason, message));
          case Waiting(String waitingFor) ->
              before.map(_ -> condition("False", "Pending", "waiting for " + waitingFor));
          case Good() ->
              before.map(_ -> condition("True", "Ensured", "it is as the Service asks for it"));
          case Unsaid() -> Optional.empty();
        };
    if (before.map(Readiness::words).equals(after.map(Readiness::words))) {
      return Optional.empty();
    }
    List<V1Condition> all = new ArrayList<>(present);
    all.removeIf(Readiness::isOurs);
    after.ifPresent(condition -> {
      boolean sameStatus =
          before
              .filter(seen -> Objects.equals(seen.getStatus(), condition.getStatus()))
              .filter(seen -> seen.getLastTransitionTime() != null)
              .isPresent();
      all.add(
          condition.lastTransitionTime(
              sameStatus
                  ? before.get().getLastTransitionTime()
                  : OffsetDateTime.ofInstant(now.truncatedTo(ChronoUnit.SECONDS), ZoneOffset.UTC)));
    });
    return Optional.of(all);
  }

  private static boolean isOurs(V1Condition condition) {
    return ThresherNames.LOAD_BALANCER_READY.equals(condition.getType());
  }

  private static List<String> words(V1Condition condition) {
    return List.of(
        String.valueOf(condition.getStatus()),
        String.valueOf(condition.getReason()),
        String.valueOf(condition.getMessage()));
  }

  private static V1Condition condition(String status, String reason, String message) {
    return new V1Condition()
        .type(ThresherNames.LOAD_BALANCER_READY)
        .status(status)
        .reason(reason)
        .message(message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE));
  }
}
