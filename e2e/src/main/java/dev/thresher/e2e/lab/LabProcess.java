package dev.thresher.e2e.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A process of the lab. It ends with the lab at the latest, even if the lab's owner is killed.
///
/// Signals go to the process and its descendants. Safe for use by several threads.
public final class LabProcess {
  private final String name;
  private final Process process;
  private final Path log;

  LabProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  public String name() {
    return name;
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /// What it printed, both streams, unless they are read by a probe.
  public Path log() {
    return log;
  }

  /// All that it printed so far.
  public String output() {
    try {
      return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new LabException("cannot read " + log + ": " + e.getMessage(), e);
    }
  }

  /// Waits until it has printed a text.
  ///
  /// @throws LabException if it does not within [Await#PATIENCE], or ends
  void awaitOutput(String text) {
    Await.until(
        name + " to print \"" + text + "\"",
        Await.PATIENCE,
        () -> {
          if (!isAlive()) {
            throw new LabException(name + " ended: " + output().strip());
          }
          return output().contains(text);
        });
  }

  public CompletableFuture<Integer> onExit() {
    return process.onExit().thenApply(Process::exitValue);
  }

  /// SIGTERM, then wait.
  ///
  /// @return the exit status
  /// @throws LabException if it is still alive after `patience`; it is killed then
  public int stop(Duration patience) {
    terminate();
    try {
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        kill();
        throw new LabException(
            name + " did not end within " + patience + " of SIGTERM; see " + log);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while " + name + " was to end", e);
    }
    return process.exitValue();
  }

  /// SIGTERM, without waiting.
  public void terminate() {
    Signals.send(pid(), Signals.TERM);
  }

  /// SIGKILL to it and its descendants, and wait until it is gone.
  public void kill() {
    long[] family = family();
    for (long pid : family) {
      Signals.send(pid, Signals.KILL);
    }
    process.onExit().join();
  }

  /// SIGSTOP: it stays, does nothing, and its sockets stay open. Returns when it stands still.
  public void freeze() {
    Signals.stop(family());
  }

  /// SIGCONT.
  public void thaw() {
    for (long pid : family()) {
      Signals.send(pid, Signals.CONT);
    }
  }

  Process process() {
    return process;
  }

  private long[] family() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .mapToLong(ProcessHandle::pid)
        .toArray();
  }

  @Override
  public String toString() {
    return name + " (pid " + pid() + (isAlive() ? "" : ", ended") + ")";
  }
}
