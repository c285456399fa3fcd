package dev.thresher.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ObjectKeyTest {

  @Test
  void readsWhatItPrints() {
    assertThat(ObjectKey.parse("a/b")).isEqualTo(ObjectKey.of("a", "b")).hasToString("a/b");
    assertThat(ObjectKey.parse("b")).isEqualTo(ObjectKey.cluster("b")).hasToString("b");
  }

  @Test
  void refusesAKeyOfThreeParts() {
    assertThatThrownBy(() -> ObjectKey.parse("a/b/c")).hasMessageContaining("a/b/c");
  }

  @Test
  void refusesAnEmptyName() {
    assertThatThrownBy(() -> ObjectKey.of("ns", "")).hasMessageContaining("needs a name");
  }
}
