package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// How long something has been waited for, by UID of a Service. Thread-safe.
final class Patience {

  private final Timeline timeline;
  private final Map<String, Long> since = new ConcurrentHashMap<>();

  Patience(Timeline timeline) {
    this.timeline = timeline;
  }

  /// Time since this was first called after the last [#end]; zero at the first call.
  Duration waited(String uid) {
    long now = timeline.nanoTime();
    return Duration.ofNanos(now - since.computeIfAbsent(uid, _ -> now));
  }

  void end(String uid) {
    since.remove(uid);
  }
}
