package dev.thresher.ccm.controllers.service;

import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Node;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Notices that other nodes take part than before.
///
/// However many nodes change within the window, and however often, the sets are compared once at
/// its end. The first set seen is no change. Thread-safe.
final class NodeSetWatch {

  private final Informer<V1Node> nodes;
  private final Timeline timeline;
  private final Duration window;
  private final Runnable listener;

  private final Object lock = new Object();
  private boolean scheduled;
  private boolean stopped;
  private @Nullable String digest;

  NodeSetWatch(Informer<V1Node> nodes, Timeline timeline, Duration window, Runnable listener) {
    this.nodes = nodes;
    this.timeline = timeline;
    this.window = window;
    this.listener = listener;
  }

  void changed() {
    synchronized (lock) {
      if (scheduled || stopped) {
        return;
      }
      scheduled = true;
    }
    timeline.after(window, this::compare);
  }

  void stop() {
    synchronized (lock) {
      stopped = true;
    }
  }

  private void compare() {
    synchronized (lock) {
      if (stopped) {
        return;
      }
      if (!nodes.hasSynced()) {
        timeline.after(window, this::compare);
        return;
      }
      scheduled = false;
    }
    String now = NodeSet.of(nodes.list()).digest();
    boolean differs;
    synchronized (lock) {
      differs = digest != null && !digest.equals(now);
      digest = now;
    }
    if (differs) {
      listener.run();
    }
  }
}
