package dev.thresher.vip.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.function.IntSupplier;

/// Low numbers for files that take the kernel long to close.
///
/// When a process is killed the kernel closes its files from the highest number down
/// (`kernel/task_work.c` is a stack). A packet socket waits for all processors to have looked away,
/// some ten milliseconds, and so do tables that die with their socket. Others know of a death by
/// the end of a connection: it must not wait behind those, so these have numbers that were taken
/// before there was any connection.
///
/// Thread-safe.
final class LastClosed {

  /// Three for each interface that is served, and some for netlink; whoever finds none left stays
  /// where it is.
  private static final int COUNT = 48;

  private static final LastClosed OURS = new LastClosed();

  private final Set<Integer> numbers = new HashSet<>();
  private final Deque<Integer> free = new ArrayDeque<>();
  private int placeholder = -1;

  private LastClosed() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(LibC.ERRNO_LAYOUT);
      placeholder = LibC.eventfd(errno, 0, Descriptor.CLOEXEC);
      while (placeholder >= 0 && free.size() < COUNT) {
        int number = LibC.fcntl(errno, placeholder, Descriptor.DUPLICATE_CLOEXEC, 0);
        if (number < 0) {
          break;
        }
        numbers.add(number);
        free.addLast(number);
      }
    }
  }

  /// Opens a file under a low number, if there is one left. The numbers are taken before the first
  /// one is opened.
  ///
  /// @param opening the call that opens it
  /// @return its number, or the negative error number of the call
  static int open(MemorySegment errno, IntSupplier opening) {
    int opened = opening.getAsInt();
    return opened < 0 ? opened : OURS.moved(errno, opened);
  }

  /// Closes a file; a low number stays taken.
  static void close(MemorySegment errno, int number) {
    OURS.closed(errno, number);
  }

  private synchronized int moved(MemorySegment errno, int number) {
    Integer low = free.pollFirst();
    if (low == null) {
      return number;
    }
    if (LibC.dup3(errno, number, low, Descriptor.CLOEXEC) < 0) {
      free.addFirst(low);
      return number;
    }
    int _ = LibC.close(errno, number);
    return low;
  }

  private synchronized void closed(MemorySegment errno, int number) {
    if (numbers.contains(number)
        && LibC.dup3(errno, placeholder, number, Descriptor.CLOEXEC) >= 0) {
      free.addFirst(number);
    } else {
      numbers.remove(number);
      int _ = LibC.close(errno, number);
    }
  }
}
