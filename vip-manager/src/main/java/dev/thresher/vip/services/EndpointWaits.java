package dev.thresher.vip.services;

import dev.thresher.api.ObjectKey;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Which Services have waited for their first endpoint for so long that somebody may ask why.
/// Confined to one thread.
final class EndpointWaits {

  /// A Service and its endpoints are made one after the other: that is nothing to speak of.
  static final Duration QUIET = Duration.ofSeconds(5);

  private final Map<ObjectKey, Long> since = new HashMap<>();

  /// Takes in a look.
  ///
  /// @param now monotonic nanoseconds
  /// @return the Services that have waited for longer than [#QUIET]
  Set<ObjectKey> saw(Collection<ServiceReading> readings, Desired desired, long now) {
    Set<ObjectKey> waiting = new HashSet<>();
    for (ServiceReading reading : readings) {
      if (reading instanceof ServiceReading.Asks asks
          && !desired.byService().containsKey(asks.key())) {
        waiting.add(asks.key());
      }
    }
    since.keySet().retainAll(waiting);
    waiting.forEach(key -> since.putIfAbsent(key, now));
    waiting.removeIf(key -> left(since.getOrDefault(key, now), now).isPositive());
    return Set.copyOf(waiting);
  }

  /// When the next one will have waited for so long; empty if there is none.
  Optional<Duration> next(long now) {
    return since.values().stream()
        .map(at -> left(at, now))
        .filter(Duration::isPositive)
        .min(Duration::compareTo);
  }

  private static Duration left(long at, long now) {
    return QUIET.minus(Duration.ofNanos(now - at));
  }
}
