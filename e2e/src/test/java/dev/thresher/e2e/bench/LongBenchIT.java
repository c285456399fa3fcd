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

/// The short form of `hack/bench busy`. That the holder never changes is a matter of how long
/// others' tests keep both processors, so it is held by the long form alone.
@NeedsLab
class LongBenchIT {

  private static final Duration LASTING = Duration.ofSeconds(8);

  /// A silent node is replaced after a lease; what a machine that is busy with other tests adds.
  private static final double BUSY_MILLIS = 15_000;

  @Test
  void anAddressIsAnsweredByOneOnBusyProcessors() {
    List<Series> all = new ArrayList<>();
    BenchLab.run(
        Lab.builder().hostNodes(1).guest(Cloud.GUEST, g -> g.vms(3)),
        cloud -> {
          cloud.right(VipRight.MAJORITY);
          cloud.lab().vms(Cloud.GUEST).getFirst().pod("web-1", Map.of("app", "web"));
          cloud.startAll();
          Readiness.awaitAll(cloud, Duration.ofMinutes(1));
          all.addAll(new LongBench(cloud, 1, LASTING).busy());
        });
    assertThat(all)
        .filteredOn(series -> series.what().contains("two nodes answered"))
        .singleElement()
        .satisfies(series -> assertThat(series.max()).isZero());
    assertThat(all)
        .filteredOn(series -> series.what().contains("gap"))
        .singleElement()
        .satisfies(series -> assertThat(series.max()).isBetween(0.1, BUSY_MILLIS));
  }
}
