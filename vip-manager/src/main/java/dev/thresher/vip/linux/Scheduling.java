package dev.thresher.vip.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a thread may ask of the scheduler without a privilege.
public final class Scheduling {

  private static final Logger LOG = LoggerFactory.getLogger(Scheduling.class);

  /// The shortest that `kernel/sched/syscalls.c` takes.
  private static final long SHORTEST_SLICE_NANOS = 100_000;

  private static final int THIS_THREAD = 0;

  /// `sched_getattr` and `sched_setattr` of a machine.
  private record Calls(long get, long set) {}

  private Scheduling() {}

  /// Has the calling thread run in the shortest slices. It gets no more of the processor for that,
  /// but gets it sooner when it wakes: a thread that runs in longer slices and is running is put
  /// aside for it. From Linux 6.12 on; does nothing before.
  ///
  /// @return whether the kernel took it
  public static boolean shortSlices() {
    Calls calls =
        switch (System.getProperty("os.arch")) {
          case "amd64" -> new Calls(315, 314);
          case "aarch64" -> new Calls(275, 274);
          default -> null;
        };
    if (calls == null) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(LibC.ERRNO_LAYOUT);
      // As it is, but for the slice: without a privilege nothing else may become better.
      MemorySegment attributes = arena.allocate(Structs.SCHED_ATTR, JAVA_LONG.byteAlignment());
      int result = LibC.syscall(errno, calls.get, THIS_THREAD, attributes, Structs.SCHED_ATTR, 0);
      if (result >= 0) {
        attributes.set(JAVA_LONG, Structs.SCHED_ATTR_RUNTIME, SHORTEST_SLICE_NANOS);
        result = LibC.syscall(errno, calls.set, THIS_THREAD, attributes, 0, 0);
      }
      if (result < 0) {
        LOG.atDebug()
            .addKeyValue("thread", Thread.currentThread().getName())
            .addKeyValue("errno", new Errno(-result))
            .log("the scheduler gives no short slices");
      }
      return result >= 0;
    }
  }
}
