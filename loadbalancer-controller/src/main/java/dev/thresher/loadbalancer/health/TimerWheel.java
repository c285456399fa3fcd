package dev.thresher.loadbalancer.health;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/// Many timers that go off in steps: whatever is due within one step is handed out together, so
/// that thousands of timers cost a hundred wake-ups a second and not thousands.
///
/// A ring of slots, one for each step; a timer that lies further ahead than the ring is long waits
/// in its slot for as many rounds. Adding and taking back cost the same however many there are. Not
/// thread-safe.
final class TimerWheel<T> {

  /// A timer that has not gone off yet.
  static final class Timer<T> {
    private final T item;
    private final long step;
    private boolean over;

    private Timer(T item, long step) {
      this.item = item;
      this.step = step;
    }
  }

  private final long stepNanos;
  private final long origin;
  private final List<ArrayDeque<Timer<T>>> slots;

  /// The first step that has not been looked at.
  private long next;

  private int size;

  /// @param now monotonic time in nanoseconds, as in all that follows
  TimerWheel(long stepNanos, int slots, long now) {
    this.stepNanos = stepNanos;
    this.origin = now;
    this.slots = new ArrayList<>(slots);
    for (int i = 0; i < slots; i++) {
      this.slots.add(new ArrayDeque<>());
    }
  }

  /// Sets a timer. It goes off at the first step that does not lie before `time`.
  Timer<T> set(long time, T item) {
    long step = Math.max(next, Math.ceilDiv(time - origin, stepNanos));
    var timer = new Timer<>(item, step);
    slot(step).add(timer);
    size++;
    return timer;
  }

  /// Takes a timer back; no effect if it has gone off.
  void cancel(Timer<T> timer) {
    if (!timer.over) {
      timer.over = true;
      size--;
    }
  }

  /// Timers that have neither gone off nor been taken back.
  int size() {
    return size;
  }

  /// Hands out what is due, step by step. What is set meanwhile goes off at the next call at the
  /// earliest.
  void advance(long now, Consumer<T> due) {
    long last = Math.floorDiv(now - origin, stepNanos);
    var items = new ArrayList<T>();
    // After a long pause one round passes every slot.
    for (long step = Math.max(next, last - slots.size() + 1); step <= last; step++) {
      for (Iterator<Timer<T>> timers = slot(step).iterator(); timers.hasNext(); ) {
        Timer<T> timer = timers.next();
        if (timer.over || timer.step <= last) {
          timers.remove();
          if (!timer.over) {
            timer.over = true;
            size--;
            items.add(timer.item);
          }
        }
      }
    }
    next = Math.max(next, last + 1);
    items.forEach(due);
  }

  /// Nanoseconds until the next timer goes off, 0 if it is late; empty if there is none. If all lie
  /// further ahead than the ring is long: until the end of the ring.
  OptionalLong untilNext(long now) {
    if (size == 0) {
      return OptionalLong.empty();
    }
    long step = next;
    long end = next + slots.size();
    while (step < end && !hasOf(step)) {
      step++;
    }
    return OptionalLong.of(Math.max(0, origin + step * stepNanos - now));
  }

  private boolean hasOf(long step) {
    for (Timer<T> timer : slot(step)) {
      if (!timer.over && timer.step <= step) {
        return true;
      }
    }
    return false;
  }

  private ArrayDeque<Timer<T>> slot(long step) {
    return slots.get(Math.floorMod(step, slots.size()));
  }
}
