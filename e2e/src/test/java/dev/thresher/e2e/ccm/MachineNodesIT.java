package dev.thresher.e2e.ccm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Vm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// What Nodes say of their machines, on real control planes and under the roles that are shipped.
///
/// That something does not change is seen by a mark: a later change of the same machine that does.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MachineNodesIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized";
  private static final String ZONE = "topology.kubernetes.io/zone";
  private static final String VIP = "10.255.255.10";
  private static final String MACHINES = "/apis/kubevirt.io/v1/namespaces/default/virtualmachines";
  private static final String RUNS =
      "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances";
  private static final String MAPPING =
      "/api/v1/namespaces/kube-system/configmaps/harvester-nad-mapping";

  private Lab lab;
  private Cloud cloud;
  private KubeApi guest;
  private KubeApi host;
  private List<Vm> vms;

  @BeforeAll
  void start() {
    lab =
        Lab.builder()
            .network("storage")
            .audit(true)
            .guest(Cloud.GUEST, g -> g.vms(4).nics("lan", "storage").kubeProxy(false))
            .start();
    cloud = Cloud.prepare(lab, Placement.GUEST);
    guest = cloud.guest().api();
    host = cloud.host().api();
    vms = lab.vms(Cloud.GUEST);
    host.apply(
        json(
            """
            {"apiVersion": "loadbalancer.harvesterhci.io/v1beta1", "kind": "LoadBalancer",
             "metadata": {"name": "other", "namespace": "default"},
             "spec": {"workloadType": "cluster", "ipam": "pool"},
             "status": {"address": "%s"}}
            """
                .formatted(VIP)));
    // Before anything else is known, too.
    Vm vm = vms.getFirst();
    vm.report(0, List.of(VIP, vm.addresses().ipv4(), vm.addresses().ipv6(), "fe80::1"));
    startCcm();
    vms.forEach(each -> awaitInitialised(each.name()));
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  private void startCcm(String... flags) {
    // A leader that was killed is succeeded soon.
    List<String> all =
        new ArrayList<>(
            List.of(
                "--node-monitor-period=500ms",
                "--leader-elect-lease-duration=8s",
                "--leader-elect-renew-deadline=7s",
                "--leader-elect-retry-period=500ms"));
    all.addAll(List.of(flags));
    cloud.startCcm("1", all);
  }

  private void restartCcm(String... flags) {
    cloud.process("ccm-1").stop(Duration.ofSeconds(15));
    startCcm(flags);
  }

  @Test
  @Order(1)
  void saysWhatTheMachineIsWithoutARequestPerNode() {
    Vm vm = vms.getFirst();
    assertThat(addresses(vm)).isEqualTo(own(vm));
    JsonObject spec = node(vm.name()).orElseThrow().getAsJsonObject("spec");
    assertThat(spec.get("providerID").getAsString()).isEqualTo("harvester://" + vm.uid());
    assertThat(label(vm, ZONE)).isEqualTo("zone-1");
    assertThat(label(vm, "topology.kubernetes.io/region")).isEqualTo("lab");
    assertThat(label(vm, "node.kubernetes.io/instance-type")).isEqualTo("2cpu-3996Mi");
    assertThat(label(vm, "nodepool.harvesterhci.io/name")).isEqualTo("g1-pool1");
    assertThat(label(vm, "thresher.dev/host-node")).isEqualTo(vm.node().name());
    assertThat(
            cloud.host().audit().requests().stream()
                .filter(r -> r.user().endsWith(":" + Cloud.GUEST))
                .filter(r -> r.verb().equals("get")))
        .isEmpty();
  }

  @Test
  @Order(2)
  void takesTheKubeletsAddressesFirstInEitherOrder() {
    Vm vm = vms.getFirst();
    String four = vm.addresses().ipv4();
    String six = vm.addresses().ipv6();
    guest.merge(
        "/api/v1/nodes/" + vm.name(),
        json(
            """
            {"metadata": {"annotations": {"alpha.kubernetes.io/provided-node-ip": "%s,%s"}}}
            """
                .formatted(six, four)));
    vm.report(0, List.of("10.255.255.20", four, six, VIP));
    awaitAddresses(
        vm,
        List.of(
            "InternalIP " + six,
            "InternalIP " + four,
            "ExternalIP 10.255.255.20",
            "Hostname " + vm.name()));
    guest.merge(
        "/api/v1/nodes/" + vm.name(),
        json(
            """
            {"metadata": {"annotations": {"alpha.kubernetes.io/provided-node-ip": null}}}
            """));
  }

  @Test
  @Order(3)
  void keepsTheLastGoodAddressesWhileTheAgentIsSilentAndOverARestart() {
    Vm vm = vms.get(1);
    vm.report(0, List.of());
    mark(vm, "zone-2");
    assertThat(addresses(vm)).isEqualTo(own(vm));

    cloud.process("ccm-1").kill();
    startCcm();
    mark(vm, "zone-3");
    assertThat(addresses(vm)).isEqualTo(own(vm));
    vm.report(0, vm.addresses().all());
  }

  @Test
  @Order(4)
  void changesNothingDuringAMigration() {
    Vm vm = vms.get(1);
    host.merge(
        vm.path("virtualmachineinstances"),
        json(
            """
            {"metadata": {"annotations": {"topology.kubernetes.io/zone": "zone-4"}},
             "status": {"nodeName": "elsewhere",
               "migrationState": {"startTimestamp": "2026-01-01T00:00:00Z",
                 "targetNode": "elsewhere"}}}
            """));
    vm.report(0, List.of("10.255.255.30"));
    // The pass over another machine comes after it.
    mark(vms.get(2), "zone-5");
    assertThat(addresses(vm)).isEqualTo(own(vm));
    assertThat(label(vm, ZONE)).isEqualTo("zone-3");

    vm.report(0, vm.addresses().all());
    host.merge(
        vm.path("virtualmachineinstances"),
        json(
            """
            {"status": {"migrationState": {"completed": true,
               "endTimestamp": "2026-01-01T00:00:09Z"}}}
            """));
    await("the zone after the migration", () -> label(vm, ZONE), "zone-4");
    assertThat(label(vm, "thresher.dev/host-node")).isEqualTo("elsewhere");
    assertThat(addresses(vm)).isEqualTo(own(vm));
  }

  @Test
  @Order(5)
  void publishesCardsAlsoOfMachinesThatDiffer() {
    await(
        "the cards of all nodes",
        () -> mapping("interface-nad-mapping"),
        "{\"default/lan\":\"eth0\",\"default/storage\":\"eth1\"}");
    Vm third = vms.get(2);
    JsonObject run = host.get(third.path("virtualmachineinstances"));
    JsonArray networks = run.getAsJsonObject("spec").getAsJsonArray("networks");
    networks.remove(1);
    JsonObject spec = new JsonObject();
    spec.add("networks", networks);
    JsonObject patch = new JsonObject();
    patch.add("spec", spec);
    host.merge(third.path("virtualmachineinstances"), patch);
    await("the common card", () -> mapping("interface-nad-mapping"), "{\"default/lan\":\"eth0\"}");
    assertThat(mapping("thresher.dev.interface-nad-mapping-by-node"))
        .isEqualTo(
            "{\"default/storage\":{\"%s\":\"eth1\",\"%s\":\"eth1\",\"%s\":\"eth1\"}}"
                .formatted(vms.get(0).name(), vms.get(1).name(), vms.get(3).name()));
  }

  @Test
  @Order(6)
  void findsAMachineByWhatItsGuestCallsItselfAndLeavesOthersAlone() {
    // The Nodes first: no name of the machine leads to them when it comes.
    register("metal");
    register("web-7");
    Await.until(
        "web-7 to be somebody else's so far",
        PATIENCE,
        () ->
            cloud
                .process("ccm-1")
                .output()
                .lines()
                .filter(line -> line.contains("node is not ours"))
                .anyMatch(line -> line.contains("node=web-7 ")));
    cloud.host().guestInfo("default", "spare", json("{\"hostname\": \"web-7\"}"));
    copy(vms.getFirst(), "spare");
    awaitInitialised("web-7");
    assertThat(node("web-7").orElseThrow().getAsJsonObject("spec").get("providerID").getAsString())
        .isEqualTo("harvester://" + uid(host.get(MACHINES + "/spare")));
    assertThat(isTainted(node("metal").orElseThrow())).isTrue();
  }

  @Test
  @Order(7)
  void aMachineMadeAgainUnderTheSameNameIsAnother() {
    Vm vm = vms.get(3);
    JsonObject machine = host.get(vm.path("virtualmachines"));
    JsonObject run = host.get(vm.path("virtualmachineinstances"));
    vm.remove();
    create(machine, run, vm.name());
    vm.ready(false);
    Await.until(
        "the node of the earlier machine to be gone", PATIENCE, () -> node(vm.name()).isEmpty());
    register(vm.name());
    awaitInitialised(vm.name());
    assertThat(
            node(vm.name()).orElseThrow().getAsJsonObject("spec").get("providerID").getAsString())
        .isEqualTo("harvester://" + vm.uid());
    assertThat(node("metal")).as("a node that is no machine stays").isPresent();
  }

  @Test
  @Order(8)
  void choosesBySubnetWithItsFlags() {
    Vm vm = vms.get(1);
    restartCcm("--node-ip-cidr=10.255.1.0/24", "--node-exclude-ip-ranges=10.255.3.0/24");
    vm.report(
        0,
        List.of(
            "10.255.2.1", "10.255.3.1", "10.255.1.1", "10.255.1.2", vm.addresses().ipv6(), VIP));
    awaitAddresses(
        vm,
        List.of(
            "ExternalIP 10.255.2.1",
            "InternalIP 10.255.1.1",
            "ExternalIP 10.255.1.2",
            "ExternalIP " + vm.addresses().ipv6(),
            "Hostname " + vm.name()));
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private static String uid(JsonObject object) {
    return object.getAsJsonObject("metadata").get("uid").getAsString();
  }

  private Optional<JsonObject> node(String name) {
    return guest.find("/api/v1/nodes/" + name);
  }

  private String label(Vm vm, String key) {
    JsonElement value =
        node(vm.name())
            .orElseThrow()
            .getAsJsonObject("metadata")
            .getAsJsonObject("labels")
            .get(key);
    return value == null ? "" : value.getAsString();
  }

  private List<String> addresses(Vm vm) {
    List<String> texts = new ArrayList<>();
    JsonArray addresses =
        node(vm.name()).orElseThrow().getAsJsonObject("status").getAsJsonArray("addresses");
    for (JsonElement address : addresses) {
      JsonObject entry = address.getAsJsonObject();
      texts.add(entry.get("type").getAsString() + " " + entry.get("address").getAsString());
    }
    return texts;
  }

  private static List<String> own(Vm vm) {
    return List.of(
        "InternalIP " + vm.addresses().ipv4(),
        "InternalIP " + vm.addresses().ipv6(),
        "Hostname " + vm.name());
  }

  private String mapping(String key) {
    return guest
        .find(MAPPING)
        .map(map -> map.getAsJsonObject("data").get(key))
        .map(JsonElement::getAsString)
        .orElse("");
  }

  private void awaitAddresses(Vm vm, List<String> wanted) {
    await("addresses of " + vm.name(), () -> addresses(vm), wanted);
  }

  private static <T> void await(String what, Supplier<T> look, T wanted) {
    try {
      Await.until(what + " to be " + wanted, PATIENCE, () -> look.get().equals(wanted));
    } catch (RuntimeException e) {
      throw new AssertionError(what + " is " + look.get() + " and not " + wanted, e);
    }
  }

  /// Changes the zone of a machine, and waits until its Node says so.
  private void mark(Vm vm, String zone) {
    host.merge(
        vm.path("virtualmachineinstances"),
        json("{\"metadata\": {\"annotations\": {\"" + ZONE + "\": \"" + zone + "\"}}}"));
    await("the zone of " + vm.name(), () -> label(vm, ZONE), zone);
  }

  private static boolean isTainted(JsonObject node) {
    JsonArray taints = node.getAsJsonObject("spec").getAsJsonArray("taints");
    return taints != null
        && taints.asList().stream()
            .anyMatch(t -> t.getAsJsonObject().get("key").getAsString().equals(UNINITIALIZED));
  }

  private void awaitInitialised(String name) {
    Await.until(
        "node " + name + " to be initialised",
        PATIENCE,
        () ->
            node(name)
                .filter(n -> n.getAsJsonObject("spec").has("providerID") && !isTainted(n))
                .isPresent());
  }

  /// As a kubelet with `--cloud-provider=external` registers its Node.
  private void register(String name) {
    guest.apply(
        json(
            """
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "%s"},
             "spec": {"taints": [
               {"key": "%s", "value": "true", "effect": "NoSchedule"}]}}
            """
                .formatted(name, UNINITIALIZED)));
  }

  /// A further machine like this one, which no name and no system UUID leads to.
  private void copy(Vm vm, String name) {
    create(
        host.get(vm.path("virtualmachines")), host.get(vm.path("virtualmachineinstances")), name);
  }

  private void create(JsonObject machine, JsonObject run, String name) {
    JsonObject made = host.create(MACHINES, fresh(machine, name));
    JsonObject owned = fresh(run, name);
    owned.getAsJsonObject("spec").getAsJsonObject("domain").remove("firmware");
    owned.getAsJsonObject("spec").remove("hostname");
    JsonObject owner = new JsonObject();
    Map.of("apiVersion", "kubevirt.io/v1", "kind", "VirtualMachine", "name", name, "uid", uid(made))
        .forEach(owner::addProperty);
    JsonArray owners = new JsonArray();
    owners.add(owner);
    owned.getAsJsonObject("metadata").add("ownerReferences", owners);
    host.create(RUNS, owned);
  }

  private static JsonObject fresh(JsonObject object, String name) {
    JsonObject copy = object.deepCopy();
    JsonObject meta = copy.getAsJsonObject("metadata");
    JsonObject bare = new JsonObject();
    bare.addProperty("name", name);
    bare.add("namespace", meta.get("namespace"));
    bare.add("labels", meta.get("labels"));
    copy.add("metadata", bare);
    JsonObject spec = copy.getAsJsonObject("spec");
    if (spec.get("template") instanceof JsonObject template) {
      JsonObject inner = template.getAsJsonObject("spec");
      inner.remove("hostname");
      inner.getAsJsonObject("domain").remove("firmware");
    }
    return copy;
  }
}
