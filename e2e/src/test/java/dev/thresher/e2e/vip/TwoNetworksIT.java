package dev.thresher.e2e.vip;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import dev.thresher.e2e.cloud.Answers;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Claim;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.Link;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Probe;
import dev.thresher.e2e.lab.Vm;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Nodes with two cards: one on the network of their own addresses and of the API server, one on
/// the network of a Service's addresses. What becomes of these when either is dead.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TwoNetworksIT {

  private static final String DATA = "data";
  private static final int MANAGEMENT_CARD = 0;
  private static final int DATA_CARD = 1;
  private static final Duration PATIENCE = Duration.ofSeconds(45);
  private static final Duration PACE = Duration.ofMillis(5);

  /// Beyond the 10 s after which a right by Leases ends, and beyond all of a majority's.
  private static final Duration DOWN = Duration.ofSeconds(12);

  /// A process of the lab waits for its turn at times; without the network it would be all of
  /// [#DOWN].
  private static final Duration AT_MOST = Duration.ofSeconds(5);

  private final Map<String, Vm> byMac = new HashMap<>();
  private Lab lab;
  private Cloud cloud;
  private List<Vm> nodes;
  private Client client;
  private Client stranger;
  private GuestService service;
  private String vip4;
  private String vip6;

  /// Who claims the two addresses on the network of the data.
  private final class Watched implements AutoCloseable {
    final Probe<Claim> four = Probe.neighbour(client, client.interfaceName(), vip4, PACE);
    final Probe<Claim> six = Probe.neighbour(client, client.interfaceName(), vip6, PACE);

    List<Probe<Claim>> both() {
      return List.of(four, six);
    }

    /// The node that answers for both.
    Vm holder() {
      return Await.value(
          "one holder of both addresses",
          PATIENCE,
          () -> last(four).filter(mac -> last(six).equals(Optional.of(mac))).map(byMac::get));
    }

    private static Optional<String> last(Probe<Claim> probe) {
      return probe.lines().stream()
          .filter(Claim::asked)
          .reduce((earlier, later) -> later)
          .map(Claim::mac);
    }

    void neverTwo() {
      both().forEach(probe -> assertThat(Answers.of(probe.lines()).doubleTime()).isZero());
    }

    @Override
    public void close() {
      four.close();
      six.close();
    }
  }

  @BeforeAll
  void start() {
    lab =
        Lab.builder()
            .network(DATA)
            .guest(
                Cloud.GUEST, g -> g.vms(3).nics("lan", DATA).kubeProxy(false).uninitialized(false))
            .start();
    nodes = lab.vms(Cloud.GUEST);
    client = lab.client("c1", DATA);
    stranger = lab.client("c2");
    vip4 = lab.freeAddress(DATA, 7).ipv4();
    vip6 = lab.freeAddress(DATA, 7).ipv6();
    for (Vm vm : nodes) {
      byMac.put(vm.namespace().run(List.of("cat", "/sys/class/net/eth1/address")).strip(), vm);
    }
    cloud = Cloud.prepare(lab, Placement.GUEST);
    cloud.right(VipRight.MAJORITY);
    // Found by the address, not named.
    cloud.vipSettings(Map.of("vip_interface", ""));
    nodes.forEach(cloud::startVipManager);
    Readiness.awaitMesh(cloud, PATIENCE);
    service =
        GuestService.create(
            cloud.guest(),
            "default",
            "web",
            List.of("IPv4", "IPv6"),
            Map.of(
                "kube-vip.io/loadbalancerIPs",
                vip4 + "," + vip6,
                "kube-vip.io/allow-reconcile-without-endpoints",
                "true"));
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  @AfterEach
  void allIsWellAgain() {
    for (Vm vm : nodes) {
      for (Link link : List.of(vm.link(MANAGEMENT_CARD), vm.link(DATA_CARD))) {
        link.restore();
        link.plug();
      }
    }
    Readiness.awaitMesh(cloud, PATIENCE);
  }

  @Test
  void aHolderWithoutItsManagementNetworkKeepsTheAddresses() {
    stayWith(holder -> holder.link(MANAGEMENT_CARD).unplug());
  }

  @Test
  void withoutAnyManagementNetworkTheAddressesStay() {
    stayWith(_ -> nodes.forEach(vm -> vm.link(MANAGEMENT_CARD).cut()));
  }

  private void stayWith(Consumer<Vm> fault) {
    try (var watched = new Watched()) {
      Vm holder = watched.holder();
      long began = System.nanoTime();
      fault.accept(holder);
      Await.pass(DOWN);
      allIsWellAgain();
      assertThat(watched.holder()).isEqualTo(holder);
      for (Probe<Claim> probe : watched.both()) {
        Answers answers = Answers.of(probe.lines());
        assertThat(answers.moves()).isZero();
        assertThat(answers.longestGap(began)).isLessThan(AT_MOST);
      }
    }
  }

  @Test
  void aHolderWhoseDataCardLosesItsCarrierHandsOver() {
    move(Link::unplug);
  }

  @Test
  void aHolderThatNobodyHearsOnTheDataNetworkLosesTheAddresses() {
    move(Link::cut);
  }

  private void move(Consumer<Link> fault) {
    try (var watched = new Watched()) {
      Vm before = watched.holder();
      fault.accept(before.link(DATA_CARD));
      Await.until(
          "another node to answer for both", PATIENCE, () -> !watched.holder().equals(before));
      assertThat(lab.http(before).get(cloud.guest().url() + "/livez", PATIENCE).status())
          .isEqualTo(200);
      Vm after = watched.holder();
      Await.until(
          "the Service to name " + after.name(), PATIENCE, () -> named().equals(after.name()));
      allIsWellAgain();
      assertThat(watched.holder()).isEqualTo(after);
      watched.neverTwo();
    }
  }

  @Test
  void ifNoNodeHasTheNetworkTheServiceSaysWhyOfEach() {
    try (var watched = new Watched();
        var four = Probe.neighbour(stranger, stranger.interfaceName(), vip4, PACE);
        var six = Probe.neighbour(stranger, stranger.interfaceName(), vip6, PACE)) {
      assertThat(nodes).contains(watched.holder());
      nodes.forEach(vm -> vm.link(DATA_CARD).unplug());
      Await.await(
          "a reason of each node",
          this::condition,
          said ->
              said.contains("\"status\":\"False\"")
                  && nodes.stream()
                      .allMatch(vm ->
                          said.contains(vm.name() + "=no running interface in the network of ")));
      // Each has a default route by the other card.
      assertThat(four.lines()).isEmpty();
      assertThat(six.lines()).isEmpty();
      allIsWellAgain();
      long mended = System.nanoTime();
      for (Probe<Claim> probe : watched.both()) {
        probe.await("an answer again", PATIENCE, c -> c.asked() && c.timeNanos() > mended);
      }
      Await.await(
          "the condition to end", this::condition, said -> said.contains("\"status\":\"True\""));
      watched.neverTwo();
    }
  }

  private String named() {
    return service
        .object()
        .map(object -> HostObjects.text(object, "metadata", "annotations", "kube-vip.io/vipHost"))
        .orElse("");
  }

  /// The condition that tells whether the addresses are held, as JSON.
  private String condition() {
    return service.object().stream()
        .map(object -> object.getAsJsonObject("status").getAsJsonArray("conditions"))
        .flatMap(all -> all == null ? Stream.empty() : all.asList().stream())
        .map(JsonElement::toString)
        .filter(text -> text.contains("thresher.dev/AddressHeld"))
        .findFirst()
        .orElse("");
  }
}
