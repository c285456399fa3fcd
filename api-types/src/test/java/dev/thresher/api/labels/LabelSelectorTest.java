package dev.thresher.api.labels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LabelSelectorTest {

  private static final Map<String, String> LABELS =
      Map.of("tier", "gold", "example.org/zone", "a", "empty", "");

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "tier=gold | true",
        "tier == gold | true",
        "tier=silver | false",
        "tier!=silver | true",
        "tier!=gold | false",
        "none!=gold | true",
        "none=gold | false",
        "example.org/zone in (a, b) | true",
        "example.org/zone in (b,c) | false",
        "example.org/zone notin (b,c) | true",
        "none notin (b,c) | true",
        "none in (b,c) | false",
        "tier | true",
        "none | false",
        "!none | true",
        "! none | true",
        "!tier | false",
        "empty= | true",
        "tier=gold,example.org/zone in (a,b),!none | true",
        "tier=gold,example.org/zone in (c,b),!none | false",
      })
  void matches(String selector, boolean matches) {
    assertThat(LabelSelector.tryParse(selector).orElseThrow().matches(LABELS)).isEqualTo(matches);
  }

  @Test
  void withoutARequirementEverythingIsMeant() {
    assertThat(LabelSelector.ALL.matches(Map.of())).isTrue();
    assertThat(LabelSelector.ALL.matches(LABELS)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",",
        "tier=gold,",
        "tier=a b",
        "tier in a",
        "tier in (a",
        "-x=y",
        "a=b=c",
        "=x",
        "a>1",
        "a b"
      })
  void refuses(String text) {
    assertThat(LabelSelector.tryParse(text)).isEmpty();
  }
}
