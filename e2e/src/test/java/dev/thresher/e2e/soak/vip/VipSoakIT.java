package dev.thresher.e2e.soak.vip;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The short form of `hack/soak vip`: whatever befalls nodes and cables, never do two answer for an
/// address, and none is lost or left over.
@NeedsLab
class VipSoakIT {

  private static final int MISHAPS = 8;

  /// New ones each time: a fault names all that is needed to see it again.
  private static final long SEED = System.nanoTime() % 1_000_000;

  @Test
  void neverHasTwoHoldersAndLosesNothing() {
    try (Lab lab = Lab.builder().hostNodes(2).guest(Cloud.GUEST, g -> g.vms(3)).start()) {
      List<String> faults = List.of("nothing was tried");
      Cloud cloud = Cloud.prepare(lab, Placement.GUEST);
      cloud.right(VipRight.MAJORITY);
      try (var soak =
          new VipSoak(
              cloud, Plan.ofAll(SEED, MISHAPS, 2), Duration.ofMillis(20), VipSoakIT::print)) {
        faults = soak.run(Duration.ofHours(1));
      } finally {
        if (!faults.isEmpty()) {
          lab.keepLogs();
        }
      }
      assertThat(faults).as("seed " + SEED).isEmpty();
    }
  }

  private static void print(String line) {
    System.out.println(line);
  }
}
