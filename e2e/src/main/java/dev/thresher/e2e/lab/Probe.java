package dev.thresher.e2e.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;
import java.util.function.Predicate;

/// A question asked at a fixed pace from a namespace, whether or not earlier ones were answered,
/// until closed; keeps every line of the answers.
///
/// @param <T> one line: [Attempt] or [Claim]
public final class Probe<T> implements AutoCloseable {
  private final LabProcess process;
  private final Class<T> line;
  private final List<T> lines = new ArrayList<>();

  private Probe(LabProcess process, Class<T> line) {
    this.process = process;
    this.line = line;
    // Reading a pipe holds on to the thread below, and of those virtual threads share a handful.
    Thread.ofPlatform().daemon().name(process.name()).start(this::read);
  }

  /// HTTP GET, every time over a new connection.
  public static Probe<Attempt> http(Machine from, String url, Duration interval, Duration timeout) {
    return start(
        from,
        Attempt.class,
        List.of(
            "http", "-url=" + url, "-interval=" + nanos(interval), "-timeout=" + nanos(timeout)));
  }

  /// A datagram to an `udpecho`, every time from the same port; answers only, a lost one leaves no
  /// line.
  ///
  /// @param address `host:port`, IPv6 in brackets
  public static Probe<Attempt> udp(Machine from, String address, Duration interval) {
    return start(
        from, Attempt.class, List.of("udp", "-address=" + address, "-interval=" + nanos(interval)));
  }

  /// A datagram, every time from another port.
  public static Probe<Attempt> udpFresh(
      Machine from, String address, Duration interval, Duration timeout) {
    return start(
        from,
        Attempt.class,
        List.of(
            "udp",
            "-port-per-question",
            "-address=" + address,
            "-interval=" + nanos(interval),
            "-timeout=" + nanos(timeout)));
  }

  /// Asks by ARP or NDP who has an address, and collects every claim to it.
  ///
  /// @param interval zero to listen only
  public static Probe<Claim> neighbour(
      Machine from, String device, String address, Duration interval) {
    return start(
        from,
        Claim.class,
        List.of(
            "neighbour",
            "-interface=" + device,
            "-address=" + address,
            "-interval=" + nanos(interval)));
  }

  /// Asks who has each of many addresses in a row, and collects a claim to one of them if it comes
  /// from another than the claim before.
  ///
  /// @param interval between two questions about the same address
  public static Probe<Claim> neighbours(
      Machine from, String device, String first, int count, Duration interval) {
    return start(
        from,
        Claim.class,
        List.of(
            "neighbour",
            "-interface=" + device,
            "-address=" + first,
            "-count=" + count,
            "-moves",
            "-interval=" + nanos(interval)));
  }

  private static <T> Probe<T> start(Machine from, Class<T> line, List<String> arguments) {
    var command = new ArrayList<String>();
    command.add(from.namespace().workspace().programs().netlab().toString());
    command.addAll(arguments);
    return new Probe<>(from.namespace().startPiped("probe-" + arguments.getFirst(), command), line);
  }

  private static String nanos(Duration duration) {
    return duration.toNanos() + "ns";
  }

  private void read() {
    try (BufferedReader reader = process.process().inputReader(StandardCharsets.UTF_8)) {
      for (String text = reader.readLine(); text != null; text = reader.readLine()) {
        T parsed = Json.GSON.fromJson(text, line);
        synchronized (lines) {
          lines.add(parsed);
          lines.notifyAll();
        }
      }
    } catch (IOException e) {
      // Closed, or the lab ended.
    }
    synchronized (lines) {
      lines.notifyAll();
    }
  }

  /// What there is so far, in the order of arrival.
  public List<T> lines() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  /// What there is so far, in the order of arrival, and forgets it: for who listens for hours. Not
  /// together with [#lines] and [#await], which would miss it.
  public List<T> take() {
    synchronized (lines) {
      List<T> taken = List.copyOf(lines);
      lines.clear();
      return taken;
    }
  }

  /// The first line for which `condition` holds, waiting for it.
  ///
  /// @throws LabException after `patience`, or when the probe ends
  public T await(String what, Duration patience, Predicate<T> condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    int seen = 0;
    synchronized (lines) {
      while (true) {
        for (; seen < lines.size(); seen++) {
          if (condition.test(lines.get(seen))) {
            return lines.get(seen);
          }
        }
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0 || !process.isAlive()) {
          throw new LabException(
              process
                  + ": no line with "
                  + what
                  + " within "
                  + patience
                  + " among "
                  + lines.size()
                  + ", the last being "
                  + (lines.isEmpty() ? "none" : lines.getLast()));
        }
        try {
          lines.wait(Math.min(left, 500));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new LabException("interrupted while waiting for " + what, e);
        }
      }
    }
  }

  /// The first answer that arrived at or after a time.
  public static Optional<Attempt> firstAnswer(List<Attempt> attempts, long fromNanos) {
    return attempts.stream()
        .filter(a -> a.ok() && a.endNanos() - fromNanos >= 0)
        .min(Comparator.comparingLong(Attempt::endNanos));
  }

  /// The longest time between the arrivals of two answers.
  public static Duration longestGap(List<Attempt> attempts) {
    return longestGap(attempts, _ -> true);
  }

  /// The longest time between the arrivals of two answers, the second of them at or after a time.
  public static Duration longestGap(List<Attempt> attempts, long fromNanos) {
    return longestGap(attempts, arrival -> arrival - fromNanos >= 0);
  }

  private static Duration longestGap(List<Attempt> attempts, LongPredicate counts) {
    long[] arrivals =
        attempts.stream().filter(Attempt::ok).mapToLong(Attempt::endNanos).sorted().toArray();
    long longest = 0;
    for (int i = 1; i < arrivals.length; i++) {
      if (counts.test(arrivals[i])) {
        longest = Math.max(longest, arrivals[i] - arrivals[i - 1]);
      }
    }
    return Duration.ofNanos(longest);
  }

  @Override
  public void close() {
    process.kill();
  }
}
