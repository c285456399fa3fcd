package dev.thresher.e2e.lbc;

import static dev.thresher.e2e.lab.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.lab.Attempt;
import dev.thresher.e2e.lab.HttpAgent;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Node;
import dev.thresher.e2e.lab.Probe;
import dev.thresher.e2e.lab.Vm;
import dev.thresher.e2e.lbc.KubeVipOfServices.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A host whose addresses kube-vip holds, in either order: it waits for endpoints before it takes
/// an address, or it takes it at once. Nobody may wait for the other, and while no machine is
/// healthy a client does not get the node's own server at the port of the load balancer.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KubeVipOrderIT {

  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final Duration SHORT = Duration.ofMillis(500);
  private static final int PORT = 80;

  /// What the DHCP server gives, of the lab's free addresses.
  private static final int LEASE = 200;

  private static final String OWN = "the node itself";
  private static final String NOBODY = "no answer";

  private Lab lab;
  private Node node;
  private Vm vm;
  private HttpAgent client;
  private Balancer web;

  /// What is asked for.
  enum Wanted {
    ONE_OF_EACH_FAMILY("pool", "IPv4,IPv6", 2),
    IPV6("pool", "IPv6", 1),
    DHCP("dhcp", "IPv4", 1);

    private final String ipam;
    private final String families;
    private final int addresses;

    Wanted(String ipam, String families, int addresses) {
      this.ipam = ipam;
      this.families = families;
      this.addresses = addresses;
    }
  }

  static Stream<Arguments> eachInBothOrders() {
    return Stream.of(Order.values())
        .flatMap(order -> Stream.of(Wanted.values()).map(wanted -> Arguments.of(order, wanted)));
  }

  @BeforeAll
  void start() throws IOException {
    lab =
        Lab.builder()
            .hostNodes(1)
            .guest(Cloud.GUEST, g -> g.registered(false).kubeProxy(false))
            .start();
    Cloud cloud = Cloud.prepare(lab, Placement.HOST);
    cloud.startLoadBalancerController("1");
    node = lab.node(1);
    // Pod networks, whose last addresses are the endpoints of nobody.
    var _ =
        lab.host()
            .api()
            .merge(
                "/api/v1/nodes/" + node.name(),
                WebhookLab.json(
                    "{'spec':{'podCIDR':'10.52.0.0/24','podCIDRs':['10.52.0.0/24','fd00:52::/64']}}"));
    vm = lab.vms(Cloud.GUEST).getFirst();
    client = lab.http(lab.client("c1"));
    web = new Balancer(lab.host(), "web");
    Files.writeString(Files.createDirectories(files()).resolve("name"), vm.name());
    FileServer.start(lab, vm, files());
    Path own = Files.createDirectories(lab.directory().resolve("www-node"));
    Files.writeString(own.resolve("name"), OWN);
    FileServer.start(lab, node, own, PORT);
    for (String address : node.addresses().all()) {
      await("the node's own server", () -> ask(address, TIMEOUT), OWN::equals);
    }
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  /// What a case that failed has left is no other's.
  @AfterEach
  void clean() {
    lab.host().api().delete(web.path());
    await("it to be gone", () -> lab.host().api().find(web.path()), Optional::isEmpty);
  }

  private Path files() {
    return lab.directory().resolve("www");
  }

  private void healthy(boolean good) throws IOException {
    Path file = files().resolve("healthz");
    if (good) {
      Files.writeString(file, "ok");
    } else {
      Files.deleteIfExists(file);
    }
  }

  private String ask(String address, Duration timeout) {
    return said(client.get(GuestService.url(address) + "name", timeout));
  }

  private static String said(Attempt attempt) {
    return attempt.ok() && attempt.body() != null ? attempt.body().strip() : NOBODY;
  }

  private KubeVipOfServices kubeVip(Order order) {
    return new KubeVipOfServices(node, lab.host().api(), order, lab.freeAddress(LEASE).ipv4());
  }

  private void create(Wanted wanted) {
    lab.host()
        .apply(
            """
            apiVersion: loadbalancer.harvesterhci.io/v1beta1
            kind: LoadBalancer
            metadata:
              name: web
              namespace: default
              annotations: {thresher.dev/ip-families: "%s"}
            spec:
              workloadType: vm
              ipam: %s
              ipFamilyPolicy: %s
              listeners: [{name: http, port: %d, protocol: TCP, backendPort: %d}]
              backendServerSelector: {guestcluster.harvesterhci.io/name: [%s]}
              healthCheck: {type: HTTP, path: /healthz, expectedStatuses: ["200"], port: %d,
                successThreshold: 1, failureThreshold: 1, periodSeconds: 1, timeoutSeconds: 1}
            """
                .formatted(
                    wanted.families,
                    wanted.ipam,
                    wanted.addresses == 2 ? "RequireDualStack" : "SingleStack",
                    PORT,
                    FileServer.PORT,
                    Cloud.GUEST,
                    FileServer.PORT));
  }

  private List<String> addresses(Wanted wanted) {
    List<String> all =
        await("all addresses", web::addresses, found -> found.size() == wanted.addresses);
    if (wanted == Wanted.DHCP) {
      assertThat(all).containsExactly(lab.freeAddress(LEASE).ipv4());
    } else {
      assertThat(all).anyMatch(address -> address.contains(":"));
    }
    return all;
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("eachInBothOrders")
  void becomesReadyAndLeavesNothing(Order order, Wanted wanted) throws Exception {
    healthy(true);
    try (var kubeVip = kubeVip(order)) {
      create(wanted);
      List<String> addresses = addresses(wanted);
      await("it to be ready", () -> web.condition("Ready"), "True Answering"::equals);
      for (String address : addresses) {
        await("the machine at " + address, () -> ask(address, TIMEOUT), vm.name()::equals);
      }
      deleteAndFindNothing(addresses);
      assertThat(kubeVip.givenUp()).isEmpty();
    }
  }

  /// The proxy has to know an address before it can send its packets on, and kube-vip has it on the
  /// node's interface earlier: the node's own server is looked for from the first silence on. What
  /// a packet meets in the moment in which the proxy changes its rules is not looked at.
  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("eachInBothOrders")
  void getsItsAddressWhileNobodyIsHealthyAndTheNodesOwnPortStaysHidden(Order order, Wanted wanted)
      throws Exception {
    healthy(false);
    try (var kubeVip = kubeVip(order)) {
      create(wanted);
      List<String> addresses = addresses(wanted);
      awaitNobodyHealthy();
      var probes = new ArrayList<Probe<Attempt>>();
      try {
        for (String address : addresses) {
          await("nobody at " + address, () -> ask(address, SHORT), NOBODY::equals);
          probes.add(
              Probe.http(
                  lab.client("c1"),
                  GuestService.url(address) + "name",
                  Duration.ofMillis(10),
                  SHORT));
        }
        probes.forEach(probe -> heard(probe, NOBODY));
        probes.forEach(KubeVipOrderIT::staysSilent);
        healthy(true);
        probes.forEach(probe -> heard(probe, vm.name()));
        healthy(false);
        awaitNobodyHealthy();
        probes.forEach(probe -> heard(probe, NOBODY));
        probes.forEach(KubeVipOrderIT::staysSilent);
      } finally {
        probes.forEach(Probe::close);
      }
      assertThat(kubeVip.givenUp()).isEmpty();
      assertThat(web.addresses()).isEqualTo(addresses);
      deleteAndFindNothing(addresses);
    }
  }

  private void awaitNobodyHealthy() {
    await("nobody to be healthy", () -> web.condition("Ready"), "False NoHealthyBackend"::equals);
  }

  /// Waits for twenty answers of somebody in a row, to questions asked from now on.
  private static void heard(Probe<Attempt> probe, String name) {
    long now = System.nanoTime();
    await(
        "answers of " + name,
        () -> {
          List<String> since =
              probe.lines().stream()
                  .filter(attempt -> attempt.startNanos() - now > 0)
                  .map(KubeVipOrderIT::said)
                  .toList();
          return since.subList(Math.max(0, since.size() - 20), since.size());
        },
        last -> last.size() == 20 && last.stream().allMatch(name::equals));
  }

  /// Nobody answers any of the next hundred questions.
  private static void staysSilent(Probe<Attempt> probe) {
    long now = System.nanoTime();
    assertThat(
            await(
                "a hundred questions more",
                () ->
                    probe.lines().stream()
                        .filter(attempt -> attempt.startNanos() - now > 0)
                        .map(KubeVipOrderIT::said)
                        .toList(),
                said -> said.size() >= 100))
        .containsOnly(NOBODY);
  }

  private void deleteAndFindNothing(List<String> addresses) {
    assertThat(lab.host().api().delete(web.path())).isTrue();
    await("nothing to be left", () -> new HostObjects(lab.host()).leftovers(), List::isEmpty);
    await(
        "no address on the node",
        () -> KubeVipOfServices.onInterface(node),
        shown -> addresses.stream().noneMatch(address -> shown.contains(" " + address + "/")));
  }
}
