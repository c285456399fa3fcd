package dev.thresher.ccm.harvester.nodes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeSelectorTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|true",
        "pool|true",
        "!pool|false",
        "! metal|true",
        "pool=a|true",
        "pool == a|true",
        "pool=b|false",
        "pool!=b|true",
        "metal!=x|true",
        "pool in (a, b)|true",
        "pool in (b,c)|false",
        "pool notin (b)|true",
        "metal notin (b)|true",
        "pool in (a,b),example.com/rack=7|true",
        "pool in (a,b), example.com/rack=8|false",
        "empty=|true",
        "empty|true"
      })
  void selectsAsKubernetesDoes(String selector, boolean selected) {
    assertThat(
            NodeSelector.parse("--node-selector", selector)
                .selects(Map.of("pool", "a", "example.com/rack", "7", "empty", "")))
        .isEqualTo(selected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "=x", "a in b", "a in (b", "a>1", "a=b c"})
  void refusesWhatItDoesNotUnderstand(String selector) {
    assertThatThrownBy(() -> NodeSelector.parse("--node-selector", selector))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--node-selector")
        .hasMessageContaining(selector);
  }

  @Test
  void readsLabelKeys() {
    assertThat(NodePolicy.parseLabelKeys("--f", List.of("rack", " example.com/row ", "", "rack")))
        .containsExactly("rack", "example.com/row");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a b", "/x", "kubernetes.io/arch", "node.kubernetes.io/x", "x.k8s.io/y", "a/b/c"})
  void refusesLabelKeysThatNodesDoNotGet(String key) {
    assertThatThrownBy(() -> NodePolicy.parseLabelKeys("--node-labels-from", List.of(key)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--node-labels-from");
  }
}
