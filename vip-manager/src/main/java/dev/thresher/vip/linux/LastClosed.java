package dev.thresher.vip.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

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
        free.addLast(number);
      }
    }
  }

  /// Takes the numbers, if that was not done before: to be called before anything is opened that is
  /// to be moved.
  static void reserve() {
    // The class is initialised by the call.
  }

  /// Moves an open file to a low number.
  ///
  /// @return its number from now on: the one it had, if there is no other
  static int move(MemorySegment errno, int number) {
    return OURS.moved(errno, number);
  }

  /// Closes a file that was moved; its number stays taken.
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
    if (LibC.dup3(errno, placeholder, number, Descriptor.CLOEXEC) < 0) {
      int _ = LibC.close(errno, number);
    } else {
      free.addFirst(number);
    }
  }
}
