package dev.thresher.e2e.bench;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.OpsPort;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Machine;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Start of each program, alone on the lab, until it says that it is ready, and its resident memory
/// once that has settled.
final class StartBench {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Cloud cloud;
  private final int runs;

  StartBench(Cloud cloud, int runs) {
    this.cloud = cloud;
    this.runs = runs;
  }

  /// Each figure is told as soon as it is there.
  void run(Consumer<Series> tell) {
    Machine holder = cloud.holders().getFirst();
    measure(
            "loadbalancer-controller",
            () -> cloud.startLoadBalancerController("1"),
            OpsPort.loadBalancerController(cloud, "1"))
        .forEach(tell);
    measure("ccm", () -> cloud.startCcm("1"), OpsPort.ccm(cloud, "1")).forEach(tell);
    measure("vip-manager", () -> cloud.startVipManager(holder), OpsPort.vipManager(cloud, holder))
        .forEach(tell);
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
      memory.add(ResidentMemory.settledMegabytes(process.pid()));
      process.stop(Duration.ofSeconds(15));
    }
    return List.of(ready, memory);
  }
}
