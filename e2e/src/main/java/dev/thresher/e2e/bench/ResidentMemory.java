package dev.thresher.e2e.bench;

import dev.thresher.e2e.lab.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// The resident memory of a process.
final class ResidentMemory {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /// Memory that changed by less than [#STEADY_MB] in this time has settled. Longer than the JVM
  /// waits between two trims of the C heap.
  private static final Duration STEADY = Duration.ofSeconds(7);

  private static final double STEADY_MB = 1;

  private ResidentMemory() {}

  /// The memory once it no longer changes.
  static double settledMegabytes(long pid) {
    double[] level = {residentMegabytes(pid)};
    long[] since = {System.nanoTime()};
    Await.until(
        "memory that has settled",
        PATIENCE,
        () -> {
          double now = residentMegabytes(pid);
          if (Math.abs(now - level[0]) > STEADY_MB) {
            level[0] = now;
            since[0] = System.nanoTime();
          }
          return System.nanoTime() - since[0] >= STEADY.toNanos();
        });
    return residentMegabytes(pid);
  }

  /// VmRSS, in MB of 1,000,000 bytes.
  private static double residentMegabytes(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status")).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024 / 1e6)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
