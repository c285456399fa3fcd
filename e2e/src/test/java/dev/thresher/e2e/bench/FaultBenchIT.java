package dev.thresher.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.NeedsLab;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The short form of `hack/bench faults`, with bounds that a busy machine keeps: each fault once,
/// and never do two nodes answer.
@NeedsLab
class FaultBenchIT {

  private static final int LEASE_MILLIS = 400;

  private static final Duration PARTED = Duration.ofSeconds(5);

  /// A silent node is replaced after a lease; what a machine that is busy with other tests adds.
  private static final double BUSY_MILLIS = 15_000;

  @Test
  void everyFaultIsMendedAndNeverDoTwoAnswer() {
    List<Series> all = new ArrayList<>();
    BenchLab.run(
        BenchLab.vipManagers(3),
        cloud -> {
          cloud.right(VipRight.MAJORITY);
          new FaultBench(cloud, LEASE_MILLIS, 1, PARTED).run(all::add);
        });
    assertThat(all)
        .hasSizeGreaterThan(11)
        .allSatisfy(series -> {
          if (series.what().contains("two nodes answered")) {
            assertThat(series.max()).as(series.what()).isZero();
          } else {
            assertThat(series.max()).as(series.what()).isLessThan(BUSY_MILLIS);
          }
        });
    assertThat(all).filteredOn(series -> series.what().contains("two nodes answered")).hasSize(4);
    assertThat(all)
        .filteredOn(series -> series.what().startsWith("no side has a majority"))
        .singleElement()
        .satisfies(series -> assertThat(series.max()).isLessThan(LEASE_MILLIS + 20));
  }
}
