package dev.thresher.ccm.duties;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.thresher.ccm.duties.LeaderMigration.Leader;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeaderMigrationReaderTest {

  private static final String HEAD =
      "{apiVersion: controllermanager.config.k8s.io/v1, kind: LeaderMigrationConfiguration, ";

  private static LeaderMigration read(String text) {
    return LeaderMigrationReader.read(text, "/etc/moving.yaml");
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1beta1", "v1alpha1"})
  void readsEveryVersion(String version) {
    assertThat(
            read(
                """
                apiVersion: controllermanager.config.k8s.io/%s
                kind: LeaderMigrationConfiguration
                leaderName: moving
                resourceLock: leases
                controllerLeaders:
                  - name: route-controller
                    component: kube-controller-manager
                  - name: service-lb-controller
                    component: "*"
                """
                    .formatted(version)))
        .isEqualTo(
            new LeaderMigration(
                "moving",
                List.of(
                    new Leader("route-controller", "kube-controller-manager"),
                    new Leader("service-lb-controller", "*"))));
  }

  @Test
  void nothingNeedsToMove() {
    var none = new LeaderMigration("moving", List.of());
    assertThat(read(HEAD + "leaderName: moving}")).isEqualTo(none);
    assertThat(read(HEAD + "leaderName: moving, controllerLeaders: []}")).isEqualTo(none);
    assertThat(read(HEAD + "leaderName: moving, controllerLeaders: null}")).isEqualTo(none);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "''|the file is",
        "[]|the file is",
        "'{a: 1'|not valid YAML at line 1",
        "'{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration}'"
            + "|kind is \"KubeletConfiguration\"; want LeaderMigrationConfiguration",
        "'{apiVersion: controllermanager.config.k8s.io/v2, kind: LeaderMigrationConfiguration}'"
            + "|apiVersion is \"controllermanager.config.k8s.io/v2\"",
        "'HEAD leaderName: \"\"}'|leaderName is \"\"",
        "'HEAD leaderName: 7}'|leaderName is \"7\"; want a text",
        "'HEAD leaderName: a, leaderName: b}'|found duplicate key leaderName",
        "'HEAD leaderName: a, resourceLock: endpoints}'|resourceLock is \"endpoints\"; want leases",
        "'HEAD leaderName: a, leaderNames: b}'|unknown field leaderNames",
        "'HEAD leaderName: a, controllerLeaders: service}'|controllerLeaders is \"service\"",
        "'HEAD leaderName: a, controllerLeaders: [service]}'|controllerLeaders[0] is \"service\"",
        "'HEAD leaderName: a, controllerLeaders: [{name: service}]}'"
            + "|controllerLeaders[0].component is \"\"",
        "'HEAD leaderName: a, controllerLeaders: [{component: \"*\"}]}'"
            + "|controllerLeaders[0].name is \"\"",
        "'HEAD leaderName: a, controllerLeaders: [{name: a, component: b, who: c}]}'"
            + "|unknown field who in controllerLeaders[0]",
        "'HEAD leaderName: a, controllerLeaders: [{name: service, component: kcm},"
            + " {name: service, component: \"*\"}]}'|controllerLeaders gives \"service\""
      })
  void saysWhatIsWrongAndWhere(String text, String complaint) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(text.replace("HEAD ", HEAD)))
        .withMessageStartingWith("/etc/moving.yaml: ")
        .withMessageContaining(complaint);
  }
}
