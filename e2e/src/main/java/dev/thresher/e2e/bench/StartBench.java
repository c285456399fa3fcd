package dev.thresher.e2e.bench;

import dev.thresher.e2e.cloud.Await;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.OpsPort;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/// Start of each program, alone on the lab, until it says that it is ready, and its resident memory
/// six seconds later.
final class StartBench {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration SETTLE = Duration.ofSeconds(6);

  private final Cloud cloud;
  private final int runs;

  StartBench(Cloud cloud, int runs) {
    this.cloud = cloud;
    this.runs = runs;
  }

  List<Series> run() {
    Machine holder = cloud.holders().getFirst();
    return java.util.stream.Stream.of(
            measure(
                "loadbalancer-controller",
                () -> cloud.startLoadBalancerController("1"),
                OpsPort.loadBalancerController(cloud, "1")),
            measure("ccm", () -> cloud.startCcm("1"), OpsPort.ccm(cloud, "1")),
            measure(
                "vip-manager",
                () -> cloud.startVipManager(holder),
                OpsPort.vipManager(cloud, holder)))
        .flatMap(List::stream)
        .toList();
  }

  private List<Series> measure(String program, Supplier<LabProcess> start, OpsPort port) {
    String where = cloud.placement().word();
    var ready = new Series(program + ": start → ready (" + where + ")", "ms");
    var memory = new Series(program + ": resident memory when idle (" + where + ")", "MB");
    for (int i = 0; i < runs; i++) {
      long began = System.nanoTime();
      LabProcess process = start.get();
      Await.until(program + " to be ready", PATIENCE, port::ready);
      ready.add(Duration.ofNanos(System.nanoTime() - began));
      long settled = System.nanoTime() + SETTLE.toNanos();
      Await.until("memory to settle", PATIENCE, () -> System.nanoTime() - settled >= 0);
      memory.add(residentMegabytes(process.pid()));
      process.stop(Duration.ofSeconds(15));
    }
    return List.of(ready, memory);
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
