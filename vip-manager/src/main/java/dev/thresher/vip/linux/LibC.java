package dev.thresher.vip.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/// The C library's system calls. Each returns what the call returned, or the negative error number.
///
/// Every call takes a segment of [#ERRNO_LAYOUT] of its caller's own, into which the error number
/// is captured before the JVM can overwrite it. Segments must not be shared between threads that
/// call at the same time.
final class LibC {
  static final MemoryLayout ERRNO_LAYOUT = Linker.Option.captureStateLayout();

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup SYMBOLS = LINKER.defaultLookup();

  private static final MethodHandle SOCKET = bind("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle BIND = bind("bind", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle CLOSE = bind("close", JAVA_INT, JAVA_INT);
  private static final MethodHandle EVENTFD = bind("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle DUP3 = bind("dup3", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle SETSOCKOPT =
      bind("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle SENDTO =
      bind("sendto", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle RECVFROM =
      bind("recvfrom", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle PPOLL =
      bind("ppoll", JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS);
  private static final MethodHandle READ = bind("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle WRITE = bind("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle CLOCK_GETRES =
      bind("clock_getres", JAVA_INT, JAVA_INT, ADDRESS);

  private static final MethodHandle OPEN = variadic("open", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle IOCTL =
      variadic("ioctl", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
  private static final MethodHandle FCNTL =
      variadic("fcntl", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  // One number, one segment, two numbers beside it: what the calls of the scheduler take.
  private static final MethodHandle SYSCALL =
      bind(
          "syscall",
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
          Linker.Option.firstVariadicArg(1));
  private static final MethodHandle IF_NAMETOINDEX = bind("if_nametoindex", JAVA_INT, ADDRESS);

  private LibC() {}

  private static MethodHandle bind(String name, ValueLayout result, MemoryLayout... parameters) {
    return bind(name, FunctionDescriptor.of(result, parameters));
  }

  /// A function of two fixed parameters and some more.
  private static MethodHandle variadic(
      String name, ValueLayout result, MemoryLayout... parameters) {
    return bind(name, FunctionDescriptor.of(result, parameters), Linker.Option.firstVariadicArg(2));
  }

  private static MethodHandle bind(
      String name, FunctionDescriptor shape, Linker.Option... options) {
    Linker.Option[] all = Arrays.copyOf(options, options.length + 1);
    all[options.length] = Linker.Option.captureCallState("errno");
    return LINKER.downcallHandle(
        SYMBOLS
            .find(name)
            .orElseThrow(() -> new IllegalStateException("the C library has no " + name)),
        shape,
        all);
  }

  static int socket(MemorySegment errno, int domain, int type, int protocol) {
    try {
      return result(errno, (int) SOCKET.invokeExact(errno, domain, type, protocol));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int bind(MemorySegment errno, int fd, MemorySegment address) {
    try {
      return result(errno, (int) BIND.invokeExact(errno, fd, address, (int) address.byteSize()));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int close(MemorySegment errno, int fd) {
    try {
      return result(errno, (int) CLOSE.invokeExact(errno, fd));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int eventfd(MemorySegment errno, int initial, int flags) {
    try {
      return result(errno, (int) EVENTFD.invokeExact(errno, initial, flags));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int dup3(MemorySegment errno, int fd, int number, int flags) {
    try {
      return result(errno, (int) DUP3.invokeExact(errno, fd, number, flags));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int setsockopt(MemorySegment errno, int fd, int level, int name, MemorySegment value) {
    try {
      return result(
          errno,
          (int) SETSOCKOPT.invokeExact(errno, fd, level, name, value, (int) value.byteSize()));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int sendto(
      MemorySegment errno, int fd, MemorySegment octets, long length, MemorySegment to) {
    try {
      return result(
          errno, (long) SENDTO.invokeExact(errno, fd, octets, length, 0, to, (int) to.byteSize()));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int recvfrom(
      MemorySegment errno,
      int fd,
      MemorySegment into,
      int flags,
      MemorySegment from,
      MemorySegment fromLength) {
    try {
      return result(
          errno,
          (long) RECVFROM.invokeExact(errno, fd, into, into.byteSize(), flags, from, fromLength));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int ppoll(MemorySegment errno, MemorySegment fds, long count, MemorySegment timeout) {
    try {
      return result(errno, (int) PPOLL.invokeExact(errno, fds, count, timeout, MemorySegment.NULL));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int read(MemorySegment errno, int fd, MemorySegment into) {
    try {
      return result(errno, (long) READ.invokeExact(errno, fd, into, into.byteSize()));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int write(MemorySegment errno, int fd, MemorySegment octets) {
    try {
      return result(errno, (long) WRITE.invokeExact(errno, fd, octets, octets.byteSize()));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int clockResolution(MemorySegment errno, int clock, MemorySegment timespec) {
    try {
      return result(errno, (int) CLOCK_GETRES.invokeExact(errno, clock, timespec));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int open(MemorySegment errno, MemorySegment path, int flags) {
    try {
      return result(errno, (int) OPEN.invokeExact(errno, path, flags));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int ioctl(MemorySegment errno, int fd, long request, MemorySegment argument) {
    try {
      return result(errno, (int) IOCTL.invokeExact(errno, fd, request, argument));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int fcntl(MemorySegment errno, int fd, int command, int argument) {
    try {
      return result(errno, (int) FCNTL.invokeExact(errno, fd, command, argument));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /// A system call for which the C library has no function of its own.
  static int syscall(
      MemorySegment errno, long number, int first, MemorySegment second, int third, int fourth) {
    try {
      return result(errno, (long) SYSCALL.invokeExact(errno, number, first, second, third, fourth));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /// The index of an interface, or the negative error number.
  static int interfaceIndex(MemorySegment errno, MemorySegment name) {
    try {
      int index = (int) IF_NAMETOINDEX.invokeExact(errno, name);
      return index > 0 ? index : -errno.get(JAVA_INT, 0);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  private static int result(MemorySegment errno, long returned) {
    return returned >= 0 ? (int) returned : -errno.get(JAVA_INT, 0);
  }

  private static AssertionError unexpected(Throwable t) {
    return new AssertionError("a system call cannot throw", t);
  }
}
