package dev.thresher.runtime.informer;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// Runs tasks one after the other on one virtual thread, which exists only while there is work.
final class HandlerLine implements Executor {

  private final String name;
  private final Queue<Runnable> line = new ArrayDeque<>();
  private boolean running;
  private boolean closed;

  HandlerLine(String name) {
    this.name = name;
  }

  @Override
  public void execute(Runnable task) {
    synchronized (line) {
      if (closed) {
        return;
      }
      line.add(task);
      if (running) {
        return;
      }
      running = true;
    }
    Thread.ofVirtual().name(name).start(this::drain);
  }

  /// What waits is dropped and nothing is taken any more; a task that runs goes on.
  void close() {
    synchronized (line) {
      closed = true;
      line.clear();
    }
  }

  private void drain() {
    for (Runnable next = poll(); next != null; next = poll()) {
      next.run();
    }
  }

  private @Nullable Runnable poll() {
    synchronized (line) {
      Runnable next = line.poll();
      running = next != null;
      return next;
    }
  }
}
