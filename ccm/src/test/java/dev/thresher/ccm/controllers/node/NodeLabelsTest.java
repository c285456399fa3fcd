package dev.thresher.ccm.controllers.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.ccm.cloudprovider.InstanceMetadata;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeLabelsTest {

  private static final String ZONE = "topology.kubernetes.io/zone";
  private static final String ZONE_BETA = "failure-domain.beta.kubernetes.io/zone";
  private static final String REGION = "topology.kubernetes.io/region";
  private static final String REGION_BETA = "failure-domain.beta.kubernetes.io/region";
  private static final String TYPE = "node.kubernetes.io/instance-type";
  private static final String TYPE_BETA = "beta.kubernetes.io/instance-type";

  private static V1Node node(Map<String, String> labels) {
    return new V1Node().metadata(new V1ObjectMeta().name("n1").labels(labels));
  }

  private static InstanceMetadata metadata(
      String type, String zone, String region, Map<String, String> additional) {
    return new InstanceMetadata("x://1", type, List.of(), zone, region, additional);
  }

  @Test
  void writesBothKeysOfEachPair() {
    assertThat(NodeLabels.initial(node(Map.of()), metadata("t", "z", "r", Map.of())))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                TYPE,
                "t",
                TYPE_BETA,
                "t",
                ZONE,
                "z",
                ZONE_BETA,
                "z",
                REGION,
                "r",
                REGION_BETA,
                "r"));
  }

  @Test
  void leavesOutWhatTheCloudDoesNotSay() {
    assertThat(NodeLabels.initial(node(Map.of(ZONE, "old")), metadata("", "", "", Map.of())))
        .isEmpty();
  }

  @Test
  void overwritesTopologyButNeverAdditionalLabels() {
    assertThat(
            NodeLabels.initial(
                node(Map.of(ZONE, "old", "pool", "mine")),
                metadata("", "z", "", Map.of("pool", "cloud", "rack", "7"))))
        .containsExactlyInAnyOrderEntriesOf(Map.of(ZONE, "z", ZONE_BETA, "z", "rack", "7"));
  }

  @ParameterizedTest
  @CsvSource({
    "kubernetes.io/x,true",
    "k8s.io/x,true",
    "node.kubernetes.io/x,true",
    "a.b.k8s.io/x,true",
    "app.k8snio/x,false",
    "notkubernetes.io/x,false",
    "pool,false",
    "example.com/x,false"
  })
  void reservesTheNamespacesOfKubernetes(String key, boolean reserved) {
    assertThat(NodeLabels.isReserved(key)).isEqualTo(reserved);
    assertThat(
            NodeLabels.initial(node(Map.of()), metadata("", "", "", Map.of(key, "v")))
                .containsKey(key))
        .isEqualTo(!reserved);
  }

  @Test
  void stableFollowsBeta() {
    assertThat(NodeLabels.stableFromBeta(node(Map.of(ZONE_BETA, "z"))))
        .isEqualTo(Map.of(ZONE, "z"));
    assertThat(NodeLabels.stableFromBeta(node(Map.of(ZONE_BETA, "z", ZONE, "z")))).isEmpty();
    assertThat(NodeLabels.stableFromBeta(node(Map.of(ZONE_BETA, "z", ZONE, "old"))))
        .isEqualTo(Map.of(ZONE, "z"));
    assertThat(NodeLabels.stableFromBeta(node(Map.of(ZONE, "z")))).isEmpty();
  }

  @Test
  void zoneFollowsTheMachineAndTypeDoesNot() {
    assertThat(
            NodeLabels.refreshed(
                node(Map.of(ZONE, "a", ZONE_BETA, "a", TYPE, "t")),
                metadata("t2", "b", "", Map.of("rack", "7")),
                LabelSync.TOPOLOGY))
        .containsExactlyInAnyOrderEntriesOf(Map.of(ZONE, "b", ZONE_BETA, "b"));
  }

  @Test
  void allLabelsFollowTheMachineIfToldSo() {
    assertThat(
            NodeLabels.refreshed(
                node(Map.of(ZONE, "a", ZONE_BETA, "a", TYPE, "t", "rack", "6", "own", "1")),
                metadata("t2", "b", "", Map.of("rack", "7", "kubernetes.io/x", "no")),
                LabelSync.ALL))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(ZONE, "b", ZONE_BETA, "b", TYPE, "t2", TYPE_BETA, "t2", "rack", "7"));
  }

  @Test
  void noLabelFollowsTheMachineIfToldSo() {
    assertThat(
            NodeLabels.refreshed(
                node(Map.of(ZONE, "a")),
                metadata("t2", "b", "r", Map.of("rack", "7")),
                LabelSync.NONE))
        .isEmpty();
  }

  @Test
  void theCloudsOwnLabelsOverwriteAndFollow() {
    InstanceMetadata metadata =
        new InstanceMetadata(
            "x://1",
            "",
            List.of(),
            "",
            "",
            Map.of("pool", "b"),
            Map.of("rack", "r2", "kubernetes.io/arch", "no"));
    V1Node node = node(Map.of("rack", "r1", "pool", "a"));
    assertThat(NodeLabels.initial(node, metadata)).containsExactly(Map.entry("rack", "r2"));
    assertThat(NodeLabels.refreshed(node, metadata, LabelSync.TOPOLOGY))
        .containsExactly(Map.entry("rack", "r2"));
    assertThat(NodeLabels.refreshed(node(Map.of("rack", "r2")), metadata, LabelSync.TOPOLOGY))
        .isEmpty();
  }
}
