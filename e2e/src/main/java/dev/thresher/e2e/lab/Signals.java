package dev.thresher.e2e.lab;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// `kill(2)`, which [Process] offers for two signals only; without a fork, so that a signal is sent
/// at the moment that a measurement says.
final class Signals {
  static final int KILL = 9;
  static final int TERM = 15;
  static final int CONT = 18;
  static final int STOP = 19;

  private static final MethodHandle HANDLE =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("kill"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  private Signals() {}

  /// @return whether there was a process to take it
  static boolean send(long pid, int signal) {
    try {
      return (int) HANDLE.invokeExact(Math.toIntExact(pid), signal) == 0;
    } catch (Throwable e) {
      throw new LabException("kill(" + pid + ", " + signal + "): " + e.getMessage(), e);
    }
  }
}
