package dev.thresher.vip.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Waits until one of several sources can be read or failed (ppoll(2)).
///
/// For one platform thread: a virtual thread would pin its carrier for the whole wait.
public final class Poller implements AutoCloseable {
  private static final short READABLE = 1;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment errno = arena.allocate(LibC.ERRNO_LAYOUT);
  private final MemorySegment fds;
  private final MemorySegment timeout = arena.allocate(Structs.TIMESPEC, 8);
  private final int count;

  /// @param sources outlive the poller
  public Poller(List<? extends Pollable> sources) {
    count = sources.size();
    fds = arena.allocate((long) Structs.POLLFD * count, 8);
    for (int i = 0; i < count; i++) {
      fds.set(JAVA_INT, (long) Structs.POLLFD * i, sources.get(i).pollNumber());
      fds.set(JAVA_SHORT, (long) Structs.POLLFD * i + Structs.POLLFD_EVENTS, READABLE);
    }
  }

  /// Waits; returns early without a ready source when interrupted by a signal.
  ///
  /// @param nanos at most; negative for no limit
  public void await(long nanos) {
    MemorySegment limit = MemorySegment.NULL;
    if (nanos >= 0) {
      timeout.set(JAVA_LONG, 0, nanos / 1_000_000_000);
      timeout.set(JAVA_LONG, Structs.TIMESPEC_NSEC, nanos % 1_000_000_000);
      limit = timeout;
    }
    int ready = LibC.ppoll(errno, fds, count, limit);
    if (ready < 0 && -ready != Errno.EINTR) {
      throw new IllegalStateException("ppoll of " + count + " files: " + new Errno(-ready));
    }
    if (ready <= 0) {
      for (int i = 0; i < count; i++) {
        fds.set(JAVA_SHORT, (long) Structs.POLLFD * i + Structs.POLLFD_REVENTS, (short) 0);
      }
    }
  }

  /// Whether a source was ready (or failed) at the last wait.
  ///
  /// @param index in the list given at construction
  public boolean ready(int index) {
    return fds.get(JAVA_SHORT, (long) Structs.POLLFD * index + Structs.POLLFD_REVENTS) != 0;
  }

  @Override
  public void close() {
    arena.close();
  }
}
