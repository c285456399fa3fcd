package dev.thresher.e2e.soak.vip;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeftoversTest {

  @ParameterizedTest
  @CsvSource({
    "default via 192.0.2.1 dev eth0 table 7000 proto 201, true",
    "default via 192.0.2.1 dev eth0, false",
    "local 192.0.2.7 dev eth0 table local proto kernel scope host, false",
  })
  void routesOfOtherTablesCount(String route, boolean counts) {
    assertThat(Leftovers.isBesideTheMainTable(route)).isEqualTo(counts);
  }
}
