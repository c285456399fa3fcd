package dev.thresher.vip.app;

import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.time.Timeline;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gives back what a burst of work left of the heap. The collector gives memory back only after a
/// full collection, and a program at rest has none: what it took while a thousand Services came
/// would stay taken. A full collection stops the program for some 30 ms, so there is one only after
/// the heap has grown, and at rest.
final class RestingHeap implements Component {

  private static final Logger LOG = LoggerFactory.getLogger(RestingHeap.class);

  private static final Duration LOOK = Duration.ofSeconds(5);

  /// Less is not worth a pause.
  private static final long SMALL = 16L << 20;

  /// Never more often than so.
  private static final int LOOKS_BETWEEN = 12;

  /// What was seen at a look.
  ///
  /// @param committed bytes of the heap
  /// @param collections since the program began
  record Seen(long committed, long collections) {}

  /// What is remembered from look to look.
  ///
  /// @param last what was seen
  /// @param trimmed bytes of the heap after it was given back the last time, 0: never
  /// @param looksSince looks since then
  record State(Seen last, long trimmed, int looksSince) {

    static State begin(Seen first) {
      return new State(first, 0, LOOKS_BETWEEN);
    }

    /// Whether the heap has grown and the program is at rest.
    boolean isDue(Seen now) {
      return now.committed >= Math.max(SMALL, trimmed + trimmed / 4)
          && now.collections - last.collections <= 1
          && looksSince >= LOOKS_BETWEEN;
    }

    State seen(Seen now) {
      return new State(now, trimmed, looksSince + 1);
    }

    State trimmed(Seen after) {
      return new State(after, after.committed, 0);
    }
  }

  private final Timeline timeline;
  private State state;
  private Timeline.@Nullable Deferred next;
  private boolean stopped;

  RestingHeap(Timeline timeline) {
    this.timeline = timeline;
    this.state = State.begin(look());
  }

  @Override
  public String name() {
    return "heap";
  }

  @Override
  public synchronized void start() {
    next = timeline.after(LOOK, this::turn);
  }

  @Override
  public synchronized void stop() {
    stopped = true;
    if (next != null) {
      next.cancel();
    }
  }

  private void turn() {
    // Off the timeline's thread, which others wait for.
    Thread.ofVirtual().name("heap").start(this::tend);
  }

  private synchronized void tend() {
    if (stopped) {
      return;
    }
    Seen now = look();
    if (state.isDue(now)) {
      System.gc();
      Seen after = look();
      state = state.trimmed(after);
      LOG.atDebug()
          .addKeyValue("before", now.committed())
          .addKeyValue("after", after.committed())
          .log("gave back memory of the heap");
    } else {
      state = state.seen(now);
    }
    next = timeline.after(LOOK, this::turn);
  }

  private static Seen look() {
    long collections = 0;
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      collections += Math.max(0, collector.getCollectionCount());
    }
    return new Seen(
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted(), collections);
  }
}
