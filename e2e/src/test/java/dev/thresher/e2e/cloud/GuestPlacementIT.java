package dev.thresher.e2e.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Machine;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/// The address is held on a guest node. After all that both placements run, the same nodes change
/// to the right by a majority of voters.
class GuestPlacementIT extends MainPath {

  private static final int STOPS = Integer.getInteger("thresher.stops", 6);
  private static final long SEED = Long.getLong("thresher.seed", System.nanoTime());

  GuestPlacementIT() {
    super(Placement.GUEST);
  }

  @Test
  @Order(19)
  void aNodeAskedToRebalanceHandsOverWithoutLosingADatagram() {
    rebalanceTheHolder();
  }

  @Test
  @Order(20)
  void answersWithTheRightByAMajority() {
    for (var machine : cloud.holders()) {
      assertThat(cloud.process(Cloud.vipManager(machine)).stop(Duration.ofSeconds(15))).isZero();
    }
    cloud.right(VipRight.MAJORITY);
    cloud.vipSettings(Map.of("vip_drain_on_cordon", "true"));
    cloud.holders().forEach(cloud::startVipManager);
    Readiness.awaitAll(cloud, PATIENCE);
    answerBothFamilies();
  }

  @Test
  @Order(21)
  void aKilledHolderIsReplacedUnderAMajority() {
    killTheHolder();
  }

  @Test
  @Order(22)
  void anOrderlyStopHandsOverUnderAMajority() {
    stopTheHolder();
  }

  @Test
  @Order(22)
  void aDrainedNodeHandsOverUnderAMajority() {
    drainTheHolder();
  }

  @Test
  @Order(22)
  void aCordonedNodeHandsOverWithoutLosingADatagram() {
    GuestService service = createEcho();
    List<String> addresses = awaitAddresses(service);
    Machine node = holder(service);
    try {
      expectAMoveWithoutALostDatagram(addresses, () -> cordon(node, true));
      assertThat(cloud.askVipManager(node, "explain", addresses.getFirst()))
          .contains("not on " + node.name() + ": it is being drained;");
    } finally {
      cordon(node, false);
    }
    deleteAndExpectNothing(service, addresses);
  }

  private void cordon(Machine node, boolean on) {
    cloud
        .guest()
        .api()
        .merge(
            "/api/v1/nodes/" + node.name(),
            JsonParser.parseString("{\"spec\": {\"unschedulable\": " + on + "}}")
                .getAsJsonObject());
  }

  @Test
  @Order(22)
  void aNodeAskedToRebalanceHandsOverUnderAMajority() {
    rebalanceTheHolder();
  }

  @Test
  @Order(23)
  void aHolderThatIsStoppedAtAnyTimeNeverAnswersAfterItsLease() {
    var random = new Random(SEED);
    GuestService service = create(BOTH);
    List<String> addresses = awaitAnswers(service, 2);
    try (var watched = new AddressWatch(cloud, addresses)) {
      for (int i = 0; i < STOPS; i++) {
        String node = watched.holder();
        LabProcess process = cloud.process("vip-manager-" + node);
        watched.seeMoreAnswers(20 + random.nextInt(20));
        long stopped = System.nanoTime();
        process.freeze();
        watched.awaitOther(node, stopped);
        // From a moment after the take-over to long after it.
        watched.seeMoreAnswers(1 + random.nextInt(100));
        process.thaw();
        watched.seeMoreAnswers(100);
        assertThat(watched.saidAfterAnother(node, stopped))
            .as("answers of a holder after another's, seed %d, stop %d", SEED, i)
            .isEmpty();
        Readiness.awaitMesh(cloud, PATIENCE);
      }
    }
    deleteAndExpectNothing(service, addresses);
  }

  @Test
  @Order(24)
  void aHolderThatIsCutOffIsReplacedAndStaysSilent() {
    GuestService service = create(BOTH);
    List<String> addresses = awaitAnswers(service, 2);
    try (var watched = new AddressWatch(cloud, addresses)) {
      String node = watched.holder();
      long cut = System.nanoTime();
      lab.vm(node).link().cut();
      watched.awaitOther(node, cut);
      watched.seeMoreAnswers(100);
      lab.vm(node).link().restore();
      watched.seeMoreAnswers(100);
      assertThat(watched.saidAfterAnother(node, cut)).isEmpty();
    }
    Readiness.awaitMesh(cloud, PATIENCE);
    deleteAndExpectNothing(service, addresses);
  }

