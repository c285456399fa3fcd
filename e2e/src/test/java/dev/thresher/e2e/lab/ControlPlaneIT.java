package dev.thresher.e2e.lab;

import static dev.thresher.e2e.lab.Await.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// One control plane without nodes: users, audit, and its faults.
@NeedsLab
class ControlPlaneIT {
  private static Lab lab;
  private static ControlPlane host;

  @BeforeAll
  static void start() {
    lab = Lab.builder().hostNodes(0).audit(true).progress(System.out::println).start();
    host = lab.host();
  }

  @AfterAll
  static void stop() {
    if (lab != null) {
      lab.close();
    }
  }

  /// Runs kubectl as a user, from this machine's own namespace.
  private static String kubectl(User user, String... arguments) {
    var command = new ArrayList<String>();
    command.add(lab.directory().resolve("bin/kubectl").toString());
    command.add("--kubeconfig=" + host.kubeconfig(user, "default"));
    command.addAll(List.of(arguments));
    return Commands.run(command);
  }

  private static JsonObject configMap(String name, String value) {
    return Json.object(
        "apiVersion",
        "v1",
        "kind",
        "ConfigMap",
        "metadata",
        Json.object("name", name, "namespace", "default"),
        "data",
        Json.object("value", value));
  }

  @Test
  void usersAreWhoTheySayAndMayNothingByDefault() {
    for (User user :
        List.of(
            host.tokenUser("tina", "testers"),
            host.certificateUser("carl", "testers"),
            host.serviceAccount("default", "sam"))) {
      assertThat(kubectl(user, "auth", "whoami")).contains(user.name());
      assertThatThrownBy(() -> kubectl(user, "get", "nodes"))
          .isInstanceOf(LabException.class)
          .hasMessageContaining("forbidden");
    }
  }

