package dev.thresher.e2e.lbc;

import static dev.thresher.e2e.lab.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.Attempt;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.History;
import dev.thresher.e2e.lab.History.Change;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Probe;
import dev.thresher.e2e.lab.Vm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// A load balancer that is in use while it moves from Harvester's controller and back, by the
/// commands of the page: two machines behind an address that kube-vip holds, on a node whose
/// service proxy is a real one, and a client that makes a new connection every few milliseconds.
///
/// What is checked is another port than what the client asks, so that a back end that leaves
/// answers on: a connection that fails is one that the move has cost.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MoveUnderTrafficIT {

  private static final Duration PACE = Duration.ofMillis(5);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int CHECKED = 8082;
  private static final String MARK = "thresher.dev/load-balancer-uid";
  private static final String GUEST = "guestcluster.harvesterhci.io/name";

  /// In a row, from one machine, that say that the other gets nothing.
  private static final int MANY = 200;

  private Lab lab;
  private ControlPlane host;
  private HarvestersController go;
  private HarvestersWebhook webhook;
  private MoveCommands commands;
  private Balancer web;
  private Vm first;
  private Vm second;
  private LabProcess checked;

  @BeforeAll
  void start() throws IOException {
    lab =
        Lab.builder()
            .hostNodes(1)
            .guest("g1", g -> g.vms(2).registered(false).kubeProxy(false))
            .start();
    host = lab.host();
    first = lab.vms("g1").getFirst();
    second = lab.vms("g1").getLast();
    for (Vm vm : List.of(first, second)) {
      Files.writeString(Files.createDirectories(files(vm)).resolve("name"), vm.name());
      FileServer.start(lab, vm, files(vm));
    }
    FileServer.start(lab, first, files(first), CHECKED);
    checked = FileServer.start(lab, second, files(second), CHECKED);

    go = new HarvestersController(host);
    go.chart();
    String address = lab.freeAddress(3).ipv4();
    go.pool(
        "{subnet: %s, rangeStart: %s, rangeEnd: %s}"
            .formatted(
                lab.freeRange().ipv4(), lab.freeAddress(2).ipv4(), lab.freeAddress(9).ipv4()),
        8,
        Map.of(address, "default/web"),
        Map.of());
    go.balancer(
        "web",
        """
        workloadType: vm, ipam: pool,
            listeners: [{name: http, port: 80, protocol: TCP, backendPort: %d}, {name: check, port: 81, protocol: TCP, backendPort: %d}],
            backendServerSelector: {%s: [g1]},
            healthCheck: {port: %d, successThreshold: 1, failureThreshold: 2, periodSeconds: 1, timeoutSeconds: 1}
        """
            .formatted(FileServer.PORT, CHECKED, GUEST, CHECKED)
            .strip(),
        "allocatedAddress: {ipPool: lan, ip: %1$s, mask: 255.255.248.0, gateway: %2$s}, address: %1$s, backendServers: [%3$s, %4$s]"
            .formatted(
                address,
                lab.freeAddress(1).ipv4(),
                first.addresses().ipv4(),
                second.addresses().ipv4()));
    go.ensureService("web");
    go.ensureSlice("web");
    web = new Balancer(host, "web");
    webhook = new HarvestersWebhook(host);
    commands = new MoveCommands(lab, () -> {});
  }

  @AfterAll
  void end() {
    if (webhook != null) {
      webhook.close();
    }
    if (lab != null) {
      lab.close();
    }
  }

  private Path files(Vm vm) {
    return lab.directory().resolve("www-" + vm.name());
  }

  @Test
  void noConnectionIsLostOnTheWayThereAndBack() throws Exception {
    String url = GuestService.url(lab.freeAddress(3).ipv4()) + "name";
    try (var kubeVip =
            new KubeVipOfServices(
                lab.node(1),
                host.api(),
                KubeVipOfServices.Order.ENDPOINTS_FIRST,
                lab.freeAddress(200).ipv4());
        History services = host.api().history(HarvestersController.SERVICES);
        History slices = host.api().history(HarvestersController.SLICES);
        History balancers = host.api().history(BALANCERS)) {
      await(
          "an answer", () -> lab.http(lab.client("c1")).get(url, TIMEOUT), attempt -> attempt.ok());
      try (Probe<Attempt> probe = Probe.http(lab.client("c1"), url, PACE, TIMEOUT)) {
        heard(probe, first, second);
        thereAndBack(probe);
        assertThat(probe.lines()).filteredOn(attempt -> !isAnswer(attempt)).isEmpty();
        System.out.println(probe.lines().size() + " connections, none lost");
      }
      assertThat(kubeVip.givenUp()).isEmpty();
      theServiceIsTheSame(services);
      theSliceWasNeverWithoutAMachine(slices);
      theAddressIsTheSame(balancers);
    }
  }

  private void thereAndBack(Probe<Attempt> probe) {
    commands.run("Check");
    commands.run("Swap the controller");
    await("the controller to have taken over", () -> slice().toString(), s -> s.contains(MARK));
    await("the status to say so", () -> web.condition("Ready"), "True Answering"::equals);
    heard(probe, first, second);

    // A check fails and passes again.
    checked.kill();
    await("one to be left out", this::ready, Set.of(first.name())::equals);
    heard(probe, first);
    checked = FileServer.start(lab, second, files(second), CHECKED);
    await("both to take part", this::ready, both()::equals);
    heard(probe, first, second);

    // A machine goes, another way than its end, which would cost connections by itself.
    label(first, "other");
    await("one to be gone", this::known, Set.of(second.name())::equals);
    heard(probe, second);
    // The other one is not healthy at the time of the hand-over: nobody may be left without.
    label(first, "g1");
    await("both to take part", this::ready, both()::equals);
    checked.kill();
    await("one to be left out", this::ready, Set.of(first.name())::equals);

    commands.run("Roll back the controller");
    go.ensureService("web");
    go.ensureSlice("web");
    assertThat(known()).isEqualTo(both());
    heard(probe, first);
  }

  private Set<String> both() {
    return new TreeSet<>(Set.of(first.name(), second.name()));
  }

  private void label(Vm vm, String cluster) {
    var _ =
        host.api()
            .merge(
                vm.path("virtualmachineinstances"),
                WebhookLab.json("{'metadata':{'labels':{'" + GUEST + "':'" + cluster + "'}}}"));
  }

  // --- What the client sees ---

  private static boolean isAnswer(Attempt attempt) {
    return attempt.ok() && attempt.status() == 200;
  }

  /// Waits until these machines and no others answer.
  private static void heard(Probe<Attempt> probe, Vm... machines) {
    var names = new TreeSet<String>();
    for (Vm machine : machines) {
      names.add(machine.name());
    }
    int before = probe.lines().size();
    await(
        "answers of " + names + " alone",
        () -> {
          List<Attempt> all = probe.lines();
          var seen = new TreeSet<String>();
          all.subList(Math.max(before, all.size() - MANY), all.size())
              .forEach(attempt -> seen.add(String.valueOf(attempt.body()).strip()));
          return all.size() >= before + MANY ? seen : Set.of();
        },
        names::equals);
  }

  // --- What is on the host ---

  private static final String BALANCERS =
      "/apis/loadbalancer.harvesterhci.io/v1beta1/namespaces/default/loadbalancers";

  private JsonObject slice() {
    return host.api().get(HarvestersController.SLICES + "/web");
  }

  /// Names of the machines that the slice has.
  private Set<String> known() {
    return names(HarvestersController.endpoints(slice()));
  }

  /// Of those, the ones that get traffic.
  private Set<String> ready() {
    return names(
        HarvestersController.endpoints(slice()).stream()
            .filter(HarvestersController::isReady)
            .toList());
  }

  private static Set<String> names(List<JsonObject> endpoints) {
    var names = new TreeSet<String>();
    endpoints.forEach(endpoint -> names.add(HostObjects.text(endpoint, "targetRef", "name")));
    return names;
  }

  // --- What was there at every moment ---

  private static List<JsonObject> versions(History history) {
    List<Change> changes = history.of("web");
    assertThat(changes).extracting(Change::type).doesNotContain("DELETED");
    List<JsonObject> versions = changes.stream().map(Change::object).toList();
    assertThat(versions)
        .hasSizeGreaterThan(1)
        .extracting(version -> HostObjects.text(version, "metadata", "uid"))
        .containsOnly(HostObjects.text(versions.getFirst(), "metadata", "uid"));
    return versions;
  }

  private void theServiceIsTheSame(History history) {
    List<JsonObject> versions = versions(history);
    for (String field : List.of("clusterIP", "loadBalancerIP", "ports", "type", "ipFamilies")) {
      assertThat(versions)
          .extracting(version -> version.getAsJsonObject("spec").get(field))
          .as(field)
          .containsOnly(versions.getFirst().getAsJsonObject("spec").get(field));
    }
    assertThat(versions)
        .extracting(version -> version.getAsJsonObject("status").toString())
        .last()
        .asString()
        .contains("\"" + lab.freeAddress(3).ipv4() + "\"");
  }

  private void theSliceWasNeverWithoutAMachine(History history) {
    assertThat(history.all())
        .extracting(Change::object)
        .filteredOn(slice ->
            HostObjects.text(slice, "metadata", "labels", "kubernetes.io/service-name")
                .equals("web"))
        .extracting(HostObjects::name)
        .containsOnly("web");
    for (JsonObject version : versions(history)) {
      List<JsonObject> endpoints = HarvestersController.endpoints(version);
      assertThat(endpoints)
          .as("%s", version)
          .noneMatch(HarvestersController::isOfNobody)
          .anyMatch(HarvestersController::isReady)
          .allSatisfy(endpoint -> {
            assertThat(endpoint.getAsJsonArray("addresses")).hasSize(1);
            assertThat(endpoint.getAsJsonObject("targetRef").keySet())
                .containsExactlyInAnyOrder("namespace", "name", "uid");
          });
      assertThat(HostObjects.text(version, "addressType")).isEqualTo("IPv4");
    }
  }

  private void theAddressIsTheSame(History history) {
    for (JsonObject version : versions(history)) {
      JsonElement status = version.get("status");
      assertThat(HostObjects.text(version, "status", "address"))
          .as("%s", status)
          .isEqualTo(HostObjects.text(version, "status", "allocatedAddress", "ip"))
          .isEqualTo(lab.freeAddress(3).ipv4());
    }
  }
}
