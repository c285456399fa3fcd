package dev.thresher.runtime.informer;

import dev.thresher.runtime.queue.Backoff;
import java.time.Duration;

/// The times and sizes of the caches.
///
/// @param watchAtLeast how long the server is asked to let a watch run; up to twice as long, by
///   chance, so that not all watches end together
/// @param silence how long a watch may be without an event or a bookmark before it is begun anew.
///   API servers send a bookmark about once a minute, but often none for a resource that does not
///   change; there a watch is begun anew every so often, which costs one request
/// @param grace how much longer than asked for a watch may run before it is given up
/// @param retry delays after failures in a row; what is waited is between half of it and all
/// @param pageSize objects per page of a list
public record InformerTiming(
    Duration watchAtLeast, Duration silence, Duration grace, Backoff retry, int pageSize) {

  /// 5 to 10 minutes per watch, 90 s of silence, 30 s of grace, 200 ms to 30 s between tries, pages
  /// of 500.
  public static final InformerTiming DEFAULT =
      new InformerTiming(
          Duration.ofMinutes(5),
          Duration.ofSeconds(90),
          Duration.ofSeconds(30),
          new Backoff(Duration.ofMillis(200), Duration.ofSeconds(30)),
          500);

  public InformerTiming withRetry(Backoff backoff) {
    return new InformerTiming(watchAtLeast, silence, grace, backoff, pageSize);
  }

  public InformerTiming withSilence(Duration limit) {
    return new InformerTiming(watchAtLeast, limit, grace, retry, pageSize);
  }

  public InformerTiming withWatchAtLeast(Duration time) {
    return new InformerTiming(time, silence, grace, retry, pageSize);
  }
}