  @Test
  void rolesGrantRights() {
    User user = host.tokenUser("reader", "readers");
    host.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata:
          name: readers
        roleRef:
          apiGroup: rbac.authorization.k8s.io
          kind: ClusterRole
          name: view
        subjects:
          - kind: Group
            name: readers
        """);

    await(
        "the binding to count", () -> kubectl(user, "get", "configmaps").contains("kube-root-ca"));
  }

  @Test
  void aHistoryHasEveryVersion() {
    String maps = "/api/v1/namespaces/default/configmaps";
    KubeApi api = host.api();
    api.create(maps, configMap("kept", "0"));
    try (History history = api.history(maps)) {
      for (int i = 1; i <= 20; i++) {
        api.merge(maps + "/kept", Json.object("data", Json.object("value", "" + i)));
      }
      assertThat(history.of("kept"))
          .extracting(change -> Json.text(change.object(), "data", "value").orElseThrow())
          .containsExactlyElementsOf(IntStream.rangeClosed(0, 20).mapToObj(i -> "" + i).toList());

      api.delete(maps + "/kept");
      api.create(maps, configMap("kept", "again"));
      List<History.Change> changes = history.of("kept");
      assertThat(changes.subList(changes.size() - 2, changes.size()))
          .extracting(History.Change::type)
          .containsExactly("DELETED", "ADDED");
      api.delete(maps + "/kept");
      assertThat(history.of("kept").getLast().type()).isEqualTo("DELETED");
      assertThat(history.of("never")).isEmpty();
    }
  }

  @Test
  void revokedTokensEnd() {
    User user = host.tokenUser("rita");
    assertThat(kubectl(user, "auth", "whoami")).contains("rita");

    host.revoke(user);

    await(
        "the token to be refused",
        () -> {
          try {
            kubectl(user, "auth", "whoami");
            return false;
          } catch (LabException e) {
            return String.valueOf(e.getMessage()).contains("Unauthorized")
                || String.valueOf(e.getMessage()).contains("logged in");
          }
        });
  }

  @Test
  void auditCountsRequests() {
    User user = host.tokenUser("audrey");
    assertThatThrownBy(() -> kubectl(user, "get", "nodes")).isInstanceOf(LabException.class);

    assertThat(host.audit().counts(r -> r.user().equals("audrey") && !r.resource().isEmpty()))
        .containsOnlyKeys("audrey list nodes");
  }

  @Test
  void survivesARestart() {
    host.api().apply(configMap("survivor", "1"));

    host.restart();

    assertThat(host.api().get("/api/v1/namespaces/default/configmaps/survivor").toString())
        .contains("\"value\":\"1\"");
  }

  @Test
  void answersNothingWhilePaused() {
    host.pause();
    try {
      assertThatThrownBy(() -> kubectl(host.admin(), "get", "nodes", "--request-timeout=2s"))
          .isInstanceOf(LabException.class);
    } finally {
      host.resume();
    }
    host.awaitReady();
    assertThat(host.api().find("/api/v1/namespaces/default")).isPresent();
  }

  @Test
  void compactionEndsOldWatches() {
    host.api().apply(configMap("compacted", "1"));
    String version =
        Json.text(
                host.api().get("/api/v1/namespaces/default/configmaps"),
                "metadata",
                "resourceVersion")
            .orElseThrow();
    host.api().apply(configMap("compacted", "2"));

    host.compact();
    host.restart();

    assertThat(
            host.api()
                .call(
                    "GET",
                    "/api/v1/namespaces/default/configmaps?watch=true&timeoutSeconds=2&resourceVersion="
                        + version,
                    "",
                    "application/json")
                .toString())
        .contains("410");
  }

  @Test
  void hasTheResourcesOfKubeVirtAndMultus() {
    assertThat(kubectl(host.admin(), "get", "vm,vmi,net-attach-def", "-A"))
        .contains("No resources found");
  }

  @Test
  void guestAgentInformationComesThroughTheAggregatedApi() {
    JsonObject info =
        Json.object("kind", "VirtualMachineInstanceGuestAgentInfo", "hostname", "other");
    host.guestInfo("default", "vm9", info);
    String root = "/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachineinstances/";

    await(
        "the aggregated API",
        () -> host.api().get(root + "vm9/guestosinfo"),
        seen -> Json.text(seen, "hostname").orElse("").equals("other"));
    assertThatThrownBy(() -> host.api().get(root + "vm8/guestosinfo"))
        .isInstanceOfSatisfying(
            KubeApi.ApiFailure.class, e -> assertThat(e.status()).isEqualTo(409));
  }

  @Test
  void cloudProviderMayWhatHarvesterGrantsAndNoMore() {
    User user = CloudProviderRole.grant(host, "gc", "vms");

    assertThat(kubectl(user, "-n", "vms", "auth", "can-i", "list", "virtualmachines.kubevirt.io"))
        .startsWith("yes");
    assertThatThrownBy(
            () -> kubectl(user, "auth", "can-i", "list", "ippools.loadbalancer.harvesterhci.io"))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("no");
    assertThatThrownBy(() ->
            kubectl(user, "-n", "default", "auth", "can-i", "list", "virtualmachines.kubevirt.io"))
        .isInstanceOf(LabException.class);
  }

  @Test
  void theApiIsThereOverIpv6() {
    String answer =
        Commands.run(
            List.of(
                lab.directory().resolve("bin/kubectl").toString(),
                "--kubeconfig=" + host.ipv6Kubeconfig(host.admin(), "default"),
                "get",
                "namespaces"));
    assertThat(answer).contains("kube-system");
  }

  @Test
  void kubeconfigsAreForTheirOwnerOnly() throws IOException {
    Path file = host.kubeconfig(host.admin(), "default");
    assertThat(Files.getPosixFilePermissions(lab.directory()).toString())
        .contains("OWNER_READ")
        .doesNotContain("GROUP", "OTHERS");
    assertThat(file).startsWith(lab.directory());
  }
}
