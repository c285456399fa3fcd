package dev.thresher.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;

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
    BenchLab.run(
        BenchLab.withoutTraffic(),
        cloud -> {
          try (var bench = new BurstBench(cloud, MANY)) {
            bench.run(all::add);
          }
        });
    assertThat(all)
        .filteredOn(series -> !series.what().contains("→"))
        .hasSize(3)
        .allSatisfy(series -> assertThat(series.max()).as(series.what()).isZero());
  }
}
