package dev.thresher.ccm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationDocumentTest {

  private static final String GROUP = "cloudcontrollermanager.config.k8s.io";

  /// What the cloud controller manager of 1.36 answers with no flag but these: all that is other
  /// here is named in the test.
  private static final String UPSTREAM =
      """
      {
        "kind": "CloudControllerManagerConfiguration",
        "apiVersion": "cloudcontrollermanager.config.k8s.io/v1alpha1",
        "Generic": {
          "Port": 0,
          "Address": "0.0.0.0",
          "MinResyncPeriod": "12h0m0s",
          "ClientConnection": {
            "kubeconfig": "",
            "acceptContentTypes": "",
            "contentType": "application/vnd.kubernetes.protobuf",
            "qps": 20,
            "burst": 30
          },
          "ControllerStartInterval": "0s",
          "LeaderElection": {
            "leaderElect": true,
            "leaseDuration": "15s",
            "renewDeadline": "10s",
            "retryPeriod": "2s",
            "resourceLock": "leases",
            "resourceName": "cloud-controller-manager",
            "resourceNamespace": "kube-system"
          },
          "Controllers": ["*", "-service-lb-controller"],
          "Debugging": {"enableProfiling": true, "enableContentionProfiling": false},
          "LeaderMigrationEnabled": false,
          "LeaderMigration": {"leaderName": "", "resourceLock": "", "controllerLeaders": null}
        },
        "KubeCloudShared": {
          "CloudProvider": {"Name": "harvester", "CloudConfigFile": ""},
          "ExternalCloudVolumePlugin": "",
          "UseServiceAccountCredentials": false,
          "AllowUntaggedCloud": false,
          "RouteReconciliationPeriod": "10s",
          "NodeMonitorPeriod": "5s",
          "ClusterName": "kubernetes",
          "ClusterCIDR": "",
          "AllocateNodeCIDRs": false,
          "CIDRAllocatorType": "RangeAllocator",
          "ConfigureCloudRoutes": true,
          "NodeSyncPeriod": "0s"
        },
        "NodeController": {"ConcurrentNodeSyncs": 1, "ConcurrentNodeStatusUpdates": 1},
        "ServiceController": {"ConcurrentServiceSyncs": 1},
        "NodeStatusUpdateFrequency": "5m0s",
        "Webhook": {"Webhooks": null}
      }
      """;

  private static JsonObject document(String... flags) {
    List<String> all = new ArrayList<>(List.of("--cloud-config=x", "--kubeconfig=y"));
    all.addAll(List.of(flags));
    return CalledCommand.config(all.toArray(String[]::new)).process().flags();
  }

  /// Paths of what differs, with both values.
  private static List<String> differences(String path, JsonElement one, JsonElement other) {
    List<String> all = new ArrayList<>();
    if (one instanceof JsonObject left && other instanceof JsonObject right) {
      assertThat(right.keySet()).as(path).containsExactlyElementsOf(left.keySet());
      left.keySet()
          .forEach(key -> all.addAll(differences(path + "/" + key, left.get(key), right.get(key))));
    } else if (!one.equals(other)) {
      all.add(path + " " + one + " " + other);
    }
    return all;
  }

  @Test
  void isUpstreamsDocumentWithUpstreamsDefaults() {
    JsonObject document = document("--controllers=*,-service-lb-controller");
    assertThat(differences("", JsonParser.parseString(UPSTREAM), document.getAsJsonObject(GROUP)))
        .containsExactly(
            "/Generic/ClientConnection/kubeconfig \"\" \"y\"",
            "/Generic/ClientConnection/contentType \"application/vnd.kubernetes.protobuf\""
                + " \"application/json\"",
            "/Generic/ClientConnection/qps 20 500",
            "/Generic/ClientConnection/burst 30 1000",
            "/KubeCloudShared/CloudProvider/CloudConfigFile \"\" \"x\"",
            "/NodeController/ConcurrentNodeSyncs 1 8",
            "/NodeController/ConcurrentNodeStatusUpdates 1 8",
            "/ServiceController/ConcurrentServiceSyncs 1 8");
    assertThat(document.getAsJsonObject("flags").get("vip-placement").getAsString())
        .isEqualTo("guest");
  }

  @Test
  void saysWhatWasGiven() {
    JsonObject document =
        document(
                "--kube-api-qps=7.5",
                "--profiling=false",
                "--contention-profiling",
                "--min-resync-period=1h30m",
                "--controller-start-interval=1m1s",
                "--concurrent-node-status-updates=3",
                "--allocate-node-cidrs",
                "--cluster-cidr=10.42.0.0/16",
                "--use-service-account-credentials",
                "--leader-elect=false",
                "--external-cloud-volume-plugin=any")
            .getAsJsonObject(GROUP);
    JsonObject generic = document.getAsJsonObject("Generic");
    assertThat(generic.getAsJsonObject("ClientConnection").get("qps").getAsDouble()).isEqualTo(7.5);
    assertThat(generic.get("Debugging"))
        .hasToString("{\"enableProfiling\":false,\"enableContentionProfiling\":true}");
    assertThat(generic.get("MinResyncPeriod").getAsString()).isEqualTo("1h30m0s");
    assertThat(generic.get("ControllerStartInterval").getAsString()).isEqualTo("1m1s");
    assertThat(generic.getAsJsonObject("LeaderElection").get("leaderElect").getAsBoolean())
        .isFalse();
    JsonObject shared = document.getAsJsonObject("KubeCloudShared");
    assertThat(shared.get("AllocateNodeCIDRs").getAsBoolean()).isTrue();
    assertThat(shared.get("ClusterCIDR").getAsString()).isEqualTo("10.42.0.0/16");
    assertThat(shared.get("UseServiceAccountCredentials").getAsBoolean()).isTrue();
    assertThat(shared.get("ExternalCloudVolumePlugin").getAsString()).isEqualTo("any");
    assertThat(document.getAsJsonObject("NodeController").get("ConcurrentNodeStatusUpdates"))
        .hasToString("3");
  }

  @Test
  void saysWhichControllersMove() {
    JsonObject moving =
        document("--enable-leader-migration")
            .getAsJsonObject(GROUP)
            .getAsJsonObject("Generic")
            .getAsJsonObject("LeaderMigration");
    assertThat(moving.get("leaderName").getAsString())
        .isEqualTo("cloud-provider-extraction-migration");
    JsonArray rows = moving.getAsJsonArray("controllerLeaders");
    assertThat(rows).hasSize(3);
    assertThat(rows.get(0)).hasToString("{\"name\":\"route-controller\",\"component\":\"*\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S,0s",
    "PT0.25S,250ms",
    "PT5S,5s",
    "PT1M,1m0s",
    "PT1M1.5S,1m1.5s",
    "PT12H,12h0m0s",
    "PT36H30M,36h30m0s"
  })
  void writesDurationsAsGoDoes(Duration duration, String text) {
    assertThat(ConfigurationDocument.goes(duration)).isEqualTo(text);
  }
}
