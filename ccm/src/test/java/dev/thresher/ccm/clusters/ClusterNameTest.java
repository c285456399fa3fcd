package dev.thresher.ccm.clusters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.names.LoadBalancerName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterNameTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {"gc1|gc1", "` gc1 `|gc1", "\"gc1\"|gc1", "'gc1'|gc1", "` \" gc1\" `|gc1", "\"|\""})
  void dropsQuotesAndSpaces(String flag, String name) {
    assertThat(new ClusterName(flag).value()).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"gc1\"", " gc1 ", "'gc1'"})
  void aQuotedNameMakesTheNamesOfThePlainOne(String flag) {
    String uid = "0b7c1f1e-8d0f-4c1e-9d9b-3c1f5a7e9b11";
    assertThat(LoadBalancerName.of(new ClusterName(flag).value(), "default", "web", uid))
        .isEqualTo("gc1-default-web-72a50585");
  }
}
