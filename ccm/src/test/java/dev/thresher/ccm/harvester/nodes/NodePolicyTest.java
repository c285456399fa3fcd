package dev.thresher.ccm.harvester.nodes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.api.labels.LabelSelector;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodePolicyTest {

  @Test
  void anEmptySelectorSelectsEveryNode() {
    assertThat(NodePolicy.parseSelector("--node-selector", " ")).isEqualTo(LabelSelector.ALL);
    assertThat(
            NodePolicy.parseSelector("--node-selector", "pool in (a,b),!metal")
                .matches(Map.of("pool", "b")))
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "=x", "a in b", "a in (b", "a>1", "a=b c"})
  void refusesWhatItDoesNotUnderstand(String selector) {
    assertThatThrownBy(() -> NodePolicy.parseSelector("--node-selector", selector))
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
