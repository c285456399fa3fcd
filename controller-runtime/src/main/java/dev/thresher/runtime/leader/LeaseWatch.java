package dev.thresher.runtime.leader;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.WatchApi;
import dev.thresher.runtime.client.WatchQuery;
import dev.thresher.runtime.client.WatchStream;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Watches the lease on behalf of a candidate and tells it when the lease becomes free, so that a
/// release is noticed within milliseconds and not at the next look.
///
/// Only a hint: without it, or when the role does not allow `watch`, the election still looks every
/// retry period. Ends for good when it is told to, or is not allowed.
final class LeaseWatch {

  private static final Logger log = LoggerFactory.getLogger(LeaderElection.class);
  private static final Duration SERVER_TIMEOUT = Duration.ofMinutes(5);

  private final WatchApi api;
  private final LeaderElectionConfig config;
  private final Timeline timeline;
  private final Runnable free;

  private final Object lock = new Object();
  private boolean ended;
  private boolean hearing;
  private @Nullable WatchStream stream;
  private @Nullable Thread thread;
  private long heardAt;
  private int watches;

  /// @param free called when the lease is seen to be free
  LeaseWatch(WatchApi api, LeaderElectionConfig config, Timeline timeline, Runnable free) {
    this.api = api;
    this.config = config;
    this.timeline = timeline;
    this.free = free;
  }

  void start() {
    synchronized (lock) {
      if (!ended && thread == null) {
        thread = Thread.ofVirtual().name("leader-election-watch").start(this::run);
      }
    }
  }

  /// Returns at once; may be called from any thread, and more than once.
  void end() {
    synchronized (lock) {
      ended = true;
      if (stream != null) {
        stream.close();
      }
      if (thread != null) {
        thread.interrupt();
      }
    }
  }

  /// Whether a release would be noticed now: a watch has told the present state, and has not ended.
  boolean hears() {
    synchronized (lock) {
      return hearing && !ended;
    }
  }

  private void run() {
    try {
      while (!isEnded()) {
        follow();
        // Not sooner: what ended the watch may end the next one, too.
        Thread.sleep(config.retryPeriod());
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void follow() {
    WatchStream opened =
        api.watch(
            CoreTypes.LEASE,
            new WatchQuery(
                config.lease().namespace(),
                "",
                "metadata.name=" + config.lease().name(),
                // Whatever the server has in memory, beginning with the present state.
                "0",
                SERVER_TIMEOUT));
    synchronized (lock) {
      if (ended) {
        return;
      }
      stream = opened;
      heardAt = timeline.nanoTime();
      watches++;
      guardAgainstSilence(opened, watches);
    }
    try (opened) {
      Optional<JsonObject> event = opened.next();
      while (event.isPresent()) {
        hear(event.get());
        event = opened.next();
      }
    } catch (KubeApiException e) {
      interrupted(e);
    } finally {
      synchronized (lock) {
        hearing = false;
      }
    }
  }

  private void interrupted(KubeApiException e) {
    if (isEnded()) {
      return;
    }
    if (e.is(Reason.FORBIDDEN)) {
      log.atInfo()
          .addKeyValue("lease", config.lease())
          .addKeyValue("retryPeriod", config.retryPeriod())
          .log("the role does not allow to watch the lease, a release is noticed by looking");
      end();
      return;
    }
    log.atDebug()
        .addKeyValue("lease", config.lease())
        .addKeyValue("error", e.getMessage())
        .log("watch of the lease ended");
  }

  private void hear(JsonObject event) {
    synchronized (lock) {
      heardAt = timeline.nanoTime();
      hearing = true;
    }
    String type = event.has("type") ? event.get("type").getAsString() : "";
    boolean isFree =
        switch (type) {
          case "DELETED" -> true;
          case "ADDED", "MODIFIED" ->
              event.get("object") instanceof JsonObject object
                  && new LeaseDocument(object).holder().isEmpty();
          default -> false;
        };
    if (isFree) {
      free.run();
    }
  }

  /// A holder renews several times per lease duration: a watch that hears nothing for so long is a
  /// dead connection, or the holder is dead and the election finds out by itself.
  private void guardAgainstSilence(WatchStream guarded, int number) {
    var _ =
        timeline.after(
            config.leaseDuration(),
            () -> {
              synchronized (lock) {
                if (ended || watches != number) {
                  return;
                }
                if (timeline.nanoTime() - heardAt < config.leaseDuration().toNanos()) {
                  guardAgainstSilence(guarded, number);
                  return;
                }
              }
              guarded.close();
            });
  }

  private boolean isEnded() {
    synchronized (lock) {
      return ended;
    }
  }
}
