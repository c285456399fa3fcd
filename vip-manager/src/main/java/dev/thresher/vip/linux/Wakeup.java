package dev.thresher.vip.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/// Ends another thread's wait in a [Poller] (eventfd(2)).
public final class Wakeup implements AutoCloseable, Pollable {
  private final Descriptor descriptor;
  private final MemorySegment one;
  private final MemorySegment counter;
  private boolean closed;

  private Wakeup(Descriptor descriptor) {
    this.descriptor = descriptor;
    this.one = descriptor.allocate(8);
    this.counter = descriptor.allocate(8);
    one.set(JAVA_LONG, 0, 1);
  }

  /// Opens one.
  public static SystemResult<Wakeup> open() {
    return switch (Descriptor.eventfd()) {
      case SystemResult.Failed<Descriptor> failed -> failed.as();
      case SystemResult.Ok<Descriptor>(Descriptor descriptor) ->
          new SystemResult.Ok<>(new Wakeup(descriptor));
    };
  }

  /// Wakes the waiting thread, now or at its next wait. Any thread; nothing after [#close()].
  public synchronized void signal() {
    if (!closed) {
      // Fails only with EAGAIN when the counter is full: then the wake-up is pending anyway.
      int _ = LibC.write(descriptor.errno(), descriptor.number(), one);
    }
  }

  /// Forgets earlier signals, so that the next wait waits.
  public synchronized void clear() {
    if (!closed) {
      int _ = LibC.read(descriptor.errno(), descriptor.number(), counter);
    }
  }

  @Override
  public int pollNumber() {
    return descriptor.number();
  }

  @Override
  public synchronized void close() {
    closed = true;
    descriptor.close();
  }
}
