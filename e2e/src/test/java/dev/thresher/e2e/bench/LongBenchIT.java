package dev.thresher.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The short form of `hack/bench away busy`. That the holder never changes is a matter of how long
/// others' tests keep both processors, so it is held by the long form alone.
@NeedsLab
class LongBenchIT {

  private static final Duration LASTING = Duration.ofSeconds(8);

  /// A silent node is replaced after a lease; what a machine that is busy with other tests adds.
  private static final double BUSY_MILLIS = 15_000;

  @Test
  void anAddressIsAnsweredByOneWithoutAnApiServerAndOnBusyProcessors() {
    List<Series> all = new ArrayList<>();
    BenchLab.run(
        Lab.builder().hostNodes(1).guest(Cloud.GUEST, g -> g.vms(3)),
        cloud -> {
          cloud.right(VipRight.MAJORITY);
          cloud.lab().vms(Cloud.GUEST).getFirst().pod("web-1", Map.of("app", "web"));
          cloud.startAll();
          Readiness.awaitAll(cloud, Duration.ofMinutes(1));
          var bench = new LongBench(cloud, 1, LASTING);
          all.addAll(bench.away());
          all.addAll(bench.busy());
        });
    assertThat(all)
        .filteredOn(series -> series.what().contains("two nodes answered"))
        .hasSize(2)
        .allSatisfy(series -> assertThat(series.max()).as(series.what()).isZero());
    assertThat(all)
        .filteredOn(series -> series.what().contains("answer to") || series.what().contains("gap"))
        .hasSize(4)
        .allSatisfy(
            series -> assertThat(series.max()).as(series.what()).isBetween(0.1, BUSY_MILLIS));
  }
}
