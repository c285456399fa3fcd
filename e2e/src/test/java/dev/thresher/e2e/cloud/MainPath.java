package dev.thresher.e2e.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.e2e.lab.Attempt;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Claim;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Machine;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Probe;
import dev.thresher.e2e.lab.Vm;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The main job from end to end: real control planes, real kube-proxies, real packets. Both
/// placements run all of it.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class MainPath {

  static final Duration PATIENCE = Duration.ofSeconds(60);
  static final List<String> BOTH = List.of("IPv4", "IPv6");
  private static final String PRIMARY = "cloudprovider.harvesterhci.io/primary-service";
  private static final String WEB = "default/web";

  private final Placement placement;
  Lab lab;
  Cloud cloud;
  Client client;
  private HostObjects host;

  /// While an API server is restarted again and again on a slow machine, a leader may lose its
  /// lease and end, as it should. Then somebody has to start it again, as a kubelet would.
  boolean supervised;

  MainPath(Placement placement) {
    this.placement = placement;
  }

  @BeforeAll
  void start() {
    lab = Lab.builder().hostNodes(2).guest(Cloud.GUEST, g -> g.vms(3)).start();
    cloud = Cloud.start(lab, placement);
    client = lab.client("c1");
    host = new HostObjects(lab.host());
    for (Vm vm : lab.vms(Cloud.GUEST)) {
      vm.pod("web-" + vm.name(), Map.of("app", "web"));
    }
    Readiness.awaitAll(cloud, PATIENCE);
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  @AfterEach
  void everyProgramRunsAgain() {
    supervised = false;
    startWhatEnded();
    Readiness.awaitAll(cloud, PATIENCE);
  }

  void startWhatEnded() {
    for (String program : cloud.programs()) {
      if (!cloud.process(program).isAlive()) {
        cloud.startAgain(program);
      }
    }
  }

  @Test
  @Order(1)
  void answersOverBothFamiliesAndLeavesNothing() {
    answerBothFamilies();
  }

  final void answerBothFamilies() {
    GuestService service = create(BOTH);
    List<String> addresses = awaitAnswers(service, 2);
    assertThat(addresses.get(0)).doesNotContain(":");
    assertThat(addresses.get(1)).contains(":");
    awaitGiven(addresses);
    deleteAndExpectNothing(service, addresses);
  }

  /// The pools' status follows at a pace of its own.
  private void awaitGiven(List<String> addresses) {
    Await.until(
        "the pools to say that just these are given: " + addresses,
        PATIENCE,
        () -> Set.copyOf(host.allocated()).equals(Set.copyOf(addresses)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"IPv4", "IPv6"})
  @Order(2)
  void answersOverOneFamilyAlone(String family) {
    GuestService service = create(List.of(family));
    List<String> addresses = awaitAnswers(service, 1);
    assertThat(addresses.getFirst().contains(":")).isEqualTo(family.equals("IPv6"));
    deleteAndExpectNothing(service, addresses);
  }

  @Test
  @Order(3)
  void givesAServiceMadeAgainTheAddressesItHad() {
    GuestService service = create(BOTH);
    List<String> before = awaitAnswers(service, 2);
    deleteAndExpectNothing(service, before);
    GuestService again = create(BOTH);
    assertThat(awaitAnswers(again, 2)).isEqualTo(before);
    deleteAndExpectNothing(again, before);
  }

  @Test
  @Order(3)
  void servicesShareAnAddressAndPartAgain() {
    GuestService web = create(BOTH);
    List<String> shared = awaitAnswers(web, 2);
    GuestService second =
        GuestService.create(
            lab.guest(Cloud.GUEST), "default", "second", "web", 81, BOTH, Map.of(PRIMARY, WEB));
    Await.until("the shared addresses", PATIENCE, () -> second.addresses().equals(shared));
    shared.forEach(address -> awaitAnswer(address, 81));
    awaitGiven(shared);

    GuestService late =
        GuestService.create(
            lab.guest(Cloud.GUEST), "default", "late", "web", 81, BOTH, Map.of(PRIMARY, WEB));
    Await.until("the clash to be said", PATIENCE, () -> late.conditions().contains("PortTaken"));
    assertThat(late.addresses()).isEmpty();
    late.delete();
    shared.forEach(address -> awaitAnswer(address, 81));

    second.removeAnnotation(PRIMARY);
    List<String> own =
        Await.value(
            "addresses of its own",
            PATIENCE,
            () ->
                Optional.of(second.addresses())
                    .filter(a -> a.size() == 2 && a.stream().noneMatch(shared::contains)));
    own.forEach(address -> awaitAnswer(address, 81));
    shared.forEach(address -> awaitAnswer(address, 80));
    expectSilence(shared, 81);
    second.delete();
    deleteAndExpectNothing(web, shared);
  }

  @Test
  @Order(4)
  void leaksNothingWhenDeletedBeforeItHadAnAddress() {
    cloud.process("loadbalancer-controller-1").kill();
    GuestService service = create(BOTH);
    Await.value("a LoadBalancer without an address", PATIENCE, () -> host.loadBalancer(service));
    service.delete();
    cloud.startAgain("loadbalancer-controller-1");
    awaitNothing(service);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ccm-1", "loadbalancer-controller-1", "holder"})
  @Order(5)
  void comesToTheSameEndWhenAProgramIsKilledAtEachStep(String program) {
    // Killed before the Service exists.
    if (!program.equals("holder")) {
      cloud.process(program).kill();
    }
    GuestService service = create(BOTH);
    if (!program.equals("holder")) {
      cloud.startAgain(program);
    }
    List<String> addresses = awaitAnswers(service, 2);
    // Killed while the Service answers.
    String running = program.equals("holder") ? Cloud.vipManager(holder(service)) : program;
    cloud.process(running).kill();
    assertThat(awaitAnswers(service, 2)).isEqualTo(addresses);
    cloud.startAgain(running);
    assertThat(awaitAnswers(service, 2)).isEqualTo(addresses);
    // Killed in the middle of the deletion.
    service.delete();
    String last = program.equals("holder") ? Cloud.vipManager(holderOrAny(service)) : program;
    cloud.process(last).kill();
    cloud.startAgain(last);
    awaitNothing(service);
    expectSilence(addresses);
  }

  @Test
  @Order(6)
  void anotherNodeAnswersSoonAfterTheHolderIsKilled() {
    killTheHolder();
  }

  final void killTheHolder() {
    GuestService service = create(BOTH);
    List<String> addresses = awaitAnswers(service, 2);
    String node = holder(service).name();
    try (var neighbours =
        Probe.neighbour(
            client, client.interfaceName(), addresses.getFirst(), Duration.ofMillis(5))) {
      String mac = neighbours.await("an answer", PATIENCE, Claim::asked).mac();
      long killed = System.nanoTime();
      cloud.process("vip-manager-" + node).kill();
      var next =
          neighbours.await(
              "another holder",
              PATIENCE,
              c -> c.asked() && c.timeNanos() - killed > 0 && !c.mac().equals(mac));
      // The published figure is far smaller; this bound only tells proof of death from an expired
      // lease.
      assertThat(Duration.ofNanos(next.timeNanos() - killed)).isLessThan(Duration.ofSeconds(10));
      int seen = neighbours.lines().size();
      Await.until("100 more answers", PATIENCE, () -> neighbours.lines().size() >= seen + 100);
      assertThat(Answers.of(neighbours.lines()).doubleTime()).isZero();
    }
    assertThat(
            Await.value(
                "the new holder in the API",
                PATIENCE,
                () -> Holder.of(cloud, service).filter(h -> !h.equals(node))))
        .isNotEqualTo(node);
    cloud.startAgain("vip-manager-" + node);
    deleteAndExpectNothing(service, addresses);
  }

  @Test
  @Order(7)
  void anOrderlyStopHandsTheAddressOver() {
    stopTheHolder();
  }

  final void stopTheHolder() {
    GuestService service = create(BOTH);
    List<String> addresses = awaitAnswers(service, 2);
    String node = holder(service).name();
    try (var neighbours =
        Probe.neighbour(
            client, client.interfaceName(), addresses.getFirst(), Duration.ofMillis(5))) {
      String mac = neighbours.await("an answer", PATIENCE, Claim::asked).mac();
      LabProcess process = cloud.process("vip-manager-" + node);
      long stopped = System.nanoTime();
      assertThat(process.stop(Duration.ofSeconds(15))).isZero();
      neighbours.await("another holder", PATIENCE, c -> c.asked() && !c.mac().equals(mac));
      int seen = neighbours.lines().size();
      Await.until("100 more answers", PATIENCE, () -> neighbours.lines().size() >= seen + 100);
      Answers answers = Answers.of(neighbours.lines());
      assertThat(answers.longestGap(stopped - 50_000_000)).isLessThan(Duration.ofSeconds(10));
      assertThat(answers.doubleTime()).isZero();
    }
    assertThat(Readiness.tablesOfOurs(cloud)).noneMatch(line -> line.startsWith(node + ":"));
    cloud.startAgain("vip-manager-" + node);
    deleteAndExpectNothing(service, addresses);
  }

  @Test
  @Order(7)
  void aDrainedNodeHandsOverWithoutLosingADatagram() {
    drainTheHolder();
  }

  /// At 1,000 datagrams a second, none may be lost.
  final void drainTheHolder() {
    GuestService service = createEcho();
    List<String> addresses = awaitAddresses(service);
    Machine node = holder(service);
    try {
      expectAMoveWithoutALostDatagram(
          addresses,
          () -> assertThat(cloud.askVipManager(node, "drain")).contains("holds nothing any more"));
    } finally {
      cloud.askVipManager(node, "drain", "--undo");
    }
    deleteAndExpectNothing(service, addresses);
  }

  /// At 1,000 datagrams a second, none may be lost; where the Services are those of the guest.
  final void rebalanceTheHolder() {
    GuestService service = createEcho();
    List<String> addresses = awaitAddresses(service);
    Machine node = holder(service);
    Machine other =
        cloud.holders().stream()
            .filter(machine -> !machine.name().equals(node.name()))
            .findFirst()
            .orElseThrow();
    lab.guest(Cloud.GUEST)
        .api()
        .merge(
            "/api/v1/namespaces/default/services/echo",
            JsonParser.parseString(
                    "{\"metadata\": {\"annotations\": {\"thresher.dev/vip-preferred-nodes\": \""
                        + other.name()
                        + "\"}}}")
                .getAsJsonObject());
    Await.until(
        "a plan to hand over",
        PATIENCE,
        () -> cloud.askVipManager(node, "rebalance", "--dry-run").contains("would hand over 1\n"));
    assertThat(holder(service).name()).as("nobody is unseated").isEqualTo(node.name());
    expectAMoveWithoutALostDatagram(
        addresses,
        () ->
            assertThat(cloud.askVipManager(node, "rebalance"))
                .contains("handed over 1 of 1\n", other.name()));
    for (Machine machine : cloud.holders()) {
      assertThat(cloud.askVipManager(machine, "rebalance"))
          .isEqualTo("node " + machine.name() + " holds nothing that should be elsewhere\n");
    }
    Await.until("its status", PATIENCE, () -> holder(service).name().equals(other.name()));
    deleteAndExpectNothing(service, addresses);
  }

  /// An address that a client sends a datagram a millisecond, and for whose holder it asks.
  private final class Asked implements AutoCloseable {

    private final Probe<Attempt> datagrams;
    private final Probe<Claim> neighbours;
    private final String address;
    private String mac = "";
    private long first;

    Asked(String address) {
      this.address = address;
      String host = address.contains(":") ? "[" + address + "]" : address;
      datagrams = Probe.udp(client, host + ":80", Duration.ofMillis(1));
      neighbours = Probe.neighbour(client, client.interfaceName(), address, Duration.ofMillis(5));
    }

    void begin() {
      mac = neighbours.await("an answer", PATIENCE, Claim::asked).mac();
      first = datagrams.await("an answered datagram", PATIENCE, Attempt::ok).id();
      datagrams.await("500 ms of them", PATIENCE, line -> line.id() > first + 500);
    }

    void awaitOther() {
      neighbours.await("another holder", PATIENCE, c -> c.asked() && !c.mac().equals(mac));
    }

    void expectAllAnswered() {
      long moved = datagrams.lines().getLast().id();
      long last =
          datagrams.await("a second of them", PATIENCE, line -> line.id() > moved + 1000).id();
      Set<Long> answered = datagrams.lines().stream().map(Attempt::id).collect(Collectors.toSet());
      assertThat(LongStream.range(first, last).boxed())
          .as("datagrams to %s that were answered", address)
          .allMatch(answered::contains);
      assertThat(Answers.of(neighbours.lines()).doubleTime()).isZero();
      assertThat(Answers.of(neighbours.lines()).moves()).isEqualTo(1);
    }

    @Override
    public void close() {
      datagrams.close();
      neighbours.close();
    }
  }

  /// @param addresses of both families
  /// @param move makes another node hold them, at once or soon
  final void expectAMoveWithoutALostDatagram(List<String> addresses, Runnable move) {
    try (var first = new Asked(addresses.getFirst());
        var second = new Asked(addresses.getLast())) {
      List<Asked> both = List.of(first, second);
      both.forEach(Asked::begin);
      move.run();
      both.forEach(Asked::awaitOther);
      both.forEach(Asked::expectAllAnswered);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"host", "guest"})
  @Order(8)
  void survivesARestartOfAnApiServerMidWay(String cluster) {
    var controlPlane = cluster.equals("host") ? lab.host() : lab.guest(Cloud.GUEST);
    supervised = true;
    GuestService service = create(BOTH);
    controlPlane.restart();
    List<String> addresses = awaitAnswers(service, 2);
    controlPlane.restart();
    assertThat(awaitAnswers(service, 2)).isEqualTo(addresses);
    service.delete();
    controlPlane.restart();
    awaitNothing(service);
    expectSilence(addresses);
  }

  @Test
  @Order(9)
  void aSecondReplicaGoesOnWhenTheLeaderStops() {
    cloud.startCcm("2");
    cloud.startLoadBalancerController("2");
    Await.until("the second ccm to be ready", PATIENCE, OpsPort.ccm(cloud, "2")::ready);
    Await.until(
        "the second loadbalancer-controller to be ready",
        PATIENCE,
        OpsPort.loadBalancerController(cloud, "2")::ready);
    GuestService service = create(BOTH);
    List<String> addresses = awaitAnswers(service, 2);
    assertThat(cloud.process("ccm-1").stop(Duration.ofSeconds(15))).isZero();
    assertThat(cloud.process("loadbalancer-controller-1").stop(Duration.ofSeconds(15))).isZero();
    deleteAndExpectNothing(service, addresses);
    GuestService next = create(BOTH);
    deleteAndExpectNothing(next, awaitAnswers(next, 2));
    assertThat(cloud.process("ccm-2").isAlive()).isTrue();
    assertThat(cloud.process("loadbalancer-controller-2").isAlive()).isTrue();
  }

  @Test
  @Order(10)
  void endsInOrderAndLeavesNoTraceOnTheNodes() {
    assertThat(cloud.stopAll())
        .allSatisfy((program, status) -> assertThat(status).as(program).isZero());
    assertThat(Readiness.tablesOfOurs(cloud)).isEmpty();
    cloud.startAll();
    Readiness.awaitAll(cloud, PATIENCE);
    GuestService service = create(BOTH);
    deleteAndExpectNothing(service, awaitAnswers(service, 2));
  }

  GuestService create(List<String> families) {
    return GuestService.create(lab.guest(Cloud.GUEST), "default", "web", families, Map.of());
  }

  /// One that answers datagrams.
  GuestService createEcho() {
    return GuestService.create(
        lab.guest(Cloud.GUEST), "default", "echo", "web", "UDP", 80, BOTH, Map.of());
  }

  static List<String> awaitAddresses(GuestService service) {
    return Await.value(
        "addresses",
        PATIENCE,
        () -> Optional.of(service.addresses()).filter(found -> found.size() == 2));
  }

  /// Waits for the addresses and for an HTTP answer at each.
  List<String> awaitAnswers(GuestService service, int count) {
    List<String> addresses =
        Await.value(
            count + " addresses of the Service",
            PATIENCE,
            () -> look(() -> Optional.of(service.addresses()).filter(a -> a.size() == count)));
    addresses.forEach(address -> awaitAnswer(address, 80));
    return addresses;
  }

  private void awaitAnswer(String address, int port) {
    String url = GuestService.url(address, port);
    Await.until("an HTTP answer at " + url, PATIENCE, () -> look(() -> answers(url)));
  }

  private boolean answers(String url) {
    Attempt attempt = lab.http(client).get(url, Duration.ofMillis(500));
    return attempt.ok() && String.valueOf(attempt.body()).contains("web-");
  }

  Machine holder(GuestService service) {
    String node = Await.value("a holder", PATIENCE, () -> Holder.of(cloud, service));
    return cloud.holders().stream().filter(m -> m.name().equals(node)).findFirst().orElseThrow();
  }

  /// Of a Service that is going, any node if it has gone already.
  private Machine holderOrAny(GuestService service) {
    String node = Holder.of(cloud, service).orElse(cloud.holders().getFirst().name());
    return cloud.holders().stream().filter(m -> m.name().equals(node)).findFirst().orElseThrow();
  }

  void deleteAndExpectNothing(GuestService service, List<String> addresses) {
    service.delete();
    awaitNothing(service);
    expectSilence(addresses);
  }

  private void awaitNothing(GuestService service) {
    Await.until("the Service to be gone", PATIENCE, () -> look(() -> service.object().isEmpty()));
    Await.until(
        "nothing to be left on the host", PATIENCE, () -> look(() -> host.leftovers().isEmpty()));
  }

  private <T> T look(Supplier<T> condition) {
    if (supervised) {
      cloud.restartDeposed();
    }
    return condition.get();
  }

  /// Nobody answers at the addresses any more, as soon as holder and service proxy have heard of
  /// the end.
  private void expectSilence(List<String> addresses) {
    expectSilence(addresses, 80);
  }

  private void expectSilence(List<String> addresses, int port) {
    for (String address : addresses) {
      String url = GuestService.url(address, port);
      Await.until(
          "silence at " + url,
          PATIENCE,
          () -> !lab.http(client).get(url, Duration.ofMillis(300)).ok());
    }
  }
}
