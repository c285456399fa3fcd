package dev.thresher.vip.sealing;

/// Which numbers of one sender were taken: the highest and the 64 below it. Confined to one thread.
final class Window {

  private static final int WIDTH = 64;

  private final long floor;
  private long highest;

  /// Bit i: `highest - i` was taken.
  private long taken = 1;

  /// @param first the first number taken; lower ones never are
  Window(long first) {
    floor = first;
    highest = first;
  }

  /// Takes a number, unless it was taken or is too old to know.
  boolean take(long number) {
    if (number > highest) {
      long shift = number - highest;
      taken = shift >= WIDTH ? 1 : taken << shift | 1;
      highest = number;
      return true;
    }
    long back = highest - number;
    if (number < floor || back >= WIDTH || (taken & 1L << back) != 0) {
      return false;
    }
    taken |= 1L << back;
    return true;
  }
}
