package dev.thresher.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.NeedsLab;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The short form of `hack/bench vip`: what a killed node held others hold, a part or all of the
/// addresses, and never do two nodes answer.
@NeedsLab
class VipBenchIT {

  private static final int ADDRESSES = 60;

  /// What a machine that is busy with other tests may take.
  private static final double BUSY_MILLIS = 15_000;

  @Test
  void whatTheHolderOfAllHeldOthersHold() {
    List<Series> all = new ArrayList<>();
    BenchLab.run(
        BenchLab.vipManagers(3),
        cloud -> {
          cloud.right(VipRight.MAJORITY);
          var bench = new VipBench(cloud, ADDRESSES, 1);
          bench.start();
          assertThat(bench.lag().count()).isEqualTo(1);
          all.addAll(bench.killed());
        });
    assertThat(all)
        .extracting(Series::what)
        .anyMatch(what -> what.contains("holder of a third of them killed →"))
        .anyMatch(what -> what.contains("holder of all of them killed →"));
    assertThat(all)
        .allSatisfy(series -> {
          if (series.what().contains("two nodes answered")) {
            assertThat(series.max()).as(series.what()).isZero();
          } else {
            assertThat(series.max()).as(series.what()).isLessThan(BUSY_MILLIS);
          }
        });
  }
}
