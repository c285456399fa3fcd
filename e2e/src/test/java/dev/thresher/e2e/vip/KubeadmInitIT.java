package dev.thresher.e2e.vip;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.cloud.Relay;
import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Node;
import dev.thresher.e2e.lab.Probe;
import dev.thresher.e2e.lab.User;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The first node of a control plane as `kubeadm init` makes it since Kubernetes 1.29: the group of
/// `admin.conf` may do nothing until the address answers, that of `super-admin.conf` everything.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KubeadmInitIT {

  private static final Duration PATIENCE = Duration.ofSeconds(45);
  private static final Duration PACE = Duration.ofMillis(20);
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final List<LabProcess> running = new ArrayList<>();
  private Lab lab;
  private Client client;
  private Node node;

  @BeforeAll
  void start() {
    lab = Lab.builder().hostNodes(1).hostKubeProxy(false).start();
    client = lab.client("c1");
    node = lab.node(1);
    Relay.start(lab, node, lab.host());
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  /// Two on one node do not go together.
  @AfterEach
  void noneRunsAnyMore() {
    running.forEach(LabProcess::kill);
    running.clear();
  }

  @Test
  void superAdminConfHoldsTheAddressFromTheBeginning() {
    String vip = lab.freeAddress(1).ipv4();
    User user = lab.host().certificateUser("kubernetes-super-admin", "system:masters");
    LabProcess manager = start("super-admin", user, vip);
    awaitServer(vip);
    assertThat(manager.stop(PATIENCE)).isZero();
  }

  @Test
  void adminConfWaitsForItsRightsAndThenHoldsTheAddress() {
    String vip = lab.freeAddress(2).ipv4();
    User user = lab.host().certificateUser("kubernetes-admin", "kubeadm:cluster-admins");
    lab.expectRefusals(
        user.name(),
        "get leases",
        "list leases",
        "list nodes",
        "get nodenetworks",
        "list nodenetworks",
        "list nodenetworksettings");
    try (var neighbours = Probe.neighbour(client, client.interfaceName(), vip, PACE)) {
      LabProcess manager = start("admin", user, vip);
      Await.until(
          "the want of rights to be said",
          PATIENCE,
          () -> manager.output().contains("is forbidden"));
      int asked = neighbours.lines().size();
      Await.pass(Duration.ofSeconds(3));
      assertThat(neighbours.lines()).hasSize(asked).isEmpty();
      assertThat(manager.isAlive()).isTrue();
      // What kubeadm does once the address answers.
      lab.host()
          .apply(
              """
              apiVersion: rbac.authorization.k8s.io/v1
              kind: ClusterRoleBinding
              metadata: {name: "kubeadm:cluster-admins"}
              roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
              subjects: [{kind: Group, name: "kubeadm:cluster-admins", apiGroup: rbac.authorization.k8s.io}]
              """);
      awaitServer(vip);
      assertThat(manager.stop(PATIENCE)).isZero();
    }
  }

  private void awaitServer(String vip) {
    Await.until(
        "the server of the node to answer at " + vip,
        PATIENCE,
        () -> lab.http(client).get("https://" + vip + ":6443/livez", TIMEOUT).status() == 200);
  }

  /// With what the manifest of `vip-manager kubeadm init` says.
  private LabProcess start(String name, User user, String vip) {
    Path kubeconfig = lab.host().kubeconfig(user, "kube-system");
    Map<String, String> environment =
        new HashMap<>(VipRight.MAJORITY.environment(lab.directory(), node, true));
    environment.put("vip_state_dir", lab.directory().resolve("vip-state-" + name).toString());
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("vip_arp", "true");
    environment.put("cp_enable", "true");
    environment.put("address", vip);
    environment.put("vip_interface", node.interfaceName());
    environment.put("vip_nodename", node.name());
    environment.put("k8s_config_file", kubeconfig.toString());
    environment.put(
        "vip_status_socket", lab.directory().resolve("vip-" + name + ".sock").toString());
    LabProcess manager =
        lab.start(
            node,
            "vip-manager-" + name,
            List.of(Dist.find().program("vip-manager").toString(), "manager"),
            environment);
    running.add(manager);
    return manager;
  }
}
