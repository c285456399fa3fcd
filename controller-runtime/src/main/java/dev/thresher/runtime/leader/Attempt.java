package dev.thresher.runtime.leader;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A call to the API server that can be waited for and given up.
final class Attempt implements Runnable {

  private final Consumer<Attempt> body;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Object lock = new Object();
  private @Nullable Thread thread;

  Attempt(Consumer<Attempt> body) {
    this.body = body;
  }

  @Override
  public void run() {
    synchronized (lock) {
      thread = Thread.currentThread();
    }
    try {
      body.accept(this);
    } finally {
      synchronized (lock) {
        thread = null;
      }
      ended.countDown();
    }
  }

  /// Interrupts the call if it runs; never the thread when it does something else already.
  void interrupt() {
    synchronized (lock) {
      if (thread != null) {
        thread.interrupt();
      }
    }
  }

  /// @return false if it has not ended in time, or the calling thread was interrupted
  boolean await(Duration atMost) {
    try {
      return ended.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
