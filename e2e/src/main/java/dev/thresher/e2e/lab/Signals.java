package dev.thresher.e2e.lab;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// `kill(2)`, which [Process] offers for two signals only; without a fork, so that a signal is sent
/// at the moment that a measurement says.
final class Signals {
  static final int KILL = 9;
  static final int TERM = 15;
  static final int CONT = 18;
  static final int STOP = 19;

  /// Stopped, traced, zombie, dead: proc_pid_stat(5).
  private static final String STILL = "TtZX";

  private static final MethodHandle HANDLE =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("kill"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  private Signals() {}

  /// SIGSTOP, and waits until each thread stands still: one that just runs, or waits for a disk,
  /// may go on for a while and answer what it is asked.
  static void stop(long... pids) {
    for (long pid : pids) {
      send(pid, STOP);
    }
    for (long pid : pids) {
      Await.until("process " + pid + " to stand still", Await.PATIENCE, () -> standsStill(pid));
    }
  }

  /// Also one that is gone.
  private static boolean standsStill(long pid) {
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path thread : threads) {
        String stat = Files.readString(thread.resolve("stat"));
        // The name in parentheses before the state may have spaces and parentheses.
        if (STILL.indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) < 0) {
          return false;
        }
      }
      return true;
    } catch (NoSuchFileException | DirectoryIteratorException e) {
      return !Files.exists(Path.of("/proc", Long.toString(pid)));
    } catch (IOException e) {
      // A thread that ends while it is looked at: the next look tells.
      return false;
    }
  }

  /// @return whether there was a process to take it
  static boolean send(long pid, int signal) {
    try {
      return (int) HANDLE.invokeExact(Math.toIntExact(pid), signal) == 0;
    } catch (Throwable e) {
      throw new LabException("kill(" + pid + ", " + signal + "): " + e.getMessage(), e);
    }
  }
}
