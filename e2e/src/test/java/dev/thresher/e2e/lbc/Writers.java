package dev.thresher.e2e.lbc;

import dev.thresher.e2e.lab.KubeApi.ApiFailure;
import dev.thresher.e2e.lab.LabException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Clients that write without a pause until they are closed.
final class Writers implements AutoCloseable {

  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger writes = new AtomicInteger();
  private final AtomicLong slowest = new AtomicLong();
  private final AtomicBoolean over = new AtomicBoolean();
  private final List<Thread> threads = new ArrayList<>();

  /// One write of many.
  interface Write {
    /// @param number how many this client has made before
    void make(String client, int number);
  }

  Writers(List<String> clients, Write write) {
    for (String client : clients) {
      threads.add(Thread.ofVirtual().start(() -> run(client, write)));
    }
  }

  private void run(String client, Write write) {
    for (int i = 0; !over.get(); i++) {
      long begin = System.nanoTime();
      try {
        write.make(client, i);
        writes.incrementAndGet();
      } catch (ApiFailure | LabException e) {
        failures.add(String.valueOf(e.getMessage()));
      }
      slowest.accumulateAndGet(System.nanoTime() - begin, Math::max);
    }
  }

  List<String> failures() {
    return List.copyOf(failures);
  }

  /// How many have succeeded so far.
  int writes() {
    return writes.get();
  }

  Duration slowest() {
    return Duration.ofNanos(slowest.get());
  }

  @Override
  public String toString() {
    return writes
        + " writes, the slowest "
        + slowest().toMillis()
        + " ms, failed "
        + failures.size();
  }

  @Override
  public void close() {
    over.set(true);
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LabException("interrupted while the last writes ended", e);
      }
    }
  }
}
