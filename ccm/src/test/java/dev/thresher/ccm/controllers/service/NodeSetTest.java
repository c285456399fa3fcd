package dev.thresher.ccm.controllers.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeCondition;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Taint;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class NodeSetTest {

  private static final String EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers";

  private static V1Node node(String name) {
    return new V1Node()
        .metadata(new V1ObjectMeta().name(name))
        .spec(new V1NodeSpec().providerID("x://" + name));
  }

  private static Arguments row(String name, boolean takesPart, Consumer<V1Node> change) {
    return Arguments.of(name, takesPart, change);
  }

  static Stream<Arguments> rows() {
    return Stream.of(
        row("plain", true, n -> {}),
        row("not ready", true, n -> ready(n, "False")),
        row("unschedulable", true, n -> n.getSpec().unschedulable(true)),
        row("no provider ID", true, n -> n.getSpec().providerID(null)),
        row("uninitialized", true, n -> taint(n, "node.cloudprovider.kubernetes.io/uninitialized")),
        row("deleting", false, n -> n.getMetadata().deletionTimestamp(OffsetDateTime.MIN)),
        row("autoscaler", false, n -> taint(n, "ToBeDeletedByClusterAutoscaler")),
        row("excluded", false, n -> n.getMetadata().putLabelsItem(EXCLUDE, "")),
        row("excluded true", false, n -> n.getMetadata().putLabelsItem(EXCLUDE, "true")),
        row("excluded foo", false, n -> n.getMetadata().putLabelsItem(EXCLUDE, "foo")),
        row("excluded false", true, n -> n.getMetadata().putLabelsItem(EXCLUDE, "false")),
        row("excluded F", true, n -> n.getMetadata().putLabelsItem(EXCLUDE, "F")));
  }

  private static void ready(V1Node node, String status) {
    node.setStatus(
        new V1NodeStatus().addConditionsItem(new V1NodeCondition().type("Ready").status(status)));
  }

  private static void taint(V1Node node, String key) {
    node.getSpec().addTaintsItem(new V1Taint().key(key).effect("NoSchedule"));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("rows")
  void chooses(String name, boolean takesPart, Consumer<V1Node> change) {
    V1Node node = node("n1");
    change.accept(node);
    assertThat(NodeSet.takesPart(node)).isEqualTo(takesPart);
  }

  @Test
  void digestKnowsNamesAndProviderIdsAlone() {
    String digest = NodeSet.of(List.of(node("a"), node("b"))).digest();
    assertThat(NodeSet.of(List.of(node("b"), node("a"))).digest()).isEqualTo(digest);

    V1Node notReady = node("b");
    ready(notReady, "False");
    assertThat(NodeSet.of(List.of(node("a"), notReady)).digest()).isEqualTo(digest);

    V1Node other = node("b");
    other.getSpec().providerID("x://again");
    assertThat(NodeSet.of(List.of(node("a"), other)).digest()).isNotEqualTo(digest);
    assertThat(NodeSet.of(List.of(node("a"))).digest()).isNotEqualTo(digest);
  }
}
