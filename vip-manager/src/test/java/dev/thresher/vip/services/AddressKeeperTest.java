package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.network;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import dev.thresher.vip.l2.Claim;
import dev.thresher.vip.l2.EnforcementEvent;
import dev.thresher.vip.l2.HeldAddress;
import dev.thresher.vip.linux.InterfaceAddress;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressKeeperTest {

  private static final InetAddress VIP = ip("10.0.0.50");
  private static final LinuxNetwork NETWORK = network(true, "10.0.0.11/24");

  private final FakeEnforcement enforcement = new FakeEnforcement("n1", new FakeEnforcement.Wire());
  private final FakeNetwork network = new FakeNetwork(NETWORK);
  private final VirtualTimeline timeline = new VirtualTimeline();
  private final Metrics metrics = new Metrics();
  private final AddressKeeper keeper =
      new AddressKeeper(enforcement, network, timeline, () -> InterfaceNames.NONE, metrics);
  private final List<Set<InetAddress>> heard = new ArrayList<>();

  private Keeping.State state() {
    Keeping.Kept kept = keeper.keeping().addresses().get(VIP);
    return kept == null ? new Keeping.State.Failed("not granted") : kept.state();
  }

  @Test
  void holdsWhatIsGrantedAndReleasesWhatIsRevoked() {
    keeper.onChange(heard::add);
    keeper.granted(Map.of(VIP, Claim.TAKE_OVER));
    keeper.tell();
    assertThat(state()).isEqualTo(new Keeping.State.Answering("eth0"));
    assertThat(metrics.text()).contains("thresher_vip_answering{address=\"10.0.0.50\"");
    keeper.revoked(Set.of(VIP), "test");
    keeper.tell();
    assertThat(enforcement.log)
        .containsExactly("hold 10.0.0.50@eth0 TAKE_OVER", "release 10.0.0.50");
    assertThat(keeper.keeping()).isEqualTo(Keeping.NOTHING);
    assertThat(heard).containsExactly(Set.of(VIP), Set.of(VIP));
  }

  @Test
  void aProbedAddressIsAnsweredWhenTheEnforcementSaysSo() {
    enforcement.probes = true;
    keeper.granted(Map.of(VIP, Claim.FIRST));
    keeper.tell();
    assertThat(state()).isEqualTo(new Keeping.State.Probing("eth0"));
    enforcement.tell(new EnforcementEvent.Answering(new HeldAddress(VIP, "eth0")));
    assertThat(state()).isEqualTo(new Keeping.State.Answering("eth0"));
  }

  @Test
  void anAddressInUseByAStrangerIsTriedAgainLater() {
    enforcement.probes = true;
    keeper.granted(Map.of(VIP, Claim.FIRST));
    keeper.tell();
    var stranger = MacAddress.parse("02:00:00:00:00:99");
    enforcement.tell(new EnforcementEvent.Conflict(new HeldAddress(VIP, "eth0"), stranger));
    assertThat(state()).isEqualTo(new Keeping.State.Conflict("eth0", stranger.toString()));
    enforcement.probes = false;
    timeline.advance(ConflictPace.USUAL);
    assertThat(state()).isEqualTo(new Keeping.State.Answering("eth0"));
    assertThat(enforcement.log).last().isEqualTo("hold 10.0.0.50@eth0 FIRST");
  }

  /// After ten conflicts once in a minute; a quiet time, and another right to the address, begin
  /// anew.
  @ParameterizedTest
  @CsvSource({"9, 10, 10", "10, 60, 10", "25, 60, 10"})
  void aStrangerThatStaysIsAskedSeldom(int conflicts, int seconds, int anew) {
    var patient =
        new AddressKeeper(
            enforcement,
            network,
            timeline,
            () -> InterfaceNames.NONE,
            ConflictPace.RFC_5227,
            new Metrics());
    enforcement.probes = true;
    patient.granted(Map.of(VIP, Claim.FIRST));
    patient.tell();
    assertThat(pauseAfter(conflicts)).isEqualTo(seconds);
    timeline.advance(ConflictPace.APART);
    assertThat(pauseAfter(1)).isEqualTo(anew);
    patient.revoked(Set.of(VIP), "test");
    patient.granted(Map.of(VIP, Claim.FIRST));
    patient.tell();
    assertThat(pauseAfter(1)).isEqualTo(anew);
  }

  /// Seconds from the last of so many conflicts to the next try.
  private int pauseAfter(int conflicts) {
    int seconds = 0;
    for (int i = 0; i < conflicts; i++) {
      enforcement.tell(
          new EnforcementEvent.Conflict(
              new HeldAddress(VIP, "eth0"), MacAddress.parse("02:00:00:00:00:99")));
      int tries = enforcement.log.size();
      for (seconds = 0; enforcement.log.size() == tries; seconds++) {
        timeline.advance(Duration.ofSeconds(1));
      }
    }
    return seconds;
  }

  @Test
  void aConflictOfAnAddressThatWasRevokedMeanwhileIsForgotten() {
    enforcement.probes = true;
    keeper.granted(Map.of(VIP, Claim.FIRST));
    keeper.tell();
    enforcement.tell(
        new EnforcementEvent.Conflict(
            new HeldAddress(VIP, "eth0"), MacAddress.parse("02:00:00:00:00:99")));
    keeper.revoked(Set.of(VIP), "test");
    keeper.tell();
    timeline.advance(ConflictPace.USUAL.multipliedBy(2));
    assertThat(enforcement.log).last().isEqualTo("release 10.0.0.50");
  }

  @Test
  void withoutAnInterfaceItFailsAndTriesAgainWhenOneAppears() {
    network.become(LinuxNetwork.EMPTY);
    keeper.granted(Map.of(VIP, Claim.TAKE_OVER));
    keeper.tell();
    assertThat(state()).isInstanceOf(Keeping.State.Failed.class);
    assertThat(enforcement.log).isEmpty();
    network.become(NETWORK);
    assertThat(state()).isEqualTo(new Keeping.State.Answering("eth0"));
    assertThat(enforcement.log).containsExactly("hold 10.0.0.50@eth0 TAKE_OVER");
  }

  /// What was never held on a link may be a stranger's there.
  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.50", "fd00::50"})
  void aFirstClaimThatHadNoInterfaceAsksBeforeItSpeaks(String text) {
    InetAddress address = ip(text);
    network.become(LinuxNetwork.EMPTY);
    keeper.granted(Map.of(address, Claim.FIRST));
    keeper.tell();
    enforcement.probes = true;
    network.become(network(true, "10.0.0.11/24", "fd00::11/64"));
    assertThat(enforcement.log).containsExactly("hold " + address.getHostAddress() + "@eth0 FIRST");
    assertThat(keeper.keeping().addresses().get(address))
        .extracting(Keeping.Kept::state)
        .isEqualTo(new Keeping.State.Probing("eth0"));
  }

  @Test
  void aFirstClaimThatWasRefusedAsksWhenItIsTriedAgain() {
    enforcement.refusal = "no socket";
    keeper.granted(Map.of(VIP, Claim.FIRST));
    keeper.tell();
    enforcement.refusal = "";
    network.become(NETWORK);
    assertThat(enforcement.log).last().isEqualTo("hold 10.0.0.50@eth0 FIRST");
  }

  private static LinuxNetwork two(String second, String address, int masterOfTheFirst) {
    Link eth0 = NETWORK.links().getFirst();
    return new LinuxNetwork(
        List.of(
            new Link(2, "eth0", eth0.mac(), true, true, true, 1500, masterOfTheFirst, eth0.kind()),
            new Link(
                3,
                second,
                MacAddress.parse("02:00:00:00:00:02"),
                true,
                true,
                true,
                1500,
                0,
                second.startsWith("br") ? "bridge" : "")),
        List.of(
            NETWORK.addresses().getFirst(),
            new InterfaceAddress(3, ip(address.split("/", -1)[0]), 24, 0)),
        List.of());
  }

  /// Answered on `eth0`, then asked for on a second interface.
  private void grantedThenSentTo(String second, String itsAddress, Claim claim) {
    network.become(two(second, itsAddress, 0));
    keeper.granted(Map.of(VIP, claim));
    keeper.tell();
    keeper.interfaces(Map.of(VIP, second));
  }

  @Test
  void onAnotherLinkAStrangerIsAskedForAndOnTheWayBackNot() {
    grantedThenSentTo("eth1", "10.7.0.11/24", Claim.TAKE_OVER);
    keeper.interfaces(Map.of());
    assertThat(enforcement.log)
        .containsExactly(
            "hold 10.0.0.50@eth0 TAKE_OVER",
            "hold 10.0.0.50@eth1 FIRST",
            "hold 10.0.0.50@eth0 TAKE_OVER");
  }

  @Test
  void anotherInterfaceOfTheSameNetworkIsNoNewLink() {
    grantedThenSentTo("eth1", "10.0.0.12/24", Claim.FIRST);
    assertThat(enforcement.log).last().isEqualTo("hold 10.0.0.50@eth1 TAKE_OVER");
  }

  @Test
  void theBridgeThatAnInterfaceBecameAPortOfIsNoNewLink() {
    keeper.interfaces(Map.of(VIP, "eth0"));
    keeper.granted(Map.of(VIP, Claim.FIRST));
    keeper.tell();
    network.become(two("br0", "10.7.0.11/24", 3));
    assertThat(enforcement.log).last().isEqualTo("hold 10.0.0.50@br0 TAKE_OVER");
  }

  @Test
  void aTakeOverThatHadNoInterfaceAsksOnOneThatWasNotMeantThen() {
    network.become(two("eth1", "10.7.0.11/24", 0));
    keeper.interfaces(Map.of(VIP, "eth7"));
    keeper.granted(Map.of(VIP, Claim.TAKE_OVER));
    keeper.tell();
    assertThat(state()).isInstanceOf(Keeping.State.Failed.class);
    keeper.interfaces(Map.of(VIP, "eth1"));
    assertThat(enforcement.log).containsExactly("hold 10.0.0.50@eth1 FIRST");
  }

  @Test
  void afterADisputeNoLinkIsTrusted() {
    grantedThenSentTo("eth1", "10.7.0.11/24", Claim.TAKE_OVER);
    enforcement.tell(
        new EnforcementEvent.Conflict(
            new HeldAddress(VIP, "eth1"), MacAddress.parse("02:00:00:00:00:99")));
    keeper.interfaces(Map.of());
    enforcement.refusal = "no socket";
    timeline.advance(ConflictPace.USUAL);
    enforcement.refusal = "";
    network.become(two("eth1", "10.7.0.12/24", 0));
    assertThat(state()).isEqualTo(new Keeping.State.Answering("eth0"));
    assertThat(enforcement.log).last().isEqualTo("hold 10.0.0.50@eth0 FIRST");
  }

  @Test
  void aServicesInterfaceIsFollowed() {
    keeper.granted(Map.of(VIP, Claim.TAKE_OVER));
    keeper.tell();
    keeper.interfaces(Map.of(VIP, "eth7"));
    assertThat(state()).isEqualTo(new Keeping.State.Answering("eth0"));
    keeper.revoked(Set.of(VIP), "test");
    keeper.tell();
    keeper.granted(Map.of(VIP, Claim.TAKE_OVER));
    keeper.tell();
    assertThat(state())
        .isInstanceOfSatisfying(
            Keeping.State.Failed.class, failed -> assertThat(failed.reason()).contains("eth7"));
  }

  @Test
  void foreignClaimsAreCounted() {
    keeper.granted(Map.of(VIP, Claim.TAKE_OVER));
    keeper.tell();
    enforcement.tell(
        new EnforcementEvent.ForeignClaim(
            new HeldAddress(VIP, "eth0"), MacAddress.parse("02:00:00:00:00:99")));
    assertThat(metrics.text())
        .contains("thresher_vip_foreign_claims_total{address=\"10.0.0.50\"} 1.0");
    assertThat(state()).isEqualTo(new Keeping.State.Answering("eth0"));
  }

  private void claim(String mac) {
    enforcement.tell(
        new EnforcementEvent.ForeignClaim(new HeldAddress(VIP, "eth0"), MacAddress.parse(mac)));
  }

  private List<String> rivals() {
    return keeper.keeping().rivals(VIP).stream().map(Keeping.Rival::mac).toList();
  }

  @Test
  void aRivalIsKnownUntilItIsQuietForAWhile() {
    keeper.granted(Map.of(VIP, Claim.TAKE_OVER));
    keeper.tell();
    keeper.onChange(heard::add);
    claim("02:00:00:00:00:99");
    claim("02:00:00:00:00:99");
    claim("02:00:00:00:00:98");
    assertThat(rivals()).containsExactly("02:00:00:00:00:98", "02:00:00:00:00:99");
    assertThat(heard).as("told once for each").hasSize(2);
    timeline.advance(AddressKeeper.RIVAL_QUIET.minusSeconds(1));
    claim("02:00:00:00:00:99");
    timeline.advance(Duration.ofSeconds(1));
    assertThat(rivals()).containsExactly("02:00:00:00:00:99");
    timeline.advance(AddressKeeper.RIVAL_QUIET);
    assertThat(rivals()).isEmpty();
    assertThat(heard).hasSize(4);
  }

  @Test
  void rivalsOfAnAddressThatIsGivenUpAreForgottenAndMadeUpOnesDoNotPileUp() {
    keeper.granted(Map.of(VIP, Claim.TAKE_OVER));
    keeper.tell();
    for (int i = 10; i < 99; i++) {
      claim("02:00:00:00:00:" + i);
    }
    assertThat(rivals()).hasSize(8);
    keeper.revoked(Set.of(VIP), "test");
    assertThat(keeper.keeping()).isEqualTo(Keeping.NOTHING);
    claim("02:00:00:00:00:99");
    assertThat(rivals()).isEmpty();
    timeline.advance(AddressKeeper.RIVAL_QUIET);
    assertThat(keeper.keeping()).isEqualTo(Keeping.NOTHING);
  }
}
