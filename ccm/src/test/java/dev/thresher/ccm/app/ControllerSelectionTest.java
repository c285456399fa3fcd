package dev.thresher.ccm.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.ccm.duties.Duty;
import dev.thresher.runtime.cli.UsageException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ControllerSelectionTest {

  private static String running(String items) {
    return ControllerSelection.parse(List.of(items.split(","))).running().stream()
        .sorted()
        .map(Duty::alias)
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*|cloud-node cloud-node-lifecycle service route",
        "*,-service-lb-controller|cloud-node cloud-node-lifecycle route",
        "*,-service|cloud-node cloud-node-lifecycle route",
        "-cloud-node-controller,*|cloud-node-lifecycle service route",
        "*,-cloud-node-lifecycle|cloud-node service route",
        "service-lb-controller|service",
        "cloud-node|cloud-node",
        "service,-service|service",
        "-service,service,*|cloud-node cloud-node-lifecycle route",
        "-node-route-controller,*|cloud-node cloud-node-lifecycle service",
        "-service|''"
      })
  void firstItemThatNamesAControllerCounts(String items, String expected) {
    assertThat(running(items)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"bootstrapsigner", "-bootstrapsigner", "routes"})
  void refusesUnknownOnesByName(String item) {
    assertThatThrownBy(() -> ControllerSelection.parse(List.of("*", item)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(item);
  }

  @Test
  void namesFollowUpstreamsRules() {
    assertThat(Arrays.stream(Duty.values()).map(Duty::text))
        .allSatisfy(
            name -> assertThat(name).matches("[a-z]([-a-z]*[a-z])?").endsWith("-controller"));
  }
}
