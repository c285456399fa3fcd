package dev.thresher.runtime.queue;

import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Keys that wait for a worker.
///
/// - A key is handed out to one worker at a time. Added while it waits, it waits once; added while
///   it is worked on, it waits again as soon as that work is [#done].
/// - [Priority#NEW] goes first, but out of 16 keys handed out at least one is a [Priority#RESYNC]
///   if any waits. A waiting key takes the better of the priorities it was added with.
/// - A key scheduled for later with [#addAfter] has one appointment: the earliest of those asked
///   for. [#add] does not cancel it. So for whatever was asked for there is a look in time; the
///   price is at most one look too many per key.
/// - Failures are counted per key; [#addBackoff] waits longer each time until [#forget].
///   [#retryFailed] ends all such waiting at once.
///
/// Thread-safe. Capacity is that of the heap: a burst is never dropped.
///
/// @param <K> a value with `equals` and `hashCode`
public final class KeyedQueue<K> {

  /// Keeps the sum with a clock reading within a long.
  private static final Duration LONGEST_DELAY = Duration.ofDays(3650);

  private final Backoff backoff;
  private final Timeline timeline;
  private final QueueMetrics metrics;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition available = lock.newCondition();
  private final Condition drained = lock.newCondition();

  private final WaitingKeys<K> waiting = new WaitingKeys<>();
  private final Map<K, Delayed> delayed = new HashMap<>();
  private final Map<K, Running> running = new HashMap<>();
  private final Map<K, Integer> failures = new HashMap<>();
  private State state = State.OPEN;

  public KeyedQueue(Backoff backoff, Timeline timeline, QueueMetrics metrics) {
    this.backoff = backoff;
    this.timeline = timeline;
    this.metrics = metrics;
    metrics.observe(this::snapshot);
  }

  private enum State {
    OPEN,
    /// Hands out what waits, takes nothing new.
    DRAINING,
    CLOSED
  }

  /// Puts a key in, with priority NEW.
  public void add(K key) {
    add(key, Priority.NEW);
  }

  /// Puts a key in. Ignored after the queue was closed.
  public void add(K key, Priority priority) {
    lock.lock();
    try {
      put(key, priority);
    } finally {
      lock.unlock();
    }
  }

  /// Puts a key in when the delay has passed; at once if the delay is zero or negative.
  public void addAfter(K key, Duration delay, Priority priority) {
    lock.lock();
    try {
      schedule(key, delay, priority);
    } finally {
      lock.unlock();
    }
  }

  public void addAfter(K key, Duration delay) {
    addAfter(key, delay, Priority.NEW);
  }

  /// Counts a failure of the key and puts it in again after the backoff.
  ///
  /// @return the delay
  public Duration addBackoff(K key, Priority priority) {
    return addBackoff(key, priority, Duration.ZERO);
  }

  /// Counts a failure of the key and puts it in again after the backoff, but not before `atLeast`.
  public Duration addBackoff(K key, Priority priority, Duration atLeast) {
    lock.lock();
    try {
      Duration delay = backoff.delay(failures.merge(key, 1, KeyedQueue::saturatedSum));
      Duration chosen = delay.compareTo(atLeast) < 0 ? atLeast : delay;
      if (state == State.OPEN) {
        metrics.retried();
      }
      schedule(key, chosen, priority);
      return chosen;
    } finally {
      lock.unlock();
    }
  }

  /// Forgets the failures of a key.
  public void forget(K key) {
    lock.lock();
    try {
      failures.remove(key);
    } finally {
      lock.unlock();
    }
  }

