package dev.thresher.vip.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InterfaceNamesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          eth0          | eth0     | true
          eth0          | eth00    | false
          eth*          | eth0     | true
          eth*          | eth      | true
          eth*          | veth0    | false
          *.100         | bond0.100| true
          *.100         | bond0.10 | false
          en*s*f0       | enp1s0f0 | true
          en*s*f0       | enp1f0   | false
          a*a           | a        | false
          a*a           | aa       | true
          *             | anything | true
          br-*,eth1     | eth1     | true
          br-*,eth1     | br0      | false
          'br0, eth1 ,' | eth1     | true
          """)
  void matchesByName(String patterns, String name, boolean expected) {
    assertThat(InterfaceNames.parse(patterns).matches(name)).isEqualTo(expected);
  }

  @Test
  void theFirstPatternIsThePreferredOne() {
    InterfaceNames names = InterfaceNames.parse("bond0,eth*");
    assertThat(names.rank("bond0")).hasValue(0);
    assertThat(names.rank("eth7")).hasValue(1);
    assertThat(names.rank("lo")).isEmpty();
  }

  @Test
  void oneNameWithoutAStarIsSingle() {
    assertThat(InterfaceNames.parse("eth0").single()).contains("eth0");
    assertThat(InterfaceNames.parse("eth*").single()).isEmpty();
    assertThat(InterfaceNames.parse("eth0,eth1").single()).isEmpty();
  }

  @Test
  void autoAndNothingSayNothing() {
    for (String text : List.of("", " ", "auto", " auto ", ",")) {
      assertThat(InterfaceNames.parse(text)).isEqualTo(InterfaceNames.NONE);
    }
  }
}
