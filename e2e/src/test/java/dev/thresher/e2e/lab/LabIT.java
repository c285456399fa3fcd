package dev.thresher.e2e.lab;

import static dev.thresher.e2e.lab.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A whole lab: objects, data path, probes and faults.
@NeedsLab
class LabIT {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final int NODE_PORT = 30080;

  private static Lab lab;
  private static Client client;

  @BeforeAll
  static void start() {
    lab =
        Lab.builder()
            .hostNodes(2)
            .network("outside")
            .guest("g1", g -> g.vms(2).nics("lan", "outside"))
            .progress(System.out::println)
            .start();
    client = lab.client("c1");
    lab.vm("g1-vm1").pod("web-1", Map.of("app", "web"));
    lab.vm("g1-vm2").pod("web-2", Map.of("app", "web"));
    lab.guest("g1")
        .apply(
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: web
            spec:
              type: NodePort
              ipFamilyPolicy: RequireDualStack
              selector:
                app: web
              ports:
                - port: 80
                  targetPort: 8080
                  nodePort: 30080
            """);
  }

  @AfterAll
  static void stop() {
    if (lab != null) {
      lab.close();
    }
  }

  private static String url(String address) {
    return "http://"
        + (address.contains(":") ? "[" + address + "]" : address)
        + ":"
        + NODE_PORT
        + "/";
  }

  private static boolean answers(Machine from, String address) {
    return lab.http(from).get(url(address), SECOND).ok();
  }

  private static void awaitAnswers(Machine from, Machine to) {
    for (String address : to.addresses().all()) {
      await("an answer of " + address + " to " + from.name(), () -> answers(from, address));
    }
  }

  @Test
  void nodePortsAnswerFromEveryVmOverBothFamilies() {
    for (Vm vm : lab.vms("g1")) {
      awaitAnswers(client, vm);
    }
    await(
        "both pods to be asked",
        () -> lab.http(client).get(url(lab.vm("g1-vm1").addresses().ipv4()), SECOND).backend(),
        "web-1"::equals);
    await(
        "both pods to be asked",
        () -> lab.http(client).get(url(lab.vm("g1-vm1").addresses().ipv4()), SECOND).backend(),
        "web-2"::equals);
  }

  @Test
  void guestNodesLookAsAKubeletRegistersThem() {
    Vm vm = lab.vm("g1-vm1");
    JsonObject node = lab.guest("g1").api().get("/api/v1/nodes/g1-vm1");

    assertThat(Json.text(node, "spec", "providerID")).isEmpty();
    assertThat(Json.at(node, "spec", "taints").orElseThrow().toString())
        .contains("node.cloudprovider.kubernetes.io/uninitialized");
    JsonObject instance = lab.host().api().get(vm.path("virtualmachineinstances"));
    assertThat(Json.text(node, "status", "nodeInfo", "systemUUID"))
        .isEqualTo(Json.text(instance, "spec", "domain", "firmware", "uuid"));
    assertThat(Json.text(instance, "metadata", "labels", "guestcluster.harvesterhci.io/name"))
        .contains("g1");
    assertThat(Json.at(instance, "status", "interfaces").orElseThrow().toString())
        .contains(vm.addresses().ipv4(), vm.addresses().ipv6(), "nic-0");
    assertThat(vm.uid())
        .isEqualTo(
            instance
                .getAsJsonObject("metadata")
                .getAsJsonArray("ownerReferences")
                .get(0)
                .getAsJsonObject()
                .get("uid")
                .getAsString());
  }

  @Test
  void secondCardsAreOnTheirOwnNetwork() {
    Vm vm = lab.vm("g1-vm1");
    Client near = lab.client("near", "outside");
    try (Probe<Claim> probe =
        Probe.neighbour(
            near, near.interfaceName(), vm.addresses(1).ipv4(), Duration.ofMillis(20))) {
      assertThat(probe.await("an answer", Await.PATIENCE, Claim::asked).mac())
          .isEqualTo(vm.machine().nics().get(1).mac());
    }
    vm.report(1, List.of());
    JsonObject instance = lab.host().api().get(vm.path("virtualmachineinstances"));
    assertThat(Json.at(instance, "status", "interfaces").orElseThrow().toString())
        .doesNotContain(vm.addresses(1).ipv4())
        .contains(vm.addresses(0).ipv4());
    vm.report(1, vm.addresses(1).all());
  }

  @Test
  void clientsBehindARouterReachTheVms() {
    lab.router("r1", "lan", "outside");
    Client far = lab.client("far", "outside");

    awaitAnswers(far, lab.vm("g1-vm2"));
  }

  @Test
  void aCutLinkIsSilentAndARestoredOneWorks() {
    Vm vm = lab.vm("g1-vm1");
    awaitAnswers(client, vm);

    vm.link().cut();
    assertThat(answers(client, vm.addresses().ipv4())).isFalse();
    assertThat(vm.namespace().run(List.of("cat", "/sys/class/net/eth0/carrier")).strip())
        .isEqualTo("1");
    vm.link().restore();
    awaitAnswers(client, vm);

    vm.link().cutFromMachine();
    assertThat(answers(client, vm.addresses().ipv6())).isFalse();
    vm.link().restore();
    awaitAnswers(client, vm);

    vm.link().unplug();
    assertThat(vm.namespace().run(List.of("cat", "/sys/class/net/eth0/carrier")).strip())
        .isEqualTo("0");
    vm.link().plug();
    awaitAnswers(client, vm);
  }

  @Test
  void aDelayedLinkIsLateAndCanBeCutAsWell() {
    Client other = lab.client("delayed");
    Vm vm = lab.vm("g1-vm2");
    awaitAnswers(other, vm);

    other.link().delay(Duration.ofMillis(60), Duration.ofMillis(40));
    // A connection and a request: two round trips.
    Attempt slow = lab.http(other).get(url(vm.addresses().ipv4()), Duration.ofSeconds(10));
    assertThat(slow.ok()).isTrue();
    assertThat(slow.endNanos() - slow.startNanos()).isGreaterThan(200_000_000);
    other.link().cut();
    assertThat(answers(other, vm.addresses().ipv4())).isFalse();
    other.link().restore();
    other.link().delay(Duration.ZERO, Duration.ZERO);

    awaitAnswers(other, vm);
    await(
        "an answer without delay",
        () -> lab.http(other).get(url(vm.addresses().ipv4()), SECOND),
        a -> a.ok() && a.endNanos() - a.startNanos() < 100_000_000);
  }

  @Test
  void aPartitionedControlPlaneIsThereForOthers() {
    Node node = lab.node(1);
    var ask = List.of("curl", "-sk", "-m", "2", "-o", "/dev/null", lab.host().url() + "/livez");
    node.namespace().run(ask);

    lab.host().partition(node);
    assertThat(fails(() -> node.namespace().run(ask))).isTrue();
    lab.node(2).namespace().run(ask);
    lab.host().heal(node);

    await("the node to reach the API server", () -> !fails(() -> node.namespace().run(ask)));
  }

  private static boolean fails(Runnable command) {
    try {
      command.run();
      return false;
    } catch (LabException e) {
      return true;
    }
  }

  @Test
  void neighbourProbesSeeWhoAnswersInBothFamilies() {
    Vm vm = lab.vm("g1-vm1");
    for (String address : vm.addresses().all()) {
      try (Probe<Claim> probe =
          Probe.neighbour(client, client.interfaceName(), address, Duration.ofMillis(20))) {
        Claim claim = probe.await("an answer", Await.PATIENCE, Claim::asked);
        assertThat(claim.mac()).isEqualTo(vm.machine().nics().getFirst().mac());
        assertThat(claim.address()).isEqualTo(address);
      }
    }
  }

  @Test
  void httpProbesMeasureAnInterruption() {
    Vm vm = lab.vm("g1-vm2");
    awaitAnswers(client, vm);
    try (Probe<Attempt> probe =
        Probe.http(client, url(vm.addresses().ipv4()), Duration.ofMillis(10), SECOND)) {
      probe.await("an answer", Await.PATIENCE, Attempt::ok);
      vm.link().cut();
      probe.await("a failure", Await.PATIENCE, a -> !a.ok());
      vm.link().restore();
      long restored = System.nanoTime();
      probe.await(
          "an answer afterwards", Await.PATIENCE, a -> a.ok() && a.startNanos() - restored > 0);

      assertThat(Probe.firstAnswer(probe.lines(), restored)).isPresent();
      assertThat(Probe.longestGap(probe.lines())).isGreaterThan(Duration.ofMillis(900));
    }
  }

  @Test
  void udpProbesNameTheBackend() {
    Pod pod = lab.vm("g1-vm1").pods().getFirst();
    try (Probe<Attempt> probe =
        Probe.udp(lab.vm("g1-vm2"), pod.addresses().ipv4() + ":8080", Duration.ofMillis(20))) {
      assertThat(probe.await("an answer", Await.PATIENCE, Attempt::ok).backend())
          .isEqualTo("web-1");
    }
  }

  @Test
  void aVmThatMovedIsOnTheOtherNode() {
    Vm vm = lab.vm("g1-vm1");
    Node before = vm.node();
    Node target = lab.node(before.number() == 1 ? 2 : 1);
    awaitAnswers(client, vm);

    vm.moveTo(target);
    try {
      assertThat(
              Json.text(
                  lab.host().api().get(vm.path("virtualmachineinstances")), "status", "nodeName"))
          .contains(target.name());
      awaitAnswers(client, vm);
      target.link().cut();
      assertThat(answers(client, vm.addresses().ipv4())).isFalse();
    } finally {
      target.link().restore();
      vm.moveTo(before);
    }
    awaitAnswers(client, vm);
  }

  @Test
  void aFrozenHostForwardsButItsPodsAreSilent() {
    Pod pod = lab.vm("g1-vm1").pods().getFirst();
    lab.freezeHost(lab.vm("g1-vm1").node());
    try {
      assertThat(
              lab.http(lab.vm("g1-vm2"))
                  .get("http://" + pod.addresses().ipv4() + ":8080/", SECOND)
                  .ok())
          .isFalse();
    } finally {
      lab.thawHost(lab.vm("g1-vm1").node());
    }
    await(
        "the pod to answer again",
        () ->
            lab.http(lab.vm("g1-vm2"))
                .get("http://" + pod.addresses().ipv4() + ":8080/", SECOND)
                .ok());
  }

  @Test
  void programsSeeAShiftedMonotonicClock() {
    Namespace namespace = lab.node(2).namespace();
    double before = uptime(namespace);
    namespace.clockOffset(Duration.ofHours(100));
    try {
      assertThat(uptime(namespace) - before).isGreaterThanOrEqualTo(360_000);
    } finally {
      namespace.clockOffset(Duration.ZERO);
    }
  }

  private static double uptime(Namespace namespace) {
    return Double.parseDouble(namespace.run(List.of("cat", "/proc/uptime")).split(" ", -1)[0]);
  }

  @Test
  void recordersWriteWholePackets() throws IOException {
    Vm vm = lab.vm("g1-vm1");
    try (Recorder recorder = lab.record(client.link().namespace(), client.link().port())) {
      awaitAnswers(client, vm);
      await("packets in the file", () -> Files.size(recorder.file()) > 1000);
      byte[] head = Files.readAllBytes(recorder.file());
      assertThat(head).startsWith(0x4d, 0x3c, 0xb2, 0xa1);
    }
  }

  @Test
  void programsRunWhereTheyAreStarted() {
    LabProcess process =
        lab.start(
            lab.node(1),
            "hello",
            List.of("sh", "-c", "ip -br addr; echo $WHO"),
            Map.of("WHO", "me"));
    assertThat(process.onExit().join()).isZero();
    assertThat(process.output()).contains(lab.node(1).addresses().ipv4(), "me");
  }
}
