package dev.thresher.runtime.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the process uses of the machine, under the names of the Prometheus client libraries.
///
/// Read from `/proc` when somebody asks: the management beans of the JDK would cost some megabytes
/// of memory. A number that the system does not offer is left out.
public final class ProcessMetrics {

  private static final Logger LOG = LoggerFactory.getLogger(ProcessMetrics.class);

  private ProcessMetrics() {}

  public static void addTo(Metrics metrics) {
    addTo(metrics, Path.of("/proc/self"));
  }

  static void addTo(Metrics metrics, Path proc) {
    var info = ProcessHandle.current().info();
    metrics.counters(
        "process_cpu_seconds_total",
        "User and system time of the process in seconds.",
        List.of(),
        () ->
            ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(ProcessMetrics::seconds)
                .map(ProcessMetrics::sample)
                .stream()
                .toList());
    double start = info.startInstant().orElseGet(Instant::now).toEpochMilli() / 1000.0;
    metrics.gauge(
        "process_start_time_seconds", "Start of the process, seconds since 1970.", () -> start);
    gauge(
        metrics,
        "process_resident_memory_bytes",
        "Memory of the process that is in RAM.",
        () -> status(proc, "VmRSS:", 1024));
    gauge(
        metrics,
        "process_virtual_memory_bytes",
        "Address space of the process.",
        () -> status(proc, "VmSize:", 1024));
    gauge(
        metrics,
        "process_threads",
        "Threads of the process as the kernel counts them.",
        () -> status(proc, "Threads:", 1));
    gauge(metrics, "process_open_fds", "Open file descriptors.", () -> countEntries(proc, "fd"));
    Runtime jvm = Runtime.getRuntime();
    metrics.gauge(
        "jvm_heap_used_bytes",
        "Heap in use, garbage included.",
        () -> jvm.totalMemory() - jvm.freeMemory());
    metrics.gauge("jvm_heap_committed_bytes", "Heap taken from the system.", jvm::totalMemory);
    metrics.gauge("jvm_heap_max_bytes", "Heap that may be taken.", jvm::maxMemory);
  }

  private interface Reading {
    OptionalDouble read() throws IOException;
  }

  private static void gauge(Metrics metrics, String name, String help, Reading reading) {
    metrics.gauges(
        name,
        help,
        List.of(),
        () -> {
          try {
            return reading.read().stream().mapToObj(ProcessMetrics::sample).toList();
          } catch (NoSuchFileException absent) {
            return List.of();
          } catch (IOException e) {
            LOG.atDebug().addKeyValue("metric", name).setCause(e).log("metric not readable");
            return List.of();
          }
        });
  }

  private static Metrics.Sample sample(double value) {
    return new Metrics.Sample(value, List.of());
  }

  private static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }

  private static OptionalDouble status(Path proc, String field, int unit) throws IOException {
    for (String line : Files.readAllLines(proc.resolve("status"))) {
      if (line.startsWith(field)) {
        String value = line.substring(field.length()).strip();
        int end = value.indexOf(' ');
        return OptionalDouble.of(
            Double.parseDouble(end < 0 ? value : value.substring(0, end)) * unit);
      }
    }
    return OptionalDouble.empty();
  }

  private static OptionalDouble countEntries(Path proc, String directory) throws IOException {
    try (Stream<Path> entries = Files.list(proc.resolve(directory))) {
      return OptionalDouble.of((double) entries.count());
    }
  }
}
