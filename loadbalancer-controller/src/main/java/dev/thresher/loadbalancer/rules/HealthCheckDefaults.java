package dev.thresher.loadbalancer.rules;

import dev.thresher.api.loadbalancer.HealthCheck;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What zeros and absent fields of a health check stand for: the numbers that Harvester's mutating
/// webhook writes in their place.
public final class HealthCheckDefaults {

  public static final int SUCCESS_THRESHOLD = 2;
  public static final int FAILURE_THRESHOLD = 2;
  public static final int PERIOD_SECONDS = 1;
  public static final int TIMEOUT_SECONDS = 1;

  private HealthCheckDefaults() {}

  /// A check with all its numbers.
  ///
  /// @param port at the back end, from 1
  public record Complete(
      int port,
      int successThreshold,
      int failureThreshold,
      int periodSeconds,
      int timeoutSeconds) {}

  /// Empty if there is no check, which is so without a port.
  public static Optional<Complete> complete(@Nullable HealthCheck check) {
    if (check == null || Listeners.isZero(check.getPort())) {
      return Optional.empty();
    }
    return Optional.of(
        new Complete(
            check.getPort(),
            or(check.getSuccessThreshold(), SUCCESS_THRESHOLD),
            or(check.getFailureThreshold(), FAILURE_THRESHOLD),
            or(check.getPeriodSeconds(), PERIOD_SECONDS),
            or(check.getTimeoutSeconds(), TIMEOUT_SECONDS)));
  }

  /// The fields to be filled in, by name.
  public static Map<String, Integer> missing(@Nullable HealthCheck check) {
    Map<String, Integer> missing = new LinkedHashMap<>();
    complete(check)
        .ifPresent(complete -> {
          HealthCheck said = Objects.requireNonNull(check);
          put(missing, "successThreshold", said.getSuccessThreshold(), complete.successThreshold());
          put(missing, "failureThreshold", said.getFailureThreshold(), complete.failureThreshold());
          put(missing, "periodSeconds", said.getPeriodSeconds(), complete.periodSeconds());
          put(missing, "timeoutSeconds", said.getTimeoutSeconds(), complete.timeoutSeconds());
        });
    return missing;
  }

  private static void put(
      Map<String, Integer> missing, String field, @Nullable Integer said, int wanted) {
    if (Listeners.isZero(said)) {
      missing.put(field, wanted);
    }
  }

  private static int or(@Nullable Integer said, int otherwise) {
    return said == null || said == 0 ? otherwise : said;
  }
}
