package dev.thresher.loadbalancer.health;

import java.time.Duration;

/// How back ends are checked.
///
/// @param probe what each is asked
/// @param port at which port, 1 to 65535
/// @param successThreshold successes in a row that make a back end healthy, at least 1
/// @param failureThreshold failures in a row that make it unhealthy, at least 1
/// @param period from the begin of one probe to the begin of the next; longer if an answer takes
///   longer, since no back end is asked twice at a time
/// @param timeout after which an answer that has not come is a failure
public record Check(
    Probe probe,
    int port,
    int successThreshold,
    int failureThreshold,
    Duration period,
    Duration timeout) {

  public Check {
    if (port < 1
        || port > 65_535
        || successThreshold < 1
        || failureThreshold < 1
        || !period.isPositive()
        || !timeout.isPositive()) {
      throw new IllegalArgumentException(
          "want a port from 1 to 65535, and thresholds, period and timeout above zero, got port "
              + port
              + ", thresholds "
              + successThreshold
              + " and "
              + failureThreshold
              + ", period "
              + period
              + ", timeout "
              + timeout);
    }
  }
}
