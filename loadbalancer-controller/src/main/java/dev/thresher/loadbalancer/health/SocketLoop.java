package dev.thresher.loadbalancer.health;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One thread that asks all back ends that are not asked over TLS, with non-blocking sockets: a
/// probe costs a few system calls and no thread.
///
/// At most [#MOST] are under way; others wait their turn, and their time runs from its begin.
final class SocketLoop implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(SocketLoop.class);

  /// Sockets open at a time.
  static final int MOST = 2000;

  private static final long STEP_NANOS = Duration.ofMillis(10).toNanos();
  private static final int BUFFER = 32_768;

  private final Selector selector;
  private final Queue<Attempt> arrivals = new ConcurrentLinkedQueue<>();
  private final ArrayDeque<Attempt> waiting = new ArrayDeque<>();
  private final Set<Attempt> underWay = new HashSet<>();
  private final TimerWheel<Attempt> deadlines =
      new TimerWheel<>(STEP_NANOS, 512, System.nanoTime());
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
  private final AtomicBoolean stopped = new AtomicBoolean();

  SocketLoop() throws IOException {
    selector = Selector.open();
  }

  /// Thread-safe.
  void add(Attempt attempt) {
    arrivals.add(attempt);
    selector.wakeup();
  }

  /// Ends the thread soon. Thread-safe.
  void stop() {
    stopped.set(true);
    selector.wakeup();
  }

  @Override
  public void run() {
    try (selector) {
      while (!stopped.get()) {
        admit();
        selector.select(this::ready, millisUntilDeadline());
        deadlines.advance(System.nanoTime(), attempt -> end(attempt, attempt.timeout()));
      }
      for (Attempt attempt : Set.copyOf(underWay)) {
        end(attempt, new Outcome.Inconclusive("the program ends"));
      }
    } catch (IOException e) {
      log.atError().setCause(e).log("health checks have ended: the selector failed");
    }
  }

  /// 0 means for ever.
  private long millisUntilDeadline() {
    var until = deadlines.untilNext(System.nanoTime());
    return until.isEmpty() ? 0 : TimeUnit.NANOSECONDS.toMillis(until.getAsLong()) + 1;
  }

  private void admit() {
    for (Attempt next = arrivals.poll(); next != null; next = arrivals.poll()) {
      waiting.add(next);
    }
    while (underWay.size() < MOST && !waiting.isEmpty()) {
      Attempt attempt = waiting.remove();
      underWay.add(attempt);
      attempt.deadline =
          deadlines.set(System.nanoTime() + attempt.check().timeout().toNanos(), attempt);
      try {
        attempt.begin(selector).ifPresent(outcome -> end(attempt, outcome));
      } catch (IOException e) {
        end(attempt, attempt.fault(e));
      } catch (RuntimeException e) {
        defect(attempt, e);
      }
    }
  }

  private void ready(SelectionKey key) {
    var attempt = (Attempt) key.attachment();
    try {
      attempt.ready(selector, buffer).ifPresent(outcome -> end(attempt, outcome));
    } catch (IOException e) {
      end(attempt, attempt.fault(e));
    } catch (RuntimeException e) {
      defect(attempt, e);
    }
  }

  /// One probe that goes wrong must not end the others.
  private void defect(Attempt attempt, RuntimeException e) {
    log.atError().setCause(e).log("probe failed");
    end(attempt, new Outcome.Inconclusive("the probe failed: " + e));
  }

  private void end(Attempt attempt, Outcome outcome) {
    if (!underWay.remove(attempt)) {
      return;
    }
    if (attempt.deadline != null) {
      deadlines.cancel(attempt.deadline);
    }
    try {
      attempt.end(outcome);
    } catch (IOException e) {
      log.atWarn().setCause(e).log("socket of a probe could not be closed");
    }
  }
}
