package dev.thresher.e2e.ccm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.OpsPort;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Vm;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// Machines that stop and vanish, on real control planes and under the roles that are shipped.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NodeLifecycleIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String SHUTDOWN = "node.cloudprovider.kubernetes.io/shutdown";
  private static final String UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized";
  private static final String LEASE =
      "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/cloud-controller-manager";

  private Lab lab;
  private Cloud cloud;
  private KubeApi guest;
  private List<Vm> vms;

  @BeforeAll
  void start() {
    lab = Lab.builder().guest(Cloud.GUEST, g -> g.vms(4).kubeProxy(false)).start();
    cloud = Cloud.prepare(lab, Placement.GUEST);
    cloud.startCcm("1", List.of("--node-monitor-period=250ms"));
    guest = cloud.guest().api();
    vms = lab.vms(Cloud.GUEST);
    for (Vm vm : vms) {
      Await.until(
          "node " + vm.name() + " to be initialised",
          PATIENCE,
          () ->
              node(vm)
                  .filter(node -> spec(node).has("providerID") && !hasTaint(node, UNINITIALIZED))
                  .isPresent());
    }
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  @Order(1)
  void stoppedMachineTaintsItsNode() {
    Vm vm = vms.get(0);
    vm.powerOff();
    vm.ready(false);
    Await.until("the shutdown taint", PATIENCE, () -> hasShutdownTaint(vm));
    awaitPasses(4);
    assertThat(node(vm)).isPresent();

    vm.ready(true);
    Await.until("the end of the taint", PATIENCE, () -> !hasShutdownTaint(vm));
  }

  @Test
  @Order(2)
  void nodeGoesWithItsMachine() {
    Vm vm = vms.get(1);
    vm.remove();
    awaitPasses(4);
    assertThat(node(vm)).as("a Ready node stays").isPresent();
    vm.ready(false);
    Await.until("the node to be gone", PATIENCE, () -> node(vm).isEmpty());
    Await.value("an Event", PATIENCE, () -> events("DeletingNode", vm.name()).findFirst());
  }

  @Test
  @Order(3)
  void hostThatIsAwayDeletesNothing() {
    Vm vm = vms.get(2);
    vm.remove();
    // The caches of the ccm have heard of it once it has seen a newer object.
    awaitPasses(2);
    cloud.host().stop();
    vm.ready(false);
    awaitPasses(6);
    assertThat(node(vm)).isPresent();

    cloud.host().start();
    Await.until("the node to be gone", PATIENCE, () -> node(vm).isEmpty());
  }

  @Test
  @Order(4)
  void endOfAllMachinesWaitsForAPerson() {
    List<Vm> last = List.of(vms.get(0), vms.get(3));
    last.forEach(Vm::remove);
    last.forEach(vm -> vm.ready(false));
    // The first machine may be missed a pass before the second, and is told alone then.
    String message =
        Await.value(
            "an Event on the lease that names both",
            PATIENCE,
            () ->
                events("NodeDeletionHeld", "cloud-controller-manager")
                    .map(event -> event.get("message").getAsString())
                    .filter(text -> last.stream().allMatch(vm -> text.contains(vm.name())))
                    .findFirst());
    awaitPasses(4);
    assertThat(last).allSatisfy(vm -> assertThat(node(vm)).isPresent());

    JsonObject annotations = new JsonObject();
    annotations.addProperty(
        "thresher.dev/confirm-node-deletion", message.substring(message.lastIndexOf('=') + 1));
    JsonObject metadata = new JsonObject();
    metadata.add("annotations", annotations);
    JsonObject patch = new JsonObject();
    patch.add("metadata", metadata);
    guest.merge(LEASE, patch);
    for (Vm vm : last) {
      Await.until("the node to be gone", PATIENCE, () -> node(vm).isEmpty());
    }
    assertThat(cloud.process("ccm-1").isAlive()).isTrue();
  }

  /// Waits until the controller has looked at all nodes so many times more.
  private void awaitPasses(int count) {
    double before = passes();
    Await.until("passes of the controller", PATIENCE, () -> passes() >= before + count);
  }

  private double passes() {
    return OpsPort.ccm(cloud, "1")
        .metric("cloud_node_lifecycle_controller_monitor_nodes_duration_seconds_count")
        .orElse(0);
  }

  private Optional<JsonObject> node(Vm vm) {
    return guest.find("/api/v1/nodes/" + vm.name());
  }

  private boolean hasShutdownTaint(Vm vm) {
    return node(vm).filter(node -> hasTaint(node, SHUTDOWN)).isPresent();
  }

  private static boolean hasTaint(JsonObject node, String key) {
    return StreamSupport.stream(taints(node).spliterator(), false)
        .anyMatch(taint -> key.equals(taint.getAsJsonObject().get("key").getAsString()));
  }

  private Stream<JsonObject> events(String reason, String name) {
    return guest.list("/api/v1/events").stream()
        .filter(event -> reason.equals(event.get("reason").getAsString()))
        .filter(event ->
            name.equals(event.getAsJsonObject("involvedObject").get("name").getAsString()));
  }

  private static JsonObject spec(JsonObject node) {
    return node.getAsJsonObject("spec");
  }

  private static JsonArray taints(JsonObject node) {
    JsonArray taints = spec(node).getAsJsonArray("taints");
    return taints == null ? new JsonArray() : taints;
  }
}
