package dev.thresher.vip.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A file descriptor with the native memory that its calls need.
///
/// Not thread-safe: one thread at a time, with a happens-before edge when another takes over. The
/// number is given back on [#close()] and may be another file's at once, so nothing may be called
/// afterwards; the closed arena makes sure of that.
final class Descriptor implements AutoCloseable {
  static final int CLOEXEC = 0x80000;
  static final int NONBLOCK = 0x800;

  private static final int READ_WRITE = 2;
  static final int DUPLICATE_CLOEXEC = 1030;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVBUFFORCE = 33;

  private final int number;
  private final Arena arena;
  private final MemorySegment errno;
  private boolean closed;

  private Descriptor(int number, Arena arena, MemorySegment errno) {
    this.number = number;
    this.arena = arena;
    this.errno = errno;
  }

  /// A non-blocking socket, numbered low: see [LastClosed].
  static SystemResult<Descriptor> socket(int domain, int type, int protocol) {
    Arena arena = Arena.ofShared();
    MemorySegment errno = arena.allocate(LibC.ERRNO_LAYOUT);
    int number =
        LastClosed.open(
            errno, () -> LibC.socket(errno, domain, type | CLOEXEC | NONBLOCK, protocol));
    return opened("socket(" + domain + ", " + type + ", " + protocol + ")", number, arena, errno);
  }

  /// A non-blocking event counter.
  static SystemResult<Descriptor> eventfd() {
    Arena arena = Arena.ofShared();
    MemorySegment errno = arena.allocate(LibC.ERRNO_LAYOUT);
    return opened("eventfd", LibC.eventfd(errno, 0, CLOEXEC | NONBLOCK), arena, errno);
  }

  /// A file of the node, opened for reading and writing.
  static SystemResult<Descriptor> file(String path) {
    Arena arena = Arena.ofShared();
    MemorySegment errno = arena.allocate(LibC.ERRNO_LAYOUT);
    int number = LibC.open(errno, arena.allocateFrom(path), READ_WRITE | CLOEXEC | NONBLOCK);
    return opened("open " + path, number, arena, errno);
  }

  /// The same file under another number, `least` or above.
  SystemResult<Descriptor> duplicate(int least) {
    Arena other = Arena.ofShared();
    MemorySegment otherErrno = other.allocate(LibC.ERRNO_LAYOUT);
    int duplicate = LibC.fcntl(otherErrno, number, DUPLICATE_CLOEXEC, least);
    return opened("fcntl(F_DUPFD_CLOEXEC, " + least + ")", duplicate, other, otherErrno);
  }

  private static SystemResult<Descriptor> opened(
      String call, int number, Arena arena, MemorySegment errno) {
    if (number < 0) {
      arena.close();
      return SystemResult.failed(call, number);
    }
    return new SystemResult.Ok<>(new Descriptor(number, arena, errno));
  }

  int number() {
    return number;
  }

  MemorySegment errno() {
    return errno;
  }

  /// Memory that lives as long as the descriptor.
  MemorySegment allocate(long size) {
    return arena.allocate(size, 8);
  }

  int bind(MemorySegment address) {
    return LibC.bind(errno, number, address);
  }

  int setOption(int level, int name, int value) {
    try (Arena local = Arena.ofConfined()) {
      return LibC.setsockopt(
          errno, number, level, name, local.allocateFrom(ValueLayout.JAVA_INT, value));
    }
  }

  int setOption(int level, int name, MemorySegment value) {
    return LibC.setsockopt(errno, number, level, name, value);
  }

  /// Room for bursts, beyond the system's limit; where that is not permitted the default stays.
  void receiveBuffer(int octets) {
    int _ = setOption(SOL_SOCKET, SO_RCVBUFFORCE, octets);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      LastClosed.close(errno, number);
      arena.close();
    }
  }
}
