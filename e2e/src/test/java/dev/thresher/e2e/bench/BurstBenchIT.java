package dev.thresher.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The short form of `hack/bench burst`: the controller is killed four times.
@NeedsLab
class BurstBenchIT {

  private static final int MANY = 400;

  @Test
  void eachHasOneAddressAndNoneIsLostThoughTheControllerIsKilledInTheMiddle() {
    List<Series> all = new ArrayList<>();
    try (Lab lab =
        Lab.builder().hostNodes(1).guest(Cloud.GUEST, g -> g.vms(0)).audit(true).start()) {
      boolean done = false;
      try (var bench = new BurstBench(Cloud.prepare(lab, Placement.GUEST), MANY)) {
        bench.run(all::add);
        done = true;
      } finally {
        if (!done) {
          lab.keepLogs();
        }
      }
    }
    assertThat(all)
        .filteredOn(series -> !series.what().contains("→"))
        .hasSize(3)
        .allSatisfy(series -> assertThat(series.max()).as(series.what()).isZero());
  }
}
