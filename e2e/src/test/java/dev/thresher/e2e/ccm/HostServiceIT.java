package dev.thresher.e2e.ccm;

import static dev.thresher.e2e.lab.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.Attempt;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Node;
import dev.thresher.e2e.lab.User;
import dev.thresher.e2e.lab.Vm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
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

/// Host Services, made for a guest of Harvester by the driver `service` and for a guest of a plain
/// KubeVirt host, on real control planes and kube-proxies. The test plays whoever gives addresses
/// on the host.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HostServiceIT {

  private static final String HARVESTER = "g1";
  private static final String PLAIN = "g2";
  private static final String PLAIN_NAMESPACE = "guest-1";

  /// What only a race or a rare change asks for.
  private static final Map<String, String> RARE =
      Map.of(
          "get services",
          "a host Service that the cache has not heard of, or that is somebody else's",
          "delete endpointslices",
          "slices of a family that a Service gives up, or that the host's garbage collector left");

  private static final Duration STOP = Duration.ofSeconds(15);

  private final Dist dist = Dist.find();
  private Lab lab;
  private @Nullable LabProcess started;

  @BeforeAll
  void start() {
    lab =
        Lab.builder()
            .hostNodes(2)
            .guest(HARVESTER, g -> g.vms(2))
            .guest(PLAIN, g -> g.vms(2).hostNamespace(PLAIN_NAMESPACE))
            .audit(true)
            .start();
    for (String guest : List.of(HARVESTER, PLAIN)) {
      lab.guest(guest).apply(dist.chartFile("ccm", "rbac-guest.yaml"));
      for (Vm vm : lab.vms(guest)) {
        vm.pod("web-" + vm.name(), Map.of("app", "web"));
      }
    }
    lab.host().apply(dist.chartFile("ccm", "rbac-host-service.yaml"));
    lab.host().apply(dist.chartFile("ccm", "rbac-host-kubevirt.yaml"));
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  @Order(1)
  void namesTheRightsThatAreMissingAndGoesOnWhenTheyAreGranted() throws IOException {
    lab.expectRefusals(lab.cloudProvider(HARVESTER).name(), "list services", "list endpointslices");
    lab.expectRefusals(
        "system:serviceaccount:kube-system:harvester-cloud-provider", "list endpointslices");
    startCcm(
        HARVESTER,
        "--cloud-provider=harvester",
        "--load-balancer-driver=service",
        "--cloud-config=" + lab.cloudConfig(HARVESTER));
    await(
        "the missing verbs in the log",
        () -> ccm().output(),
        output ->
            output.contains(
                    "get, list, watch, create, patch, delete on services in namespace default")
                && output.contains("list, watch on endpointslices.discovery.k8s.io"));
    assertThat(ready(HARVESTER)).isFalse();
    lab.guest(HARVESTER).apply(dist.chartFile("ccm", "rbac-guest-host-service.yaml"));
    lab.host().apply(example("host-service/host-rbac.yaml").replace("guest-1", HARVESTER));
    await("ccm to be ready", () -> ready(HARVESTER));
  }

  @Test
  @Order(2)
  void aServiceOfHarvesterGetsWhatTheHostGivesIt() {
    ControlPlane host = lab.host();
    GuestService service = create(HARVESTER, List.of("IPv4", "IPv6"));
    JsonObject made =
        await("the host Service", () -> hostServices("default"), s -> s.size() == 1).getFirst();
    String uid = HostObjects.text(service.object().orElseThrow(), "metadata", "uid");
    assertThat(HostObjects.name(made)).isEqualTo(("a" + uid.replace("-", "")).substring(0, 32));
    assertThat(made.getAsJsonObject("spec").has("selector")).isFalse();
    List<String> both = new ArrayList<>();
    lab.vms(HARVESTER)
        .forEach(vm -> vm.addresses().all().forEach(a -> both.add(a + "@" + vm.node().name())));
    awaitExactly("endpoints of both families", () -> endpoints("default"), both);
    // The host's own kube-proxy leads to the pods by these slices.
    for (JsonElement address : made.getAsJsonObject("spec").getAsJsonArray("clusterIPs")) {
      await("an answer at " + address.getAsString(), () -> answers(address.getAsString()));
    }

    assertThat(service.addresses()).isEmpty();
    giveAddresses(made, "192.0.2.7", "2001:db8::7");
    awaitExactly(
        "the addresses in the guest", service::addresses, List.of("192.0.2.7", "2001:db8::7"));
    JsonObject guestMeta = service.object().orElseThrow().getAsJsonObject("metadata");
    assertThat(guestMeta.getAsJsonObject("annotations").get("kube-vip.io/ignore").getAsString())
        .isEqualTo("true");

    Vm moving = lab.vms(HARVESTER).getFirst();
    Node other =
        lab.nodes().stream()
            .filter(n -> !n.name().equals(moving.node().name()))
            .findFirst()
            .orElseThrow();
    moving.moveTo(other);
    await(
        "the endpoints to follow the machine",
        () -> endpoints("default"),
        all -> all.contains(moving.addresses().ipv4() + "@" + other.name()) && all.size() == 4);

    JsonObject slice = slices("default").getFirst();
    host.api().delete(slicePath(slice));
    await("the slice to be made again", () -> endpoints("default"), all -> all.size() == 4);

    moving.powerOff();
    await("the endpoints without the machine", () -> endpoints("default"), all -> all.size() == 2);

    service.delete();
    await("the guest Service to be gone", () -> service.object().isEmpty());
    assertThat(hostServices("default")).isEmpty();
    await("no slice to be left", () -> slices("default"), List::isEmpty);
    assertThat(ccm().stop(STOP)).isZero();
  }

  @Test
  @Order(3)
  void aGuestOfAPlainKubeVirtHostIsServed() throws IOException {
    for (Vm vm : lab.vms(PLAIN)) {
      asOfPlainKubeVirt(vm);
    }
    ControlPlane host = lab.host();
    User user = host.serviceAccount(PLAIN_NAMESPACE, "guest-1-ccm");
    host.apply(example("kubevirt/host-rbac.yaml"));
    lab.guest(PLAIN).apply(dist.chartFile("ccm", "rbac-guest-host-service.yaml"));
    Path config = lab.directory().resolve("kubevirt-cloud-config.yaml");
    Files.writeString(
        config,
        example("kubevirt/cloud-config.yaml")
            .replace(
                "/etc/kubernetes/infra/kubeconfig", host.kubeconfig(user, "default").toString()));
    startCcm(PLAIN, "--cloud-provider=kubevirt", "--cloud-config=" + config);
    await("ccm to be ready", () -> ready(PLAIN));
    for (Vm vm : lab.vms(PLAIN)) {
      JsonObject node =
          await(
              "node " + vm.name() + " to be initialised",
              () -> lab.guest(PLAIN).api().get("/api/v1/nodes/" + vm.name()),
              n -> !HostObjects.text(n, "spec", "providerID").isEmpty());
      assertThat(HostObjects.text(node, "spec", "providerID")).isEqualTo("kubevirt://" + vm.name());
      assertThat(HostObjects.text(node, "metadata", "labels", "topology.kubernetes.io/zone"))
          .isEqualTo("zone-1");
      assertThat(HostObjects.text(node, "metadata", "labels", "thresher.dev/machine-uid"))
          .isEqualTo(vm.uid());
    }

    GuestService service = create(PLAIN, List.of("IPv4"));
    JsonObject made =
        await("the host Service", () -> hostServices(PLAIN_NAMESPACE), s -> s.size() == 1)
            .getFirst();
    assertThat(HostObjects.text(made, "metadata", "labels", "example.org/owner"))
        .isEqualTo("guest-1");
    await("an endpoint for each machine", () -> endpoints(PLAIN_NAMESPACE), all -> all.size() == 2);
    String address = HostObjects.text(made, "spec", "clusterIP");
    await("an answer at " + address, () -> answers(address));

    // With policy Local only the machine that still has a pod takes part.
    Vm without = lab.vms(PLAIN).getFirst();
    Vm with = lab.vms(PLAIN).getLast();
    lab.guest(PLAIN)
        .api()
        .delete("/api/v1/namespaces/default/pods/web-" + without.name() + "?gracePeriodSeconds=0");
    lab.guest(PLAIN)
        .api()
        .merge(
            "/api/v1/namespaces/default/services/web",
            json("{\"spec\": {\"externalTrafficPolicy\": \"Local\"}}"));
    awaitExactly(
        "the machine with a pod alone",
        () -> endpoints(PLAIN_NAMESPACE),
        List.of(with.addresses().ipv4() + "@" + with.node().name()));

    host.api()
        .merge(
            servicePath(made) + "/status",
            json(
                "{\"status\": {\"loadBalancer\": {\"ingress\": [{\"hostname\": \"lb.example.org\"}]}}}"));
    await(
        "the host name in the guest",
        () -> service.object().orElseThrow().get("status").toString(),
        status -> status.contains("lb.example.org"));

    // Deleted while nobody works; the next process cleans up.
    ccm().kill();
    service.delete();
    startCcm(PLAIN, "--cloud-provider=kubevirt", "--cloud-config=" + config);
    await("the guest Service to be gone", () -> service.object().isEmpty());
    assertThat(hostServices(PLAIN_NAMESPACE)).isEmpty();
    await("no slice to be left", () -> slices(PLAIN_NAMESPACE), List::isEmpty);
    assertThat(ccm().stop(STOP)).isZero();
  }

  /// By what they asked for: both about Services, the second one about machines.
  @Test
  @Order(4)
  void everyRuleThatIsShippedIsUsed() {
    Set<String> services = new TreeSet<>(ShippedRules.of("rbac-host-service.yaml"));
    assertThat(services).containsAll(RARE.keySet());
    services.removeAll(RARE.keySet());
    services.removeAll(asked(lab.host(), ""));
    assertThat(services).as("rules of rbac-host-service.yaml that nothing uses").isEmpty();
    Set<String> machines = new TreeSet<>(ShippedRules.of("rbac-host-kubevirt.yaml"));
    machines.removeAll(asked(lab.host(), PLAIN_NAMESPACE));
    assertThat(machines).as("rules of rbac-host-kubevirt.yaml that nothing uses").isEmpty();
    Set<String> slices = new TreeSet<>(ShippedRules.of("rbac-guest-host-service.yaml"));
    slices.removeAll(asked(lab.guest(PLAIN), ""));
    assertThat(slices).as("rules of rbac-guest-host-service.yaml that nothing uses").isEmpty();
  }

  /// `VERB RESOURCE` of what a ccm asked for and was not refused.
  ///
  /// @param namespace of its account, or empty
  private static Set<String> asked(ControlPlane server, String namespace) {
    return server.audit().requests().stream()
        .filter(request -> request.userAgent().startsWith("thresher-ccm/"))
        .filter(request -> request.user().contains(namespace))
        .filter(request -> request.status() != 403)
        .map(request -> request.verb() + " " + request.resource())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void startCcm(String guest, String... flags) {
    ControlPlane on = lab.guest(guest);
    List<String> command =
        new ArrayList<>(
            List.of(
                dist.program("ccm").toString(),
                "--kubeconfig="
                    + on.kubeconfig(
                        on.serviceAccount("kube-system", "harvester-cloud-provider"),
                        "kube-system"),
                "--cluster-name=" + guest,
                "--bind-address=127.0.0.1",
                "--secure-port=10258",
                // A process that was killed left its lease behind.
                "--leader-elect=false",
                "--v=2"));
    command.addAll(List.of(flags));
    started =
        lab.start(
            on, "ccm-" + guest, command, Map.of("JAVA_HOME", System.getProperty("java.home")));
  }

  private LabProcess ccm() {
    return Objects.requireNonNull(started, "ccm was started");
  }

  private boolean ready(String guest) {
    assertThat(ccm().isAlive()).as(ccm().output()).isTrue();
    return lab.http(lab.guest(guest))
            .get("https://127.0.0.1:10258/readyz", Duration.ofSeconds(2))
            .status()
        == 200;
  }

  private GuestService create(String guest, List<String> families) {
    return GuestService.create(lab.guest(guest), "default", "web", families, Map.of());
  }

  /// The network of a machine as KubeVirt names it without Harvester.
  private void asOfPlainKubeVirt(Vm vm) {
    String path = vm.path("virtualmachineinstances");
    JsonObject instance = lab.host().api().get(path);
    JsonObject change = new JsonObject();
    for (String field : List.of("spec", "status")) {
      JsonObject part = instance.getAsJsonObject(field);
      String list = field.equals("spec") ? "networks" : "interfaces";
      part.getAsJsonArray(list).get(0).getAsJsonObject().addProperty("name", "default");
      JsonObject changed = new JsonObject();
      changed.add(list, part.get(list));
      change.add(field, changed);
    }
    lab.host().api().merge(path, change);
  }

  private void giveAddresses(JsonObject hostService, String ipv4, String ipv6) {
    lab.host()
        .api()
        .merge(
            servicePath(hostService) + "/status",
            json(
                "{\"status\": {\"loadBalancer\": {\"ingress\": [{\"ip\": \""
                    + ipv4
                    + "\"}, {\"ip\": \""
                    + ipv6
                    + "\"}]}}}"));
  }

  private List<JsonObject> hostServices(String namespace) {
    return lab.host()
        .api()
        .list(
            "/api/v1/namespaces/"
                + namespace
                + "/services?labelSelector=cluster.x-k8s.io/tenant-service-name");
  }

  private List<JsonObject> slices(String namespace) {
    return lab.host()
        .api()
        .list(
            "/apis/discovery.k8s.io/v1/namespaces/"
                + namespace
                + "/endpointslices?labelSelector=endpointslice.kubernetes.io/managed-by=ccm.thresher.dev");
  }

  /// `address@hostNode` of all endpoints that take new connections.
  private List<String> endpoints(String namespace) {
    List<String> all = new ArrayList<>();
    for (JsonObject slice : slices(namespace)) {
      JsonElement endpoints = slice.get("endpoints");
      if (endpoints == null || !endpoints.isJsonArray()) {
        continue;
      }
      for (JsonElement element : endpoints.getAsJsonArray()) {
        JsonObject endpoint = element.getAsJsonObject();
        if (endpoint.getAsJsonObject("conditions").get("ready").getAsBoolean()) {
          all.add(
              endpoint.getAsJsonArray("addresses").get(0).getAsString()
                  + "@"
                  + HostObjects.text(endpoint, "nodeName"));
        }
      }
    }
    return all;
  }

  private boolean answers(String clusterAddress) {
    Attempt attempt =
        lab.http(lab.node(1)).get(GuestService.url(clusterAddress), Duration.ofMillis(500));
    return attempt.ok() && String.valueOf(attempt.body()).contains("web-");
  }

  private static void awaitExactly(String what, Callable<List<String>> look, List<String> wanted) {
    await(what, look, seen -> seen.size() == wanted.size() && seen.containsAll(wanted));
  }

  private static String servicePath(JsonObject service) {
    return "/api/v1/namespaces/"
        + HostObjects.text(service, "metadata", "namespace")
        + "/services/"
        + HostObjects.name(service);
  }

  private static String slicePath(JsonObject slice) {
    return "/apis/discovery.k8s.io/v1/namespaces/"
        + HostObjects.text(slice, "metadata", "namespace")
        + "/endpointslices/"
        + HostObjects.name(slice);
  }

  private String example(String file) throws IOException {
    return Files.readString(dist.root().resolve("docs/examples").resolve(file));
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }
}
