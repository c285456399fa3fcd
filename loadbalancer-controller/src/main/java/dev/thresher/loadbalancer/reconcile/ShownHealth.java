package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.loadbalancer.Backend;
import dev.thresher.loadbalancer.health.Verdict;
import java.util.Optional;

/// What `status.backends[].health` says of a back end. Whether it takes part is another matter: one
/// that is healthy may leave, and one that nobody probes takes part.
enum ShownHealth {
  HEALTHY("Healthy"),
  UNHEALTHY("Unhealthy"),
  /// It is to be probed, and there is no verdict yet.
  UNKNOWN("Unknown"),
  NOT_PROBED("NotProbed");

  private final String text;

  ShownHealth(String text) {
    this.text = text;
  }

  /// As it stands in the status.
  String text() {
    return text;
  }

  /// @param verdict empty if nobody is to probe it
  static ShownHealth of(Optional<Verdict> verdict) {
    return verdict.map(ShownHealth::of).orElse(NOT_PROBED);
  }

  private static ShownHealth of(Verdict verdict) {
    return switch (verdict.ground()) {
      case NOBODY_ASKS -> NOT_PROBED;
      case TRAFFIC -> UNKNOWN;
      case ANSWERS ->
          switch (verdict.health()) {
            case UP -> HEALTHY;
            case DOWN -> UNHEALTHY;
            case UNKNOWN -> UNKNOWN;
          };
    };
  }

  /// Whether the status says this of a back end.
  boolean isSaidOf(Backend backend) {
    return text.equals(backend.getHealth());
  }
}
