package dev.thresher.ccm.controllers.service;

import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Node;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Notices that other nodes take part than before.
///
/// However many nodes change within the window, and however often, the sets are compared once at
/// its end. The first set seen is a change, too: Services may have been looked at with an earlier
/// one while the caches filled. Thread-safe.
final class NodeSetWatch {

  private final Informer<V1Node> nodes;
  private final Supplier<NodeSet> set;
  private final Timeline timeline;
  private final Duration window;
  private final Consumer<NodeSet> listener;

  private final Object lock = new Object();
  private boolean scheduled;
  private boolean stopped;
  private @Nullable String digest;

  NodeSetWatch(
      Informer<V1Node> nodes,
      Supplier<NodeSet> set,
      Timeline timeline,
      Duration window,
      Consumer<NodeSet> listener) {
    this.nodes = nodes;
    this.set = set;
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
    NodeSet now = set.get();
    boolean differs;
    synchronized (lock) {
      differs = !now.digest().equals(digest);
      digest = now.digest();
    }
    if (differs) {
      listener.accept(now);
    }
  }
}
