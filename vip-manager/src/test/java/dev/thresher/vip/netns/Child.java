package dev.thresher.vip.netns;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// A program that is talked to line by line. What it says for the test begins with `@ `; the rest,
/// its log, is kept for failure messages.
public final class Child {
  /// Generous, for machines that are busy with other things.
  public static final long DEADLINE_SECONDS = 60;

  private final Process process;
  private final PrintStream in;
  private final List<String> said = new ArrayList<>();
  private final List<String> log = new ArrayList<>();
  private int read;
  private boolean ended;

  Child(List<String> command) {
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    Thread.ofPlatform().daemon().name("child-output").start(this::collect);
  }

  private void collect() {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        add(line);
      }
    } catch (IOException e) {
      // A killed process; whoever waits for a line is told below.
      add("output ended: " + e.getMessage());
    }
    synchronized (this) {
      ended = true;
      notifyAll();
    }
  }

  private synchronized void add(String line) {
    if (line.startsWith("@ ")) {
      said.add(line.substring(2));
      notifyAll();
    } else {
      log.add(line);
    }
  }

  /// Says a line to the program.
  public void tell(String line) {
    in.println(line);
  }

  /// Says a line and waits for the next answer of a kind.
  public String ask(String line, String answerPrefix) {
    forget();
    tell(line);
    return await(answerPrefix);
  }

  /// Skips what was said until now.
  public synchronized void forget() {
    read = said.size();
  }

  /// Waits for a line that begins so; skips those before it.
  public String await(String prefix) {
    return await(prefix, line -> line.startsWith(prefix));
  }

  /// Waits for a line; skips those before it.
  public synchronized String await(String wanted, Predicate<String> predicate) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (true) {
      while (read < said.size()) {
        String line = said.get(read++);
        if (predicate.test(line)) {
          return line;
        }
      }
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (ended || left <= 0) {
        throw new AssertionError(
            "wanted: "
                + wanted
                + (ended ? "; the program ended" : "; too late")
                + "\nsaid: "
                + String.join("\n      ", said)
                + "\nlog: "
                + String.join("\n     ", log));
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting for " + wanted, e);
      }
    }
  }

  /// What was said since [#forget()] or the last awaited line.
  public synchronized List<String> unread() {
    return List.copyOf(said.subList(read, said.size()));
  }

  /// Processor time that the program has used.
  public Duration processorTime() {
    return process.info().totalCpuDuration().orElseThrow();
  }

  /// SIGSTOP: when this returns, the program does nothing more until [#goOn].
  public void stop() {
    signal("STOP");
  }

  /// SIGCONT.
  public void goOn() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      Process kill =
          new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).inheritIO().start();
      if (kill.waitFor() != 0) {
        throw new AssertionError("the program cannot be sent " + name);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /// SIGKILL; waits for the end.
  public void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /// Ends the input and waits for the end.
  public void end() {
    in.close();
    awaitEnd();
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("the program does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
