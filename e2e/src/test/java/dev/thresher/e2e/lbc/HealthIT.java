package dev.thresher.e2e.lbc;

import static dev.thresher.e2e.lab.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
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
import dev.thresher.e2e.lab.Pod;
import dev.thresher.e2e.lab.Probe;
import dev.thresher.e2e.lab.Vm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// Health checks with real back ends: an HTTP server in each VM, probed by the built program,
/// reached by a client outside through real kube-proxies.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HealthIT {

  private static final int PORT = 8081;
  private static final String PATH =
      "/apis/loadbalancer.harvesterhci.io/v1beta1/namespaces/default/loadbalancers/web";
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final Duration STOP = Duration.ofSeconds(15);
  private static final Duration SHORT = Duration.ofMillis(500);

  private final Map<Vm, LabProcess> servers = new HashMap<>();
  private Lab lab;
  private Cloud cloud;
  private HttpAgent client;
  private Vm first;
  private Vm second;

  @BeforeAll
  void start() throws IOException {
    lab = Lab.builder().hostNodes(2).guest(Cloud.GUEST, g -> g.vms(2)).start();
    cloud = Cloud.start(lab, Placement.HOST);
    client = lab.http(lab.client("c1"));
    first = lab.vms(Cloud.GUEST).getFirst();
    second = lab.vms(Cloud.GUEST).getLast();
    for (Vm vm : List.of(first, second)) {
      Path files = Files.createDirectories(files(vm));
      Files.writeString(files.resolve("name"), vm.name());
      healthy(vm, true);
      serve(vm);
    }
    lab.host()
        .apply(
            """
            apiVersion: loadbalancer.harvesterhci.io/v1beta1
            kind: LoadBalancer
            metadata:
              name: web
              namespace: %s
            spec:
              workloadType: vm
              ipFamilyPolicy: RequireDualStack
              listeners:
                - {name: http, port: 80, protocol: TCP, backendPort: %d}
              backendServerSelector:
                guestcluster.harvesterhci.io/name: [%s]
              healthCheck:
                type: HTTP
                path: /healthz
                expectedStatuses: ["200"]
                port: %d
                successThreshold: 2
                failureThreshold: 2
                periodSeconds: 1
                timeoutSeconds: 1
            """
                .formatted(first.hostNamespace(), PORT, Cloud.GUEST, PORT));
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  private Path files(Vm vm) {
    return lab.directory().resolve("www-" + vm.name());
  }

  /// Whether the VM's `/healthz` is there; everything else is answered in any case.
  private void healthy(Vm vm, boolean good) throws IOException {
    Path file = files(vm).resolve("healthz");
    if (good) {
      Files.writeString(file, "ok");
    } else {
      Files.delete(file);
    }
  }

  private void serve(Vm vm) {
    servers.put(
        vm,
        lab.start(
            vm,
            "web",
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "jwebserver").toString(),
                "-b",
                "::",
                "-p",
                Integer.toString(PORT),
                "-d",
                files(vm).toString()),
            Map.of()));
  }

  private LabProcess server(Vm vm) {
    return Objects.requireNonNull(servers.get(vm));
  }

  private JsonObject status() {
    JsonObject status = lab.host().api().get(PATH).getAsJsonObject("status");
    return status == null ? new JsonObject() : status;
  }

  private List<String> addresses() {
    var all = new ArrayList<String>();
    if (status().has("addresses")) {
      status().getAsJsonArray("addresses").forEach(a -> all.add(a.getAsString()));
    }
    return all;
  }

  /// Status and reason of the condition, with the reasons of the back ends that take no part.
  private String ready() {
    JsonObject status = status();
    var said = new StringBuilder();
    for (JsonElement condition : status.getAsJsonArray("conditions")) {
      said.append(HostObjects.text(condition.getAsJsonObject(), "status"))
          .append(' ')
          .append(HostObjects.text(condition.getAsJsonObject(), "reason"));
    }
    for (JsonElement backend : status.getAsJsonArray("backends")) {
      JsonObject entry = backend.getAsJsonObject();
      if (!entry.get("ready").getAsBoolean()) {
        said.append(' ')
            .append(HostObjects.text(entry, "address"))
            .append(' ')
            .append(HostObjects.text(entry, "reason"));
        assertThat(HostObjects.text(entry, "lastTransitionTime")).endsWith("Z");
      }
    }
    return said.toString();
  }

  private String ask(String address, Duration timeout) {
    Attempt attempt = client.get(GuestService.url(address) + "name", timeout);
    return attempt.ok() && attempt.body() != null ? attempt.body().strip() : "no answer";
  }

  /// Who answers twenty questions at each address.
  private Set<String> answering(List<String> addresses) {
    var names = new TreeSet<String>();
    for (String address : addresses) {
      for (int i = 0; i < 20; i++) {
        names.add(ask(address, TIMEOUT));
      }
    }
    return names;
  }

  private void awaitAnswering(String... names) {
    List<String> addresses = addresses();
    assertThat(addresses).hasSize(2);
    for (String address : addresses) {
      await(
          "answers at " + address,
          () -> answering(List.of(address)),
          seen -> seen.equals(new TreeSet<>(List.of(names))));
    }
  }

  private List<String> events(String object, String reason) {
    return lab.host().api().list("/api/v1/namespaces/default/events").stream()
        .filter(event -> HostObjects.text(event, "involvedObject", "name").equals(object))
        .filter(event -> HostObjects.text(event, "reason").equals(reason))
        .map(event -> HostObjects.text(event, "message"))
        .toList();
  }

  @Test
  @Order(1)
  void trafficLeavesABackEndThatDiesAndReturns() {
    await("both addresses", this::addresses, all -> all.size() == 2);
    await("both back ends to be ready", this::ready, "True Answering"::equals);
    awaitAnswering(first.name(), second.name());

    server(second).kill();
    await(
        "the dead one to be left out in both families",
        this::ready,
        said ->
            said.startsWith("True Answering")
                && said.contains(second.addresses().ipv4() + " ConnectionRefused")
                && said.contains(second.addresses().ipv6() + " ConnectionRefused"));
    awaitAnswering(first.name());
    assertThat(events("web", "BackendUnhealthy"))
        .anyMatch(message -> message.contains(second.name()) && message.contains("refuses"));

    serve(second);
    await("it to take part again", this::ready, "True Answering"::equals);
    awaitAnswering(first.name(), second.name());
    assertThat(events("web", "BackendReady")).isNotEmpty();
  }

  @Test
  @Order(2)
  void theStatusDecidesNotTheConnection() throws IOException {
    healthy(first, false);
    await(
        "the one that answers 404 to be left out",
        this::ready,
        said -> said.contains(first.addresses().ipv4() + " UnexpectedStatus"));
    awaitAnswering(second.name());
    healthy(first, true);
    await("it to take part again", this::ready, "True Answering"::equals);
  }

  @Test
  @Order(3)
  void whenAllFailThePolicyDecides() throws IOException {
    healthy(first, false);
    healthy(second, false);
    await("nobody to be healthy", this::ready, said -> said.startsWith("False NoHealthyBackend"));
    for (String address : addresses()) {
      await("no answer at " + address, () -> ask(address, SHORT), "no answer"::equals);
    }

    lab.host()
        .api()
        .merge(PATH, json("{\"spec\": {\"healthCheck\": {\"whenAllDown\": \"all-open\"}}}"));
    awaitAnswering(first.name(), second.name());
    assertThat(ready()).startsWith("False NoHealthyBackend");

    healthy(first, true);
    await("one to be healthy", this::ready, said -> said.startsWith("True Answering"));
    awaitAnswering(first.name());
    healthy(second, true);
    await("both to be healthy", this::ready, "True Answering"::equals);
  }

  @Test
  @Order(4)
  void aRestartOfTheControllerIsNotNoticed() throws IOException {
    healthy(second, false);
    await(
        "one to be left out",
        this::ready,
        said -> said.contains(second.addresses().ipv6() + " UnexpectedStatus"));
    awaitAnswering(first.name());
    String address = addresses().getFirst();
    try (Probe<Attempt> probe =
        Probe.http(
            lab.client("c1"), GuestService.url(address) + "name", Duration.ofMillis(20), TIMEOUT)) {
      assertThat(cloud.process("loadbalancer-controller-1").stop(STOP)).isZero();
      LabProcess again = cloud.startLoadBalancerController("2");
      healthy(second, true);
      await("the new one to work", this::ready, "True Answering"::equals);
      assertThat(again.output()).doesNotContain("health=DOWN");
      assertThat(probe.lines()).hasSizeGreaterThan(10).allMatch(Attempt::ok);
    }
    awaitAnswering(first.name(), second.name());
  }

  @Test
  @Order(5)
  void withPolicyLocalOnlyNodesWithAPodGetTraffic() {
    Pod pod = first.pod("local-1", Map.of("app", "local"));
    GuestService service =
        GuestService.create(cloud.guest(), "default", "local", List.of("IPv4", "IPv6"), Map.of());
    cloud
        .guest()
        .api()
        .merge(
            "/api/v1/namespaces/default/services/local",
            json("{\"spec\": {\"externalTrafficPolicy\": \"Local\"}}"));
    List<String> addresses =
        await("addresses of the guest Service", service::addresses, all -> all.size() == 2);
    awaitLocal(addresses, "local-1");
    assertThat(readyEndpoints("local"))
        .containsExactlyInAnyOrderElementsOf(first.addresses().all());

    second.pod("local-2", Map.of("app", "local"));
    pod.remove();
    awaitLocal(addresses, "local-2");
    await(
        "the other node alone",
        () -> readyEndpoints("local"),
        ready -> Set.copyOf(ready).equals(Set.copyOf(second.addresses().all())));
    service.delete();
    await("the Service to be gone", () -> service.object().isEmpty());
  }

  private void awaitLocal(List<String> addresses, String pod) {
    for (String address : addresses) {
      await(
          "thirty answers of " + pod + " at " + address,
          () -> {
            var names = new TreeSet<String>();
            for (int i = 0; i < 30; i++) {
              Attempt attempt = client.get(GuestService.url(address), TIMEOUT);
              names.add(String.valueOf(attempt.backend()));
            }
            return names;
          },
          names -> names.equals(Set.of(pod)));
    }
  }

  /// Addresses that have traffic, of the slices of the host Service of a guest's Service.
  private List<String> readyEndpoints(String service) {
    var ready = new ArrayList<String>();
    for (JsonObject slice : new HostObjects(lab.host()).slices()) {
      if (!HostObjects.name(slice).contains("-" + service + "-")) {
        continue;
      }
      for (JsonElement element : slice.getAsJsonArray("endpoints")) {
        JsonObject endpoint = element.getAsJsonObject();
        if (endpoint.getAsJsonObject("conditions").get("ready").getAsBoolean()) {
          ready.add(endpoint.getAsJsonArray("addresses").get(0).getAsString());
        }
      }
    }
    return ready;
  }

  @Test
  @Order(6)
  void everyProgramEndsInOrder() {
    assertThat(cloud.stopAll().values()).allMatch(status -> status == 0);
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }
}
