package dev.thresher.loadbalancer.ipam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.api.address.IpFamily;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FamiliesTest {

  private static String text(Families families) {
    return switch (families) {
      case Families.OfThePool(boolean exclusive) -> "of the pool" + (exclusive ? " only" : "");
      case Families.These(List<IpFamily> order, boolean all, boolean exclusive) ->
          order + (all ? " all" : " any") + (exclusive ? " only" : "");
    };
  }

  @ParameterizedTest(name = "policy {0}, annotation {1}: {2}")
  @CsvSource(
      delimiter = '|',
      emptyValue = "",
      value = {
        "''               | ''          | of the pool",
        "SingleStack      | ''          | of the pool only",
        "SingleStack      | IPv4        | [IPv4] all only",
        "SingleStack      | IPv6        | [IPv6] all only",
        "SingleStack      | 'IPv6, IPv4'| [IPv6] all only",
        "PreferDualStack  | ''          | [IPv4, IPv6] any",
        "PreferDualStack  | IPv6        | [IPv6, IPv4] any",
        "RequireDualStack | IPv6,IPv4   | [IPv6, IPv4] all",
        "RequireDualStack | ''          | [IPv4, IPv6] all",
        // The field was pruned; the annotation says what it can.
        "''               | IPv6        | [IPv6] all only",
        "''               | IPv4,IPv6   | [IPv4, IPv6] any",
      })
  void readsPolicyAndAnnotation(String policy, String annotation, String expected) {
    assertThat(text(Families.parse(policy, annotation))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      emptyValue = "",
      value = {
        "DualStack | ''             | want SingleStack",
        "''        | ipv4           | want the family IPv4 or IPv6, got \"ipv4\"",
        "''        | IPv4,IPv4      | want one family or two different ones",
        "''        | IPv4,IPv6,IPv4 | want one family or two different ones",
      })
  void refuses(String policy, String annotation, String message) {
    assertThatThrownBy(() -> Families.parse(policy, annotation))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
