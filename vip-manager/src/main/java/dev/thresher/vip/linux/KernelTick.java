package dev.thresher.vip.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/// The step by which the kernel's clock of timeouts moves (`jiffies`): 1 to 10 ms, by the kernel's
/// configuration (`CONFIG_HZ`).
public final class KernelTick {

  /// `linux/time.h`: a clock that moves once per tick.
  private static final int CLOCK_MONOTONIC_COARSE = 6;

  private KernelTick() {}

  /// @throws IllegalStateException if the kernel does not say
  public static Duration length() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(LibC.ERRNO_LAYOUT);
      MemorySegment timespec = arena.allocate(Structs.TIMESPEC, JAVA_LONG.byteAlignment());
      int result = LibC.clockResolution(errno, CLOCK_MONOTONIC_COARSE, timespec);
      if (result < 0) {
        throw new IllegalStateException(
            "clock_getres(CLOCK_MONOTONIC_COARSE) failed with error " + -result);
      }
      return Duration.ofSeconds(
          timespec.get(JAVA_LONG, 0), timespec.get(JAVA_LONG, Structs.TIMESPEC_NSEC));
    }
  }
}
