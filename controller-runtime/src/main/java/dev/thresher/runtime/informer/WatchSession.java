package dev.thresher.runtime.informer;

import com.google.gson.JsonObject;
import dev.thresher.runtime.client.WatchStream;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.runtime.time.Timeline.Deferred;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One watch under supervision: it is closed when it has been silent for too long or has outlived
/// what was agreed with the server.
///
/// Nothing else ends a watch over a connection whose other end has vanished without a word.
final class WatchSession implements AutoCloseable {

  private final WatchStream stream;
  private final Timeline timeline;
  private final long silenceNanos;
  private final long endsAt;
  private volatile long lastHeard;
  private volatile boolean silent;

  private boolean closed;
  private @Nullable Deferred look;

  WatchSession(WatchStream stream, Timeline timeline, Duration silence, Duration longest) {
    this.stream = stream;
    this.timeline = timeline;
    this.silenceNanos = silence.toNanos();
    this.lastHeard = timeline.nanoTime();
    this.endsAt = lastHeard + longest.toNanos();
    lookLater(silenceNanos);
  }

  /// See [WatchStream#open].
  void open() {
    stream.open();
    lastHeard = timeline.nanoTime();
  }

  /// See [WatchStream#next].
  Optional<JsonObject> next() {
    Optional<JsonObject> event = stream.next();
    lastHeard = timeline.nanoTime();
    return event;
  }

  /// Whether it was closed because of silence or age.
  boolean silent() {
    return silent;
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      if (look != null) {
        look.cancel();
      }
    }
    stream.close();
  }

  private synchronized void lookLater(long nanos) {
    if (!closed) {
      look = timeline.after(Duration.ofNanos(nanos), this::look);
    }
  }

  private void look() {
    long now = timeline.nanoTime();
    long left = Math.min(silenceNanos - (now - lastHeard), endsAt - now);
    if (left > 0) {
      lookLater(left);
      return;
    }
    silent = true;
    // Closing may wait for a socket: not on the timeline's thread.
    Thread.ofVirtual().name("watch-end").start(stream::close);
  }
}
