package dev.thresher.ccm.clusters;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterNameTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {"gc1|gc1", "` gc1 `|gc1", "\"gc1\"|gc1", "'gc1'|gc1", "` \" gc1\" `|gc1", "\"|\""})
  void dropsQuotesAndSpaces(String flag, String name) {
    assertThat(new ClusterName(flag).value()).isEqualTo(name);
  }
}
