package dev.thresher.api.names;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DnsLabelTest {

  @ParameterizedTest
  @ValueSource(strings = {"a", "0", "a-b", "a--b", "kube-system", "x1"})
  void takesWhatKubernetesTakes(String text) {
    assertThat(DnsLabel.is(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-", "-a", "a-", "A", "a.b", "a_b", "a b", "a\n", "ä"})
  void refusesTheRest(String text) {
    assertThat(DnsLabel.is(text)).isFalse();
  }

  @Test
  void endsAtSixtyThree() {
    assertThat(DnsLabel.is("a".repeat(63))).isTrue();
    assertThat(DnsLabel.is("a".repeat(64))).isFalse();
  }
}