  @Test
  @Order(25)
  void aHolderThatDiesWhileTheApiServerIsAwayIsReplaced() {
    supervised = true;
    GuestService service = create(BOTH);
    List<String> addresses = awaitAnswers(service, 2);
    try (var watched = new AddressWatch(cloud, addresses)) {
      String node = watched.holder();
      cloud.guest().pause();
      long killed = System.nanoTime();
      cloud.process("vip-manager-" + node).kill();
      watched.awaitOther(node, killed);
      watched.seeMoreAnswers(100);
      assertThat(watched.saidAfterAnother(node, killed)).isEmpty();
    } finally {
      cloud.guest().resume();
    }
    cloud.guest().awaitReady();
    startWhatEnded();
    Readiness.awaitAll(cloud, PATIENCE);
    deleteAndExpectNothing(service, addresses);
  }

  /// As the software does that sets up the network of virtual machines.
  @Test
  @Order(19)
  void anInterfaceThatBecomesThePortOfABridgeHandsItsAddressesToTheBridge() {
    GuestService service = create(BOTH);
    List<String> addresses = awaitAnswers(service, 2);
    Machine node = holder(service);
    // Nobody else is there to hold them meanwhile.
    cloud.holders().stream()
        .filter(other -> !other.name().equals(node.name()))
        .forEach(other -> cloud.process(Cloud.vipManager(other)).stop(Duration.ofSeconds(15)));
    String card = cloud.interfaceOf(node);
    node.namespace().run(List.of("ip", "link", "add", "br-vlan", "type", "bridge"));
    node.namespace().run(List.of("ip", "link", "set", "br-vlan", "up"));
    moveAddresses(node, card, "br-vlan", "ip link set " + card + " master br-vlan");
    awaitAnnounced(node, addresses, "br-vlan");
    awaitUsed(node, "br-vlan");
    assertThat(awaitAnswers(service, 2)).isEqualTo(addresses);
    moveAddresses(node, "br-vlan", card, "ip link set " + card + " nomaster");
    node.namespace().run(List.of("ip", "link", "delete", "br-vlan"));
    awaitAnnounced(node, addresses, card);
    awaitUsed(node, card);
    assertThat(awaitAnswers(service, 2)).isEqualTo(addresses);
    deleteAndExpectNothing(service, addresses);
  }

  private void awaitAnnounced(Machine node, List<String> addresses, String device) {
    Await.until(
        node.name() + " to answer on " + device,
        PATIENCE,
        () -> {
          String status = cloud.askVipManager(node, "status");
          return addresses.stream()
              .allMatch(address ->
                  status.lines().anyMatch(line -> line.contains(address) && line.contains(device)));
        });
  }

  /// By the record of the node's network, which says to the others which networks it has.
  private void awaitUsed(Machine node, String device) {
    String path = "/apis/net.thresher.dev/v1alpha1/nodenetworks/" + node.name();
    Await.until(
        "the record of " + node.name() + " to have " + device + " in use alone",
        PATIENCE,
        () ->
            cloud
                .guest()
                .api()
                .find(path)
                .filter(record -> used(record).equals(List.of(device)))
                .isPresent());
  }

  private static List<String> used(JsonObject record) {
    return record.getAsJsonObject("status").getAsJsonArray("interfaces").asList().stream()
        .map(JsonElement::getAsJsonObject)
        .filter(shown -> shown.get("used").getAsBoolean())
        .map(shown -> shown.get("name").getAsString())
        .toList();
  }

  /// With the routes that lead by them.
  private static void moveAddresses(Machine node, String from, String to, String between) {
    node.namespace()
        .run(
            List.of(
                "sh",
                "-ec",
                """
                r4=$(ip route show | grep ' via ' | sed "s/ dev $1/ dev $2/")
                r6=$(ip -6 route show | grep ' via ' | sed "s/ dev $1/ dev $2/")
                all=$(ip -o addr show dev "$1" scope global | awk '{print $4}')
                %s
                for one in $all; do ip addr del "$one" dev "$1"; ip addr add "$one" dev "$2"; done
                echo "$r4" | while read -r one; do ip route replace $one; done
                echo "$r6" | while read -r one; do ip -6 route replace $one; done
                """
                    .formatted(between),
                "sh",
                from,
                to));
  }
}
