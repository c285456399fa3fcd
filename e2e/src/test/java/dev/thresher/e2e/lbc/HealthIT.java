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
import dev.thresher.e2e.lab.Node;
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
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
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

  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final Duration STOP = Duration.ofSeconds(15);
  private static final Duration SHORT = Duration.ofMillis(500);

  /// At which the load balancer is asked; [GuestService#url] has it too.
  private static final int PORT = 80;

  private static final String OWN = "a node itself";

  private final Map<Vm, LabProcess> servers = new HashMap<>();
  private Lab lab;
  private Balancer web;
  private Cloud cloud;
  private HttpAgent client;
  private Vm first;
  private Vm second;

  @BeforeAll
  void start() throws IOException {
    lab = Lab.builder().hostNodes(2).guest(Cloud.GUEST, g -> g.vms(2)).start();
    web = new Balancer(lab.host(), "web");
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
                .formatted(first.hostNamespace(), FileServer.PORT, Cloud.GUEST, FileServer.PORT));
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
    servers.put(vm, FileServer.start(lab, vm, files(vm)));
  }

  private LabProcess server(Vm vm) {
    return Objects.requireNonNull(servers.get(vm));
  }

  /// Status and reason of the condition, with the reasons of the back ends that take no part.
  private String ready() {
    var said = new StringBuilder(web.condition("Ready"));
    for (JsonObject backend : web.backends()) {
      boolean takesPart = backend.get("ready").getAsBoolean();
      assertThat(HostObjects.text(backend, "health").equals("Healthy")).isEqualTo(takesPart);
      if (!takesPart) {
        said.append(' ')
            .append(HostObjects.text(backend, "address"))
            .append(' ')
            .append(HostObjects.text(backend, "reason"));
        assertThat(HostObjects.text(backend, "lastTransitionTime")).endsWith("Z");
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
    List<String> addresses = web.addresses();
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
    await("both addresses", web::addresses, all -> all.size() == 2);
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
    theNodesOwnServersAreNotReached();

    lab.host()
        .api()
        .merge(web.path(), json("{\"spec\": {\"healthCheck\": {\"whenAllDown\": \"all-open\"}}}"));
    awaitAnswering(first.name(), second.name());
    assertThat(ready()).startsWith("False NoHealthyBackend");

    healthy(first, true);
    await("one to be healthy", this::ready, said -> said.startsWith("True Answering"));
    awaitAnswering(first.name());
    healthy(second, true);
    await("both to be healthy", this::ready, "True Answering"::equals);
  }

  /// Every node serves files of its own at the port of the load balancer. Who holds an address must
  /// not answer there itself, with an endpoint of nobody in the slice and without.
  private void theNodesOwnServersAreNotReached() throws IOException {
    Path files = Files.createDirectories(lab.directory().resolve("www-nodes"));
    Files.writeString(files.resolve("name"), OWN);
    var own = new ArrayList<LabProcess>();
    for (Node node : lab.nodes()) {
      own.add(FileServer.start(lab, node, files, PORT));
      for (String address : node.addresses().all()) {
        await("the node's own server at " + address, () -> ask(address, TIMEOUT), OWN::equals);
      }
    }
    assertThat(placeholders()).containsExactly("10.52.0.255");
    awaitSilence();
    controller(List.of("--placeholder-endpoints=none"));
    await("no endpoint of nobody", this::placeholders, List::isEmpty);
    awaitSilence();
    controller(List.of());
    await("one again", this::placeholders, all -> all.equals(List.of("10.52.0.255")));
    awaitSilence();
    own.forEach(LabProcess::kill);
  }

  private void controller(List<String> flags) {
    assertThat(cloud.process("loadbalancer-controller-1").stop(STOP)).isZero();
    cloud.startLoadBalancerController("1", flags);
  }

  /// Endpoints of the load balancer that get traffic.
  private List<String> placeholders() {
    return new HostObjects(lab.host())
        .slices().stream()
            .filter(slice -> Set.of("web", "web-ipv6").contains(HostObjects.name(slice)))
            .flatMap(slice -> slice.getAsJsonArray("endpoints").asList().stream())
            .map(JsonElement::getAsJsonObject)
            .filter(one -> one.getAsJsonObject("conditions").get("ready").getAsBoolean())
            .map(one -> one.getAsJsonArray("addresses").get(0).getAsString())
            .toList();
  }

  /// Nobody answers at the load balancer's addresses, and goes on not to answer.
  private void awaitSilence() {
    List<String> addresses = web.addresses();
    assertThat(addresses).hasSize(2);
    for (String address : addresses) {
      await("no answer at " + address, () -> ask(address, SHORT), "no answer"::equals);
      for (int i = 0; i < 10; i++) {
        assertThat(ask(address, SHORT)).as("at " + address).isEqualTo("no answer");
      }
    }
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
    String address = web.addresses().getFirst();
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
  void isUsedFromOutsideFromNodesAndFromTheirPods() {
    List<String> outside = web.addresses();
    List<String> inside = clusterAddresses("web");
    assertThat(outside).hasSize(2);
    assertThat(inside).hasSize(2);
    Set<String> both = Set.of(first.name(), second.name());
    outside.forEach(
        address -> await("answers from outside", () -> names(client, address, 80), both::equals));
    for (Node node : lab.nodes()) {
      HttpAgent process = lab.http(node);
      HttpAgent pod = lab.http(node.pod("visitor" + node.number()));
      Stream.concat(outside.stream(), inside.stream())
          .forEach(address -> {
            String at = address + " on " + node.name();
            await("answers to a process at " + at, () -> names(process, address, 80), both::equals);
            await("answers to a pod at " + at, () -> names(pod, address, 80), both::equals);
          });
    }
  }

  private List<String> clusterAddresses(String service) {
    return lab
        .host()
        .api()
        .get("/api/v1/namespaces/default/services/" + service)
        .getAsJsonObject("spec")
        .getAsJsonArray("clusterIPs")
        .asList()
        .stream()
        .map(JsonElement::getAsString)
        .toList();
  }

  @Test
  @Order(7)
  void twoLoadBalancersOfOneGroupAnswerAtOneAddress() {
    Balancer one = share("share-a", 8101);
    String address = await("an address", one::address, a -> !a.isEmpty());
    Balancer other = share("share-b", 8102);
    await("the same address", other::address, address::equals);
    Set<String> both = Set.of(first.name(), second.name());
    await("answers of the one", () -> names(client, address, 8101), both::equals);
    await("answers of the other", () -> names(client, address, 8102), both::equals);

    // The one that owns the claim goes: the other one answers on.
    lab.host().api().delete(one.path());
    await("it to be gone", () -> lab.host().api().find(one.path()), Optional::isEmpty);
    await("nobody at its port", () -> names(client, address, 8101), Set.of()::equals);
    await("answers of the other", () -> names(client, address, 8102), both::equals);
    assertThat(other.address()).isEqualTo(address);
  }

  private Balancer share(String name, int port) {
    lab.host()
        .apply(
            """
            apiVersion: loadbalancer.harvesterhci.io/v1beta1
            kind: LoadBalancer
            metadata:
              name: %s
              namespace: default
              annotations: {thresher.dev/share-group: together}
            spec:
              workloadType: vm
              ipPool: %s
              listeners:
                - {name: http, port: %d, protocol: TCP, backendPort: %d}
              backendServerSelector:
                guestcluster.harvesterhci.io/name: [%s]
            """
                .formatted(name, Cloud.POOL_V4, port, FileServer.PORT, Cloud.GUEST));
    return new Balancer(lab.host(), name);
  }

  /// Who answers ten questions.
  private static Set<String> names(HttpAgent from, String address, int port) {
    String host = address.contains(":") ? "[" + address + "]" : address;
    var names = new TreeSet<String>();
    for (int i = 0; i < 10; i++) {
      Attempt attempt = from.get("http://" + host + ":" + port + "/name", SHORT);
      if (attempt.ok() && attempt.body() != null) {
        names.add(attempt.body().strip());
      }
    }
    return names;
  }

  @Test
  @Order(8)
  void everyProgramEndsInOrder() {
    assertThat(cloud.stopAll().values()).allMatch(status -> status == 0);
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }
}
