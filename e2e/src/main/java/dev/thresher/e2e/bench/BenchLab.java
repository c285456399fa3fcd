package dev.thresher.e2e.bench;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabBuilder;
import java.util.function.Consumer;

/// Labs in which one kind of program is measured by itself, with nothing of ours started yet.
final class BenchLab {

  private BenchLab() {}

  /// Two control planes without machines.
  static LabBuilder withoutTraffic() {
    return Lab.builder().hostNodes(1).guest(Cloud.GUEST, g -> g.vms(0)).audit(true);
  }

  /// Nodes of a guest for vip-managers.
  static LabBuilder vipManagers(int count) {
    return Lab.builder()
        .hostNodes(1)
        .guest(Cloud.GUEST, g -> g.vms(count).kubeProxy(false).uninitialized(false));
  }

  /// Starts a lab for a benchmark and ends it after that; its logs stay if the benchmark fails.
  static void run(LabBuilder builder, Consumer<Cloud> bench) {
    try (Lab lab = builder.start()) {
      boolean done = false;
      try {
        bench.accept(Cloud.prepare(lab, Placement.GUEST));
        done = true;
      } finally {
        if (!done) {
          lab.keepLogs();
        }
      }
    }
  }
}
