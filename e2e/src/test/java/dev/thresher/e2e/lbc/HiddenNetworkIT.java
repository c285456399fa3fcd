package dev.thresher.e2e.lbc;

import static dev.thresher.e2e.lab.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.lab.Attempt;
import dev.thresher.e2e.lab.HttpAgent;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Node;
import dev.thresher.e2e.lab.Vm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// Machines on a network on which the controller is not, but the host's node is: health checks by
/// the probe agent, foreign hands on the host objects, and the bridge that loses replies.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HiddenNetworkIT {

  private static final String NETWORK = "vlan7";
  private static final String SERVICE = "/api/v1/namespaces/default/services/web";
  private static final String SLICE =
      "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/web";
  private static final String DEFINITIONS =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String REPORTS = DEFINITIONS + "/nodereports.net.thresher.dev";
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final Duration SHORT = Duration.ofMillis(700);

  private Lab lab;
  private Balancer web;
  private Cloud cloud;
  private Node node;
  private Vm vm;
  private LabProcess server;
  private @Nullable LabProcess agent;
  private HttpAgent client;

  @BeforeAll
  void start() throws IOException {
    lab =
        Lab.builder()
            .hostNodes(1)
            .network(NETWORK)
            .guest(Cloud.GUEST, g -> g.nics(NETWORK).registered(false).kubeProxy(false))
            .start();
    cloud = Cloud.prepare(lab, Placement.HOST);
    web = new Balancer(lab.host(), "web");
    node = lab.nodes().getFirst();
    vm = lab.vms(Cloud.GUEST).getFirst();
    client = lab.http(lab.client("c1"));
    Files.writeString(Files.createDirectories(files()).resolve("name"), vm.name());
    server = FileServer.start(lab, vm, files());
    cloud.startLoadBalancerController("1");
    cloud.startVipManager(node);
    lab.host()
        .apply(
            """
            apiVersion: loadbalancer.harvesterhci.io/v1beta1
            kind: LoadBalancer
            metadata:
              name: web
              namespace: default
            spec:
              workloadType: vm
              ipFamilyPolicy: RequireDualStack
              backendNetwork: nic-0
              listeners:
                - {name: http, port: 80, protocol: TCP, backendPort: %d}
              backendServerSelector:
                guestcluster.harvesterhci.io/name: [%s]
              healthCheck: {type: HTTP, path: /name, port: %d}
            """
                .formatted(FileServer.PORT, Cloud.GUEST, FileServer.PORT));
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  private Path files() {
    return lab.directory().resolve("www");
  }

  /// Readiness, reason and checker of the back end; twice where its two addresses differ.
  private String backend() {
    return web.backends().stream()
        .map(one ->
            one.get("ready").getAsBoolean()
                + " "
                + HostObjects.text(one, "reason")
                + " "
                + HostObjects.text(one, "checkedFrom"))
        .distinct()
        .collect(Collectors.joining(" and "));
  }

  private String address() {
    return await("an address", web::address, a -> !a.isEmpty());
  }

  private String ask(HttpAgent from, String address, Duration timeout) {
    Attempt attempt = from.get(GuestService.url(address) + "name", timeout);
    return attempt.ok() && attempt.body() != null ? attempt.body().strip() : "no answer";
  }

  private void patch(String path, String json) {
    lab.host().api().merge(path, JsonParser.parseString(json).getAsJsonObject());
  }

  @Test
  @Order(1)
  void theControllerCannotReachTheMachinesAndTheAgentCan() {
    await(
        "the controller to fail",
        this::backend,
        said ->
            said.startsWith("false N")
                || said.startsWith("false Timeout")
                || said.startsWith("false Unreachable"));
    await("nobody to be healthy", () -> web.condition("Ready"), "False NoHealthyBackend"::equals);

    patch(web.path(), "{\"spec\": {\"healthCheck\": {\"from\": \"node\"}}}");
    await(
        "it to be said that nobody checks",
        () -> web.condition("BackendsChecked"),
        "False NoProbeAgent"::equals);
    agent = cloud.startProbeAgent(node);
    await("the node's word", this::backend, ("true  " + node.name())::equals);
    assertThat(web.condition("BackendsChecked")).isEqualTo("True ProbeAgents");
    assertThat(web.condition("Ready")).isEqualTo("True Answering");
    assertThat(web.condition("BridgeNatAtRisk")).as("not in the default set-up").isEmpty();
    assertThat(ask(client, address(), TIMEOUT)).isEqualTo(vm.name());
  }

  @Test
  @Order(2)
  void oneThatDiesLeavesAndReturns() {
    server.kill();
    await("it to be left out", this::backend, ("false ConnectionRefused " + node.name())::equals);
    server = FileServer.start(lab, vm, files());
    await("it to take part again", this::backend, ("true  " + node.name())::equals);
    // The service proxy follows the slice in its own time.
    await("answers again", () -> ask(client, address(), TIMEOUT), vm.name()::equals);
  }

  @Test
  @Order(3)
  void foreignHandsOnServiceAndSliceAreHealedWithinASecond() {
    String address = address();
    String asked = HostObjects.text(service(), "spec", "loadBalancerIP");
    assertThat(asked).contains(address);
    String uid = HostObjects.text(lab.host().api().get(web.path()), "metadata", "uid");
    healed(
        "ports of the Service",
        () -> patch(SERVICE, "{\"spec\": {\"ports\": [{\"port\": 81, \"targetPort\": 1}]}}"),
        () -> service().toString().contains("\"targetPort\":" + FileServer.PORT));
    healed(
        "its address",
        () -> patch(SERVICE, "{\"spec\": {\"loadBalancerIP\": \"192.0.2.9\"}}"),
        () -> HostObjects.text(service(), "spec", "loadBalancerIP").equals(asked));
    healed(
        "its selector",
        () -> patch(SERVICE, "{\"spec\": {\"selector\": {\"app\": \"other\"}}}"),
        () -> !service().getAsJsonObject("spec").has("selector"));
    healed(
        "its labels and its owner",
        () -> patch(SERVICE, "{\"metadata\": {\"labels\": null, \"ownerReferences\": null}}"),
        () -> isOf(uid, service().toString()));
    healed(
        "labels and owner of the slice",
        () -> patch(SLICE, "{\"metadata\": {\"labels\": null, \"ownerReferences\": null}}"),
        () -> isOf(uid, slice()));
    assertThat(web.condition("Ready")).isEqualTo("True Answering");
    healed(
        "its owner",
        () -> patch(SERVICE, "{\"metadata\": {\"ownerReferences\": null}}"),
        () -> service().toString().contains("ownerReferences"));
    healed(
        "endpoints",
        () -> patch(SLICE, "{\"endpoints\": []}"),
        () -> slice().contains(vm.addresses().ipv4()));
    healed(
        "labels of the slice",
        () -> patch(SLICE, "{\"metadata\": {\"labels\": {\"kubernetes.io/service-name\": null}}}"),
        () -> slice().contains("kubernetes.io/service-name"));
    healed(
        "the slice",
        () -> lab.host().api().delete(SLICE),
        () -> slice().contains(vm.addresses().ipv4()));
    healed(
        "the Service",
        () -> lab.host().api().delete(SERVICE),
        () ->
            lab.host().api().find(SERVICE).filter(s -> s.toString().contains(address)).isPresent());
    await("answers again", () -> ask(client, address, TIMEOUT), vm.name()::equals);
  }

  /// Whether an object says by label and by owner whose it is.
  private static boolean isOf(String uid, String object) {
    return object.contains("\"thresher.dev/load-balancer-uid\":\"" + uid + "\"")
        && object.contains("\"loadbalancer.harvesterhci.io/servicelb\":\"true\"")
        && object.contains("ownerReferences");
  }

  private JsonObject service() {
    return lab.host().api().get(SERVICE);
  }

  private String slice() {
    return lab.host().api().find(SLICE).map(JsonObject::toString).orElse("");
  }

  /// Damages three times; the best of the three must be healed within a second, since the machine
  /// may be busy with something else.
  private void healed(String what, Runnable damage, Callable<Boolean> whole) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 3 && best > Duration.ofSeconds(1).toNanos(); i++) {
      damage.run();
      long begin = System.nanoTime();
      await(what, whole);
      best = Math.min(best, System.nanoTime() - begin);
    }
    assertThat(Duration.ofNanos(best)).as(what).isLessThan(Duration.ofSeconds(1));
  }

  /// The machine's network is routed, the node has no address of its own in it, and the node that
  /// holds the address runs the machine.
  @Test
  @Order(4)
  void repliesThatTheBridgeTranslatesGetLostAndThatIsSaid() {
    // The Service was just made again, and the status follows what answers.
    await("two addresses", () -> web.addresses().size() == 2);
    List<String> addresses = web.addresses();
    lab.router("r1", "lan", NETWORK);
    node.namespace().run(List.of("ip", "addr", "flush", "dev", NETWORK + "-br"));
    for (String address : addresses) {
      await("answers over the router", () -> ask(client, address, TIMEOUT), vm.name()::equals);
    }
    assertThat(web.condition("BridgeNatAtRisk")).isEmpty();

    for (String address : addresses) {
      String setting =
          "net.bridge.bridge-nf-call-" + (address.contains(":") ? "ip6tables" : "iptables");
      set(setting, 1);
      await("replies to be lost", () -> ask(client, address, SHORT), "no answer"::equals);
      await(
          "it to be said",
          () -> web.condition("BridgeNatAtRisk"),
          "True BridgeNetfilterOn"::equals);
      assertThat(web.status().toString()).contains(setting + "=0");

      set(setting, 0);
      await("answers with the remedy", () -> ask(client, address, TIMEOUT), vm.name()::equals);
      await(
          "its end to be said",
          () -> web.condition("BridgeNatAtRisk"),
          "False BridgeNetfilterOff"::equals);
    }
  }

  private void set(String setting, int value) {
    node.namespace().run(List.of("sysctl", "-qw", setting + "=" + value));
  }

  @Test
  @Order(5)
  void theWordOfASilentAgentExpiresAndTrafficStays() {
    Objects.requireNonNull(agent).kill();
    await(
        "its silence to be said",
        () -> web.condition("BackendsChecked"),
        "False ProbeAgentSilent"::equals);
    assertThat(ask(client, address(), TIMEOUT)).isEqualTo(vm.name());
    assertThat(web.condition("Ready")).isEqualTo("True Answering");
    cloud.startProbeAgent(node);
    await("it to be over", () -> web.condition("BackendsChecked"), "True ProbeAgents"::equals);
  }

  /// Without the definition of reports only checks from nodes are off, and that is said.
  @Test
  @Order(6)
  void theDefinitionOfReportsMayBeMissing() {
    JsonObject definition = lab.host().api().get(REPORTS);
    lab.host().api().delete(REPORTS);
    await(
        "what is missing to be said",
        () -> web.condition("BackendsChecked"),
        "False NodeReportsUndefined"::equals);
    assertThat(ask(client, address(), TIMEOUT)).isEqualTo(vm.name());

    JsonObject again = new JsonObject();
    for (String field : List.of("apiVersion", "kind", "spec")) {
      again.add(field, definition.get(field));
    }
    var metadata = new JsonObject();
    metadata.add("name", definition.getAsJsonObject("metadata").get("name"));
    again.add("metadata", metadata);
    lab.host().api().create(DEFINITIONS, again);
    await("it to be over", () -> web.condition("BackendsChecked"), "True ProbeAgents"::equals);
    assertThat(ask(client, address(), TIMEOUT)).isEqualTo(vm.name());
  }

  @Test
  @Order(7)
  void everyProgramEndsInOrder() {
    assertThat(cloud.stopAll().values()).allMatch(status -> status == 0);
  }
}
