package dev.thresher.vip.lease;

/// What is assumed of clocks: their rates differ from true time by at most 1 percent. Crystal
/// oscillators stay within a hundredth of that; a clock that *stops* (a paused virtual machine) is
/// outside of it, see the page on guarantees.
final class ClockBound {

  /// Largest deviation of a clock's rate from true time.
  static final double RATE = 0.01;

  private ClockBound() {}

  /// A time that is over on any clock after `nanos` are over on any other: longer by 1/32, which is
  /// more than (1 + RATE) / (1 - RATE).
  static long outlasting(long nanos) {
    return nanos + (nanos >> 5) + 1;
  }
}