  /// Puts in every key that waits for the end of a backoff, because what it failed for may be over.
  /// Failures stay counted: what fails again waits longer.
  public void retryFailed() {
    lock.lock();
    try {
      for (K key : failures.keySet()) {
        Delayed entry = delayed.remove(key);
        if (entry != null) {
          if (entry.timer != null) {
            entry.timer.cancel();
          }
          put(key, entry.priority);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /// Failures of the key since it was last forgotten.
  public int failures(K key) {
    lock.lock();
    try {
      return failures.getOrDefault(key, 0);
    } finally {
      lock.unlock();
    }
  }

  /// Waits for a key. The caller must call [#done] for it.
  ///
  /// @return empty when the queue is closed
  public Optional<Taken<K>> take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (state != State.CLOSED) {
        Optional<Taken<K>> next = poll();
        if (next.isPresent()) {
          return next;
        }
        available.await();
      }
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /// A key handed out, with the priority it had.
  public record Taken<K>(K key, Priority priority) {}

  /// Ends the work on a key that [#take] gave.
  public void done(K key) {
    lock.lock();
    try {
      Running work = running.remove(key);
      if (work == null) {
        throw new IllegalStateException("done without take: " + key);
      }
      metrics.done(timeline.nanoTime() - work.since);
      if (work.again != null && state != State.CLOSED) {
        enter(key, work.again, work.againSince);
      }
      closeWhenDrained();
    } finally {
      lock.unlock();
    }
  }

  /// Keys that wait to be handed out.
  public int depth() {
    return snapshot().depth();
  }

  public QueueMetrics.Snapshot snapshot() {
    lock.lock();
    try {
      long now = timeline.nanoTime();
      long sum = 0;
      long longest = 0;
      for (Running work : running.values()) {
        long age = now - work.since;
        sum += age;
        longest = Math.max(longest, age);
      }
      return new QueueMetrics.Snapshot(
          waiting.size(), delayed.size(), running.size(), sum, longest);
    } finally {
      lock.unlock();
    }
  }

  /// Closes the queue: nothing is taken in or handed out any more, [#take] returns empty. What
  /// waits is dropped; work in progress goes on.
  public void close() {
    lock.lock();
    try {
      state = State.CLOSED;
      dropDelayed();
      waiting.clear();
      available.signalAll();
      drained.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Takes nothing new, lets the workers finish what waits now and is being worked on, then closes.
  /// Keys scheduled for later are dropped.
  ///
  /// @return false if the time ran out first; the queue is closed then, too
  public boolean drain(Duration atMost) throws InterruptedException {
    long left = TimeUnit.NANOSECONDS.convert(atMost);
    lock.lockInterruptibly();
    try {
      if (state == State.OPEN) {
        state = State.DRAINING;
        dropDelayed();
        closeWhenDrained();
      }
      while (state == State.DRAINING && left > 0) {
        left = drained.awaitNanos(left);
      }
      boolean clean = state == State.CLOSED && running.isEmpty();
      close();
      return clean;
    } finally {
      lock.unlock();
    }
  }

  private void put(K key, Priority priority) {
    if (state != State.OPEN) {
      return;
    }
    long now = timeline.nanoTime();
    Running work = running.get(key);
    if (work == null) {
      if (enter(key, priority, now)) {
        metrics.added();
      }
    } else if (work.again == null) {
      work.again = priority;
      work.againSince = now;
      metrics.added();
    } else if (priority == Priority.NEW) {
      work.again = Priority.NEW;
    }
  }

  private boolean enter(K key, Priority priority, long since) {
    boolean entered = waiting.add(key, priority, since);
    available.signal();
    return entered;
  }

  private Optional<Taken<K>> poll() {
    return waiting
        .poll()
        .map(next -> {
          long now = timeline.nanoTime();
          running.put(next.key(), new Running(now));
          metrics.taken(now - next.since());
          return new Taken<>(next.key(), next.priority());
        });
  }

  private void schedule(K key, Duration delay, Priority priority) {
    if (state != State.OPEN) {
      return;
    }
    if (delay.isZero() || delay.isNegative()) {
      put(key, priority);
      return;
    }
    Duration bounded = delay.compareTo(LONGEST_DELAY) > 0 ? LONGEST_DELAY : delay;
    long due = timeline.nanoTime() + bounded.toNanos();
    Delayed present = delayed.get(key);
    if (present != null && present.due - due <= 0) {
      if (priority == Priority.NEW) {
        present.priority = Priority.NEW;
      }
      return;
    }
    Priority better = present != null && present.priority == Priority.NEW ? Priority.NEW : priority;
    var entry = new Delayed(due, better);
    delayed.put(key, entry);
    if (present != null && present.timer != null) {
      present.timer.cancel();
    }
    entry.timer = timeline.after(bounded, () -> due(key, entry));
  }

  private void due(K key, Delayed entry) {
    lock.lock();
    try {
      // Replaced by an earlier one that has its own timer, or dropped on close.
      if (delayed.remove(key, entry)) {
        put(key, entry.priority);
      }
    } finally {
      lock.unlock();
    }
  }

  private void dropDelayed() {
    for (Delayed entry : delayed.values()) {
      if (entry.timer != null) {
        entry.timer.cancel();
      }
    }
    delayed.clear();
  }

  private void closeWhenDrained() {
    if (state == State.DRAINING && waiting.isEmpty() && running.isEmpty()) {
      state = State.CLOSED;
      available.signalAll();
      drained.signalAll();
    }
  }

  private static int saturatedSum(int a, int b) {
    return (int) Math.min(Integer.MAX_VALUE, (long) a + b);
  }

  /// Identity matters: two entries with equal fields are two appointments.
  private static final class Delayed {
    private final long due;
    private Priority priority;
    private Timeline.@Nullable Deferred timer;

    private Delayed(long due, Priority priority) {
      this.due = due;
      this.priority = priority;
    }
  }

  private static final class Running {
    private final long since;
    private @Nullable Priority again;
    private long againSince;

    private Running(long since) {
      this.since = since;
    }
  }
}
