package dev.thresher.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.NeedsLab;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The short form of `hack/bench kill stop --placement control-plane`, with bounds that a busy
/// machine keeps.
@NeedsLab
class ControlPlaneBenchIT {

  /// What a machine that is busy with other tests may take.
  private static final double BUSY_MILLIS = 15_000;

  @Test
  void aKilledAndAStoppedHolderAreReplacedAndNeverDoTwoAnswer() {
    List<Series> all = new ArrayList<>();
    BenchLab.run(
        BenchLab.vipManagers(3),
        cloud -> {
          cloud.right(VipRight.MAJORITY);
          var bench =
              new ControlPlaneBench(
                  cloud, Map.of("vip_majority_lease", "400"), 1, Duration.ofMillis(10));
          bench.start();
          all.addAll(bench.takeovers(Ending.killed(cloud)));
          all.addAll(bench.takeovers(Ending.stopped(cloud)));
        });
    assertThat(all)
        .filteredOn(series -> series.what().contains("two nodes answered"))
        .hasSize(2)
        .allSatisfy(series -> assertThat(series.max()).as(series.what()).isZero());
    for (String answers : List.of("→ next answer", "gap of who-has", "gap of neighbour", "HTTPS")) {
      assertThat(all)
          .filteredOn(series -> series.what().contains(answers))
          .hasSizeGreaterThanOrEqualTo(2)
          .allSatisfy(
              series -> assertThat(series.max()).as(series.what()).isBetween(0.1, BUSY_MILLIS));
    }
  }
}
