package dev.thresher.loadbalancer.health;

import com.sun.management.OperatingSystemMXBean;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.runtime.time.SystemTimeline;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/// How much processor time health checks take. A program, not a test.
///
/// Asks `targets` addresses of the loopback network once a second for `seconds` seconds, over
/// `tcp`, `http`, `https`, `grpc` or `udp`, and prints the processor time of this process in
/// percent of one core. Whoever answers is another process and does not count; what the kernel does
/// for its half of a connection on the loopback interface partly does.
///
/// `java -cp … dev.thresher.loadbalancer.health.ProbeLoad tcp 2000 30`
public final class ProbeLoad {

  private static final Duration WARM_UP = Duration.ofSeconds(15);

  private ProbeLoad() {}

  public static void main(String[] args)
      throws IOException, InterruptedException, GeneralSecurityException {
    if (args.length == 3 && args[0].equals("answer")) {
      ProbeAnswers.to(args[1], Integer.parseInt(args[2]));
      return;
    }
    String kind = args[0];
    int targets = Integer.parseInt(args[1]);
    int seconds = Integer.parseInt(args[2]);
    Process answering =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                ProbeLoad.class.getName(),
                "answer",
                kind,
                Integer.toString(targets))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var line = answering.inputReader(StandardCharsets.US_ASCII)) {
      measure(kind, targets, seconds, Integer.parseInt(line.readLine()));
    } finally {
      answering.destroy();
    }
  }

  private static void measure(String kind, int targets, int seconds, int port) throws IOException {
    Probe probe =
        switch (kind) {
          case "tcp" -> new Probe.Tcp();
          case "http", "https" ->
              new Probe.Http(
                  kind.equals("https"), "/healthz", "", "", List.of(StatusRange.HEALTHY));
          case "grpc" -> new Probe.Grpc(false, "", "");
          case "udp" -> new Probe.Udp("cGluZw==", "cGluZw==");
          default ->
              throw new IllegalArgumentException(
                  "want tcp, http, https, grpc or udp, got \"" + kind + "\"");
        };
    var check = new Check(probe, port, 2, 2, Duration.ofSeconds(1), Duration.ofSeconds(1));
    var passed = new LongAdder();
    var other = new LongAdder();
    var timeline = new SystemTimeline();
    var prober = new NetworkProber(timeline);
    timeline.start();
    prober.start();
    var monitor =
        new HealthMonitor(
            timeline,
            RandomGenerator.getDefault(),
            prober,
            _ -> {},
            new HealthObserver() {
              @Override
              public void probed(String protocol, String result, double duration) {
                (result.equals("success") ? passed : other).increment();
              }

              @Override
              public void changed(Verdict.Health to) {}
            });
    var starts = new HashMap<IpAddress, Verdict>();
    for (int i = 0; i < targets; i++) {
      starts.put(target(i), Verdict.UNKNOWN);
    }
    monitor.watch(ObjectKey.of("load", "test"), check, starts);
    LockSupport.parkNanos(WARM_UP.toNanos());
    var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    long begin = System.nanoTime();
    long processor = system.getProcessCpuTime();
    long answers = passed.sum();
    long failures = other.sum();
    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
    double wall = System.nanoTime() - begin;
    System.out.println(
        String.format(
            Locale.ROOT,
            "%s, %d targets: %.1f %% of a core, %.0f probes/s passed, %.0f did not, verdicts %s",
            kind,
            targets,
            100 * (system.getProcessCpuTime() - processor) / wall,
            (passed.sum() - answers) / (wall / 1e9),
            (other.sum() - failures) / (wall / 1e9),
            monitor.counts()));
    prober.stop();
    timeline.stop();
  }

  static IpAddress target(int i) {
    return IpAddress.parse("127." + (1 + i / 60_000) + "." + i / 250 % 240 + "." + (1 + i % 250));
  }
}
