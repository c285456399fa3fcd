package dev.thresher.vip.lease;

import static dev.thresher.vip.lease.LeaseWorld.ADDRESSES;
import static dev.thresher.vip.lease.LeaseWorld.MS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What happens when one thing goes wrong, with the times that are promised for it.
class LeaseStoriesTest {

  private static final InetAddress A = ADDRESSES.get(0);
  private static final InetAddress B = ADDRESSES.get(1);
  private static final List<String> THREE = List.of("n1", "n2", "n3");
  private static final List<String> FOUR = List.of("n1", "n2", "n3", "n4");

  private final Fate fate = new Fate.ByChance(7, false);

  private LeaseWorld world(VoterRecord record, List<String> names) {
    return world(record, names, NoMajority.SILENT, Flaw.NONE);
  }

  private LeaseWorld world(VoterRecord record, List<String> names, NoMajority policy, Flaw flaw) {
    return begun(new LeaseWorld(fate, flaw, record, names, policy));
  }

  private static LeaseWorld begun(LeaseWorld world) {
    world.presence = true;
    world.nodes.forEach(SimNode::start);
    return world;
  }

  private LeaseWorld heldByFirst(VoterRecord record, List<String> names) {
    LeaseWorld world = world(record, names);
    world.node("n1").want(Map.of(A, 0, B, 0));
    world.run(record.longestNanos() + 200 * MS);
    assertThat(world.holders(A)).containsExactly("n1");
    assertThat(world.holders(B)).containsExactly("n1");
    return world;
  }

  private static VoterRecord three() {
    return LeaseWorld.record(THREE, false, 400, 400);
  }

  private static void cut(LeaseWorld world, String a, String b) {
    world.cut.add(a + ">" + b);
    world.cut.add(b + ">" + a);
  }

  @Test
  void nothingIsHeldBeforeRestartedVotersMaySpeak() {
    LeaseWorld world = world(three(), THREE);
    world.node("n1").want(Map.of(A, 0));
    world.run(400 * MS);
    assertThat(world.holders(A)).isEmpty();
    world.run(150 * MS);
    assertThat(world.holders(A)).containsExactly("n1");
  }

  @Test
  void aNewAddressCostsMilliseconds() {
    LeaseWorld world = heldByFirst(three(), THREE);
    world.node("n2").want(Map.of());
    world.node("n1").want(Map.of(A, 0));
    world.run(300 * MS);
    world.node("n2").want(Map.of(B, 0));
    assertThat(world.runUntil(() -> !world.holders(B).isEmpty(), 100 * MS)).isLessThan(15 * MS);
  }

  /// Who claims first asks the link whether a stranger has the address.
  @Test
  void anAskingThatWasGivenUpIsNoClaimAndATakeOverIsNoFirstOne() {
    LeaseWorld world = world(three(), THREE);
    SimNode one = world.node("n1");
    SimNode two = world.node("n2");
    one.want(Map.of(A, 0, B, 0));
    world.run(350 * MS);
    assertThat(world.holders(A)).as("asked in vain").isEmpty();
    world.run(250 * MS);
    assertThat(world.holders(A)).containsExactly("n1");
    assertThat(one.firstClaims).containsExactlyInAnyOrder(A, B);

    two.want(Map.of(A, 0));
    one.want(Map.of(B, 0));
    world.run(300 * MS);
    assertThat(world.holders(A)).containsExactly("n2");
    Session dead = one.session;
    one.crash();
    two.want(Map.of(A, 0, B, 0));
    world.after(2 * MS, () -> two.hear(new LeaseEvent.Died(dead)));
    world.after(2 * MS, () -> world.node("n3").hear(new LeaseEvent.Died(dead)));
    world.run(1_000 * MS);
    assertThat(world.holders(B)).containsExactly("n2");
    assertThat(two.firstClaims).isEmpty();
  }

  @Test
  void aReportSaysWhoGrantedWhoRefusedAndWhoIsSilent() {
    LeaseWorld world = heldByFirst(three(), THREE);
    world.run(300 * MS);
    SimNode one = world.node("n1");
    LeaseReport holders = one.machine.report(one.clock());
    assertThat(holders.leftNanos()).isBetween(1L, 400 * MS);
    assertThat(holders.answering()).containsExactly("n1", "n2", "n3");
    assertThat(holders.askings().keySet()).containsExactlyInAnyOrder(A, B);
    assertThat(holders.askings())
        .hasEntrySatisfying(
            A,
            asking -> {
              // The answer of the third voter may be on its way.
              assertThat(asking.granting()).isSubsetOf("n1", "n2", "n3").hasSizeGreaterThan(1);
              assertThat(asking.refusing()).isEmpty();
            });
    SimNode two = world.node("n2");
    assertThat(two.machine.report(two.clock()).promised()).isEqualTo(Map.of(A, "n1", B, "n1"));

    two.want(Map.of(A, 0));
    List<Refusal> refused = new ArrayList<>();
    world.runUntil(
        () -> {
          LeaseReport.Asking asking = two.machine.report(two.clock()).askings().get(A);
          if (asking != null) {
            assertThat(asking.granting()).isEmpty();
            refused.addAll(asking.refusing().values());
          }
          return !refused.isEmpty();
        },
        1_000 * MS);
    assertThat(refused)
        .isNotEmpty()
        .allSatisfy(refusal -> assertThat(refusal.holder()).isEqualTo("n1"));

    cut(world, "n3", "n1");
    world.run(600 * MS);
    LeaseReport without = one.machine.report(one.clock());
    assertThat(without.answering()).containsExactly("n1", "n2");
    assertThat(without.leftNanos()).isPositive();
    assertThat(without.heardNanosAgo())
        .hasEntrySatisfying("n2", ago -> assertThat(ago).isLessThan(300 * MS))
        .hasEntrySatisfying("n3", ago -> assertThat(ago).isGreaterThan(500 * MS));
    cut(world, "n2", "n1");
    world.run(600 * MS);
    assertThat(one.machine.report(one.clock()).leftNanos()).isZero();
  }

  @Test
  void aProvenDeathCostsMilliseconds() {
    LeaseWorld world = heldByFirst(three(), THREE);
    world.node("n2").want(Map.of(A, 0, B, 0));
    world.run(1_000 * MS);
    Session dead = world.node("n1").session;
    world.node("n1").crash();
    world.after(2 * MS, () -> world.node("n2").hear(new LeaseEvent.Died(dead)));
    world.after(6 * MS, () -> world.node("n3").hear(new LeaseEvent.Died(dead)));
    assertThat(world.runUntil(world::allHeld, 400 * MS)).isLessThan(40 * MS);
    assertThat(world.holders(A)).containsExactly("n2");
  }

  @Test
  void aHandOverCostsMilliseconds() {
    LeaseWorld world = heldByFirst(three(), THREE);
    world.node("n2").want(Map.of(A, 0));
    world.run(1_000 * MS);
    world.node("n1").want(Map.of(B, 0));
    assertThat(world.runUntil(world::allHeld, 400 * MS)).isLessThan(20 * MS);
    assertThat(world.holders(A)).containsExactly("n2");
    assertThat(world.holders(B)).containsExactly("n1");
  }

  @Test
  void aSuccessorIsInLineBeforeItsHolderCloses() {
    for (Map<InetAddress, Integer> kept : List.of(Map.of(B, 0), Map.<InetAddress, Integer>of())) {
      for (boolean leaves : List.of(false, true)) {
        LeaseWorld world = heldByFirst(three(), THREE);
        world.run(730 * MS);
        Map<InetAddress, String> to = Map.of(A, "n2", B, "n2");
        if (leaves) {
          world.node("n1").leave(to);
        } else {
          world.node("n1").want(kept, to);
        }
        assertThat(gapUntil(world, A, "n2")).as("of A, leaves: %s", leaves).isLessThan(5 * MS);
        if (leaves || kept.isEmpty()) {
          assertThat(gapUntil(world, B, "n2")).isZero();
          assertThat(world.runUntil(world.node("n1").machine::quiet, 10 * MS)).isLessThan(5 * MS);
        } else {
          world.run(50 * MS);
          assertThat(world.holders(B)).containsExactly("n1");
        }
      }
    }
  }

  @Test
  void aSuccessorThatSaysNothingIsNotWaitedForLong() {
    for (String fate : List.of("dead", "cut off")) {
      LeaseWorld world = heldByFirst(three(), THREE);
      if (fate.equals("dead")) {
        world.node("n2").crash();
      } else {
        cut(world, "n1", "n2");
      }
      world.node("n1").want(Map.of(B, 0), Map.of(A, "n2"));
      world.run(450 * MS);
      assertThat(world.holders(A)).as(fate).containsExactly("n1");
      world.run(70 * MS);
      assertThat(world.holders(A)).as(fate).isEmpty();
      world.node("n3").want(Map.of(A, 0));
      assertThat(world.runUntil(() -> world.holders(A).equals(List.of("n3")), 100 * MS))
          .as(fate)
          .isLessThan(20 * MS);
    }
  }

  @Test
  void whoStopsTakesNothingOver() {
    LeaseWorld world = heldByFirst(three(), THREE);
    world.node("n2").leave(Map.of());
    world.node("n1").want(Map.of(B, 0), Map.of(A, "n2"));
    world.run(1_000 * MS);
    assertThat(world.holders(A)).isEmpty();
  }

  @Test
  void anAddressThatIsWantedAgainIsNotHandedOver() {
    LeaseWorld world = heldByFirst(three(), THREE);
    cut(world, "n1", "n2");
    world.node("n1").want(Map.of(B, 0), Map.of(A, "n2"));
    world.run(50 * MS);
    world.node("n1").want(Map.of(A, 0, B, 0));
    heldThroughout(world, "n1", 500);
  }

  @Test
  void aVoterWithoutProofOfADeathGrantsAsSoonAsItHasIt() {
    LeaseWorld world = heldByFirst(three(), THREE);
    world.node("n2").want(Map.of(A, 0, B, 0));
    world.run(1_000 * MS);
    Session dead = world.node("n1").session;
    world.node("n1").crash();
    world.node("n2").hear(new LeaseEvent.Died(dead));
    world.run(60 * MS);
    assertThat(world.holders(A)).isEmpty();
    world.node("n3").hear(new LeaseEvent.Died(dead));
    assertThat(world.runUntil(world::allHeld, 100 * MS)).isLessThan(4 * MS);
  }

  /// How long nobody holds an address that goes to a node.
  private static long gapUntil(LeaseWorld world, InetAddress address, String node) {
    long nobody = 0;
    for (int i = 0; i < 5_000 && !world.holders(address).equals(List.of(node)); i++) {
      nobody += world.holders(address).isEmpty() ? MS / 10 : 0;
      world.run(MS / 10);
    }
    assertThat(world.holders(address)).containsExactly(node);
    return nobody;
  }

  @Test
  void silenceCostsTheLeaseAndAHeartbeatOrTwo() {
    for (String how : List.of("frozen", "off", "cut")) {
      LeaseWorld world = heldByFirst(three(), THREE);
      world.node("n2").want(Map.of(A, 0, B, 0));
      world.run(1_000 * MS);
      switch (how) {
        case "frozen" -> world.node("n1").freeze(20_000 * MS);
        case "off" -> world.node("n1").crash();
        default -> {
          cut(world, "n1", "n2");
          cut(world, "n1", "n3");
        }
      }
      long took = world.runUntil(() -> world.holders(A).equals(List.of("n2")), 2_000 * MS);
      assertThat(took).as(how).isLessThan(600 * MS);
    }
  }

  @Test
  void whoIsHeardAndHearsNothingAsksForNothing() {
    for (List<String> deafTo : List.of(List.of("n2", "n3"), List.of("n3", "n2", "n4", "n5"))) {
      List<String> names = new ArrayList<>(deafTo);
      names.add("n1");
      LeaseWorld world = heldByFirst(LeaseWorld.record(names, false, 400, 400), names);
      world.node("n2").want(Map.of(A, 1, B, 1));
      world.node("n3").want(Map.of(A, 2, B, 2));
      world.run(1_000 * MS);
      deafTo.forEach(other -> world.cut.add(other + ">n1"));
      long begin = world.now;
      long took = world.runUntil(() -> world.holders(A).equals(List.of("n2")), 5_000 * MS);
      assertThat(took).as("%s", names).isLessThan(600 * MS);
      // Nor would anybody choose it, though it is heard.
      world.runUntil(() -> !isLive(world, "n2", "n1"), 5_000 * MS);
      assertThat(world.now - begin).isLessThan(600 * MS);
      heldThroughout(world, "n2", 5_000);
      // It hears again, and comes to nothing as long as the other one holds.
      world.cut.clear();
      heldThroughout(world, "n2", 2_000);
      assertThat(isLive(world, "n2", "n1")).isTrue();
      world.node("n2").want(Map.of());
      assertThat(world.runUntil(world::allHeld, 2_000 * MS)).isLessThan(1_000 * MS);
      assertThat(world.holders(A)).doesNotContain("n2");
    }
  }

  private static boolean isLive(LeaseWorld world, String inTheEyesOf, String node) {
    return world.node(inTheEyesOf).machine.view().live().containsKey(node);
  }

  /// Nobody else should take what a node can have again at once.
  @Test
  void whoOnlyStoodStillIsNotDeaf() {
    LeaseWorld world = heldByFirst(three(), THREE);
    world.node("n1").freeze(650 * MS);
    world.node("n2").freeze(650 * MS);
    world.node("n3").freeze(650 * MS);
    world.run(700 * MS);
    for (int i = 0; i < 100; i++) {
      assertThat(isLive(world, "n2", "n1")).isTrue();
      assertThat(isLive(world, "n3", "n1")).isTrue();
      world.run(10 * MS);
    }
    assertThat(world.holders(A)).containsExactly("n1");
  }

  /// All start at once, and the voters are silent for a lease: nobody should choose anew then.
  @Test
  void votersThatAreSilentAfterTheirStartMakeNobodyDeaf() {
    LeaseWorld world = world(three(), THREE);
    world.run(100 * MS);
    for (int i = 0; i < 100; i++) {
      assertThat(isLive(world, "n2", "n1")).isTrue();
      world.run(10 * MS);
    }
  }

  @Test
  void aMinorityFallsSilentBeforeTheMajorityTakes() {
    LeaseWorld world = heldByFirst(three(), THREE);
    cut(world, "n1", "n2");
    cut(world, "n1", "n3");
    world.run(1_000 * MS);
    assertThat(world.holders(A)).isEmpty();
    assertThat(world.node("n1").machine.open()).isEmpty();
  }

  @Test
  void withoutAMajorityNobodyHoldsUntilTheCutHeals() {
    VoterRecord record = LeaseWorld.record(FOUR, false, 400, 400);
    LeaseWorld world = heldByFirst(record, FOUR);
    world.node("n3").want(Map.of(A, 0, B, 0));
    for (String one : List.of("n1", "n2")) {
      cut(world, one, "n3");
      cut(world, one, "n4");
    }
    world.run(1_000 * MS);
    assertThat(world.holders(A)).isEmpty();
    world.cut.clear();
    assertThat(world.runUntil(world::allHeld, 2_000 * MS)).isLessThan(1_000 * MS);
  }

  @Test
  void keepingIsUnsafeAndEndsWhenTheHigherEpochIsHeardOf() {
    LeaseWorld world = world(three(), THREE, NoMajority.KEEP, Flaw.NONE);
    world.doubleAllowed = Long.MAX_VALUE / 2;
    world.node("n1").want(Map.of(A, 0));
    world.run(700 * MS);
    world.node("n2").want(Map.of(A, 0));
    cut(world, "n1", "n2");
    cut(world, "n1", "n3");
    world.run(3_000 * MS);
    assertThat(world.holders(A)).containsExactlyInAnyOrder("n1", "n2");
    world.cut.clear();
    world.run(150 * MS);
    assertThat(world.holders(A)).containsExactly("n2");
  }

  @Test
  void aHolderStaysWhenAVoterForgetsAndAnotherWantsIt() {
    LeaseWorld world = heldByFirst(three(), THREE);
    world.node("n2").want(Map.of(A, 0, B, 0));
    world.crash(world.node("n3"), 0);
    for (int i = 0; i < 30; i++) {
      world.run(100 * MS);
      assertThat(world.holders(A)).containsExactly("n1");
    }
  }

  @Test
  void oneNodeAloneHolds() {
    List<String> one = List.of("n1");
    LeaseWorld world = heldByFirst(LeaseWorld.record(one, false, 400, 400), one);
    world.run(5_000 * MS);
    assertThat(world.holders(A)).containsExactly("n1");
  }

  @Test
  void theSurvivorOfTwoHoldsByTheWitnessAndGivesItBack() {
    List<String> two = List.of("n1", "n2");
    LeaseWorld world = heldByFirst(LeaseWorld.record(two, true, 400, 400), two);
    assertThat(world.witness.holder()).isEmpty();
    world.node("n2").want(Map.of(A, 0, B, 0));
    world.run(1_000 * MS);
    world.node("n1").crash();
    assertThat(world.runUntil(world::allHeld, 3_000 * MS)).isLessThan(700 * MS);
    assertThat(world.witness.holder()).startsWith("n2/");
    for (int i = 0; i < 300; i++) {
      world.run(100 * MS);
      assertThat(world.holders(A)).containsExactly("n2");
    }
    world.node("n1").start();
    world.run(2_000 * MS);
    assertThat(world.witness.holder()).isEmpty();
    assertThat(world.holders(A)).containsExactly("n2");
  }

  @Test
  void theSurvivorOfTwoKeepsItsAddressesWithoutAGap() {
    List<String> two = List.of("n1", "n2");
    LeaseWorld world = heldByFirst(LeaseWorld.record(two, true, 400, 400), two);
    world.node("n2").crash();
    heldThroughout(world, "n1", 5_000);
  }

  @Test
  void anOrderlyStopOfOneOfTwoDoesNotTakeTheWitnessAlong() {
    List<String> two = List.of("n1", "n2");
    LeaseWorld world = heldByFirst(LeaseWorld.record(two, true, 400, 400), two);
    world.node("n2").want(Map.of(A, 0, B, 0));
    world.run(1_000 * MS);
    world.node("n1").leave(Map.of());
    assertThat(world.runUntil(world::allHeld, 400 * MS)).isLessThan(20 * MS);
    // The one that stops hears nothing any more, and takes its time.
    world.cut.add("n2>n1");
    heldThroughout(world, "n2", 2_000);
    assertThat(world.witness.holder()).startsWith("n2/");
    world.node("n1").crash();
    heldThroughout(world, "n2", 5_000);
  }

  @Test
  void whoStopsInOrderGivesTheWitnessBack() {
    List<String> two = List.of("n1", "n2");
    LeaseWorld world = heldByFirst(LeaseWorld.record(two, true, 400, 400), two);
    world.node("n2").wants = Map.of(A, 0, B, 0);
    world.node("n2").crash();
    world.run(2_000 * MS);
    assertThat(world.witness.holder()).startsWith("n1/");
    world.node("n2").start();
    world.run(50 * MS);
    world.node("n1").leave(Map.of());
    assertThat(world.runUntil(world.node("n1").machine::quiet, 500 * MS)).isLessThan(200 * MS);
    assertThat(world.witness.holder()).isEmpty();
    world.node("n1").crash();
    assertThat(world.runUntil(world::allHeld, 25_000 * MS)).isLessThan(1_000 * MS);
  }

  @Test
  void theWitnessStaysAsLongAsALeaseLeansOnIt() {
    letsTheWitnessGo(Flaw.NONE);
    assertThatExceptionOfType(LeaseWorld.TwoHolders.class)
        .isThrownBy(() -> letsTheWitnessGo(Flaw.LETS_THE_WITNESS_GO));
  }

  /// One that holds by the witness stops, and hands over to one that has just started and does not
  /// vote yet: what is held meanwhile was never promised by that one.
  private void letsTheWitnessGo(Flaw flaw) {
    List<String> two = List.of("n1", "n2");
    LeaseWorld world = world(LeaseWorld.record(two, true, 400, 400), two, NoMajority.SILENT, flaw);
    world.node("n1").want(Map.of(A, 0, B, 0));
    world.node("n2").crash();
    world.run(2_000 * MS);
    assertThat(world.witness.holder()).startsWith("n1/");
    world.node("n2").wants = Map.of(A, 1, B, 1);
    world.node("n2").start();
    world.run(360 * MS);
    // It goes on answering as long as it does not hear that the other is in line.
    world.cut.add("n2>n1");
    world.node("n1").leave(Map.of(A, "n2", B, "n2"));
    assertThat(world.runUntil(world.node("n1").machine::quiet, 2_000 * MS)).isLessThan(700 * MS);
    assertThat(world.runUntil(world::allHeld, 2_000 * MS)).isLessThan(600 * MS);
    assertThat(world.holders(A)).containsExactly("n2");
  }

  @Test
  void theWitnessOfADeadProcessIsFree() {
    List<String> two = List.of("n1", "n2");
    LeaseWorld world = heldByFirst(LeaseWorld.record(two, true, 400, 400), two);
    world.node("n2").wants = Map.of(A, 0, B, 0);
    world.node("n2").crash();
    world.run(2_000 * MS);
    assertThat(world.witness.holder()).startsWith("n1/");
    world.node("n2").start();
    world.run(50 * MS);
    Session dead = world.node("n1").session;
    world.node("n1").crash();
    world.after(5 * MS, () -> world.node("n2").hear(new LeaseEvent.Died(dead)));
    assertThat(world.runUntil(world::allHeld, 25_000 * MS)).isLessThan(1_000 * MS);
  }

  private static void heldThroughout(LeaseWorld world, String node, long millis) {
    for (int i = 0; i < millis / 5; i++) {
      world.run(5 * MS);
      assertThat(world.holders(A)).as("%d ms", i * 5).containsExactly(node);
    }
  }

  @Test
  void twoNodesCutApartHaveOneHolderByTheWitness() {
    List<String> two = List.of("n1", "n2");
    LeaseWorld world = heldByFirst(LeaseWorld.record(two, true, 400, 400), two);
    world.node("n2").want(Map.of(A, 0, B, 0));
    cut(world, "n1", "n2");
    world.run(3_000 * MS);
    assertThat(world.allHeld()).isTrue();
    world.apiAway.addAll(two);
    world.run(20_000 * MS);
    assertThat(world.holders(A)).as("the witness cannot be renewed").isEmpty();
  }

  @Test
  void twoNodesThatPreferToBeAvailableBothHoldWithoutTheServerAndOneGivesWay() {
    List<String> two = List.of("n1", "n2");
    LeaseWorld world =
        begun(
            new LeaseWorld(
                fate,
                Flaw.NONE,
                LeaseWorld.record(two, true, 400, 400),
                two,
                NoMajority.SILENT,
                TwoNodes.AVAILABLE));
    world.doubleAllowed = Long.MAX_VALUE / 2;
    world.node("n1").want(Map.of(A, 0, B, 0));
    world.run(1_000 * MS);
    world.apiAway.addAll(two);
    world.node("n2").want(Map.of(A, 0));
    cut(world, "n1", "n2");
    world.run(5_000 * MS);
    assertThat(world.holders(A)).containsExactlyInAnyOrder("n1", "n2");
    assertThat(world.holders(B)).containsExactly("n1");
    world.cut.clear();
    world.run(300 * MS);
    assertThat(world.holders(A)).containsExactly("n2");
    assertThat(world.holders(B)).containsExactly("n1");
    for (int i = 0; i < 100; i++) {
      world.run(50 * MS);
      assertThat(world.holders(A)).containsExactly("n2");
    }
  }

  @Test
  void whileTheServerAnswersAvailableIsAsSafeAsSafe() {
    List<String> two = List.of("n1", "n2");
    LeaseWorld world =
        begun(
            new LeaseWorld(
                fate,
                Flaw.NONE,
                LeaseWorld.record(two, true, 400, 400),
                two,
                NoMajority.SILENT,
                TwoNodes.AVAILABLE));
    world.node("n1").want(Map.of(A, 0, B, 0));
    world.run(1_000 * MS);
    world.node("n2").want(Map.of(A, 0, B, 0));
    cut(world, "n1", "n2");
    world.run(30_000 * MS);
    assertThat(world.allHeld()).isTrue();
    world.cut.clear();
    world.run(2_000 * MS);
    assertThat(world.allHeld()).isTrue();
  }

  @Test
  void votersThatAPersonNamesHoldAfterAMajorityIsLost() {
    forced(Flaw.NONE);
    assertThatExceptionOfType(LeaseWorld.TwoHolders.class)
        .isThrownBy(() -> forced(Flaw.FORCED_SPEAKS_AT_ONCE));
  }

  private void forced(Flaw flaw) {
    LeaseWorld world =
        world(LeaseWorld.record(THREE, false, 1_500, 1_500), FOUR, NoMajority.SILENT, flaw);
    // n1 promises nothing to n4, for it does not hear it.
    cut(world, "n4", "n1");
    world.node("n4").want(Map.of(A, 0));
    world.run(3_500 * MS);
    assertThat(world.holders(A)).containsExactly("n4");
    world.node("n1").want(Map.of(A, 0));
    world.node("n2").crash();
    world.node("n3").crash();
    world.force("n1");
    world.node("n1").hear(new LeaseEvent.VotersSeen(world.stored));
    assertThat(world.stored.version()).isEqualTo(1_001);
    world.run(5_000 * MS);
    assertThat(world.holders(A)).containsExactly("n1");
    world.node("n3").start();
    world.node("n3").hear(new LeaseEvent.VotersSeen(world.stored));
    world.run(2_000 * MS);
    assertThat(world.holders(A)).containsExactly("n1");
  }

  @Test
  void anotherLeaseComesStepByStepWithoutAGap() {
    LeaseWorld world = heldByFirst(three(), THREE);
    for (Duration wanted : List.of(Duration.ofMillis(1_500), Duration.ofMillis(200))) {
      for (int i = 0; i < 200; i++) {
        VoterChoice.towards(world.stored, wanted)
            .ifPresent(change -> world.change(world.node("n1"), change));
        world.run(50 * MS);
        assertThat(world.holders(A)).containsExactly("n1");
      }
      assertThat(world.stored.lease()).isEqualTo(wanted);
      assertThat(world.stored.longestLease()).isEqualTo(wanted);
    }
    assertThat(world.stored.version()).isEqualTo(5);
    world.node("n2").want(Map.of(A, 0, B, 0));
    world.run(500 * MS);
    world.node("n1").freeze(20_000 * MS);
    assertThat(world.runUntil(() -> world.holders(A).equals(List.of("n2")), 2_000 * MS))
        .isLessThan(400 * MS);
  }

  @Test
  void aVoterThatFollowsAnEarlierVersionMayNotTakeTheWitness() {
    List<String> two = List.of("n1", "n2");
    LeaseWorld world = heldByFirst(LeaseWorld.record(two, true, 400, 400), two);
    world.witness = new Witness("", new RecordMark(77, 2), "v9");
    world.node("n1").crash();
    world.node("n2").want(Map.of(A, 0, B, 0));
    world.run(5_000 * MS);
    assertThat(world.holders(A)).isEmpty();
  }

  @Test
  void onlyAWitnessThatNobodyMarkedOrOnesOwnVotersDidMayBeTaken() {
    for (boolean foreign : List.of(true, false)) {
      List<String> two = List.of("n1", "n2");
      LeaseWorld world = heldByFirst(LeaseWorld.record(two, true, 400, 400), two);
      world.witness = new Witness("", foreign ? new RecordMark(78, 0) : Witness.UNMARKED, "v9");
      world.node("n1").crash();
      world.node("n2").want(Map.of(A, 0, B, 0));
      world.run(5_000 * MS);
      assertThat(world.holders(A)).isEqualTo(foreign ? List.of() : List.of("n2"));
    }
  }

  @Test
  void votersAreReplacedOneByOneWithoutAGap() {
    LeaseWorld world = heldByFirst(three(), List.of("n1", "n2", "n3", "n4", "n5"));
    for (VoterChange change :
        List.of(
            new VoterChange.AddVoter("n4"),
            new VoterChange.RemoveVoter("n2"),
            new VoterChange.AddVoter("n5"),
            new VoterChange.RemoveVoter("n3"))) {
      long version = world.stored.version();
      for (int i = 0; world.stored.version() == version && i < 100; i++) {
        world.change(world.node("n5"), change);
        world.run(50 * MS);
        assertThat(world.holders(A)).containsExactly("n1");
      }
      assertThat(world.stored.version()).isEqualTo(version + 1);
    }
    world.node("n2").crash();
    world.node("n3").crash();
    world.run(2_000 * MS);
    assertThat(world.holders(A)).containsExactly("n1");
    assertThat(world.stored.voters()).containsExactly("n1", "n4", "n5");
  }

  /// Time passes, and the first voter that is there chooses voters now and then.
  private static void choosing(LeaseWorld world, List<String> there, long millis, Runnable always) {
    for (long passed = 0; passed < millis; passed += 50) {
      world.nodes.forEach(node -> world.choose(node, there));
      world.run(50 * MS);
      always.run();
    }
  }

  private LeaseWorld heldByTheOnlyOne(List<String> names) {
    VoterRecord alone = LeaseWorld.record(List.of("n1"), false, 400, 400);
    LeaseWorld world = new LeaseWorld(fate, Flaw.NONE, alone, names, NoMajority.SILENT);
    world.presence = true;
    world.nodes.stream().filter(node -> !node.name.equals("n1")).forEach(node -> node.file = null);
    world.node("n1").start();
    world.node("n1").want(Map.of(A, 0));
    world.run(1_000 * MS);
    assertThat(world.holders(A)).containsExactly("n1");
    return world;
  }

  /// Each is silent for 10 s after its start, and knows of no voters.
  @Test
  void nodesThatJoinOneAfterTheOtherTakeNoLeaseFromTheFirst() {
    LeaseWorld world = heldByTheOnlyOne(THREE);
    Runnable held = () -> assertThat(world.holders(A)).containsExactly("n1");
    world.node("n2").start();
    world.tellVoters();
    choosing(world, List.of("n1", "n2"), 9_000, held);
    assertThat(world.stored.voters()).as("it is silent yet").containsExactly("n1");
    choosing(world, List.of("n1", "n2"), 4_000, held);
    assertThat(world.stored.voters()).containsExactly("n1", "n2");
    assertThat(world.stored.witness()).isTrue();
    world.node("n3").start();
    world.tellVoters();
    choosing(world, THREE, 9_000, held);
    assertThat(world.stored.voters()).containsExactly("n1", "n2");
    choosing(world, THREE, 4_000, held);
    assertThat(world.stored.voters()).containsExactly("n1", "n2", "n3");
    assertThat(world.stored.witness()).isFalse();
    world.node("n2").crash();
    choosing(world, THREE, 2_000, held);
  }

  /// A Lease whose process never runs, one that no message leaves, one that hears nothing, one that
  /// starts again and again, one that has no API server to ask for the voters, and no file.
  @Test
  void whoIsOnlyALeaseNeverVotes() {
    LeaseWorld world = heldByTheOnlyOne(List.of("n1", "n2", "n3", "n4", "n5", "n6"));
    world.cut.add("n3>n1");
    world.cut.add("n1>n4");
    world.apiAway.add("n6");
    List.of("n3", "n4", "n5", "n6").forEach(name -> world.node(name).start());
    world.tellVoters();
    SimNode n1 = world.node("n1");
    world
        .node("n6")
        .hear(new LeaseEvent.Received(new LeaseMessage.Voters(n1.session, world.stored)));
    List<String> all = world.nodes.stream().map(node -> node.name).toList();
    for (int i = 0; i < 10; i++) {
      choosing(
          world, all, 3_000, () -> assertThat(world.holders(A)).as("held").containsExactly("n1"));
      world.node("n5").crash();
      world.node("n5").start();
    }
    assertThat(world.stored.version()).isEqualTo(1);
    world.apiAway.clear();
    world.tellVoters();
    choosing(
        world, all, 3_000, () -> assertThat(world.holders(A)).as("held").containsExactly("n1"));
    assertThat(world.stored.voters()).containsExactly("n1", "n6");
  }

  /// A second voter may be lost as soon as it is one.
  @Test
  void theSecondVoterMayFailAtOnce() {
    LeaseWorld world = heldByTheOnlyOne(List.of("n1", "n2"));
    world.node("n2").start();
    world.tellVoters();
    choosing(
        world,
        List.of("n1", "n2"),
        13_000,
        () -> {
          if (world.stored.votes("n2")) {
            world.node("n2").crash();
          }
          assertThat(world.holders(A)).containsExactly("n1");
        });
    assertThat(world.node("n2").up).isFalse();
    assertThat(world.holders(A)).containsExactly("n1");
  }

  /// Nobody can lose a lease then, and all have to be silent for as long.
  @Test
  void nodesThatStartWithTheFirstVoteBeforeItPromisesAnything() {
    VoterRecord alone = LeaseWorld.record(List.of("n1"), false, 400, 400);
    LeaseWorld world = new LeaseWorld(fate, Flaw.NONE, alone, THREE, NoMajority.SILENT);
    world.presence = true;
    world.nodes.forEach(node -> node.file = null);
    world.nodes.forEach(SimNode::start);
    world.node("n1").want(Map.of(A, 0));
    world.run(3_000 * MS);
    world.tellVoters();
    choosing(world, THREE, 6_000, () -> assertThat(world.holders(A)).isEmpty());
    assertThat(world.stored.voters()).containsExactly("n1", "n2", "n3");
    assertThat(world.runUntil(() -> world.holders(A).equals(List.of("n1")), 5_000 * MS))
        .as("nanoseconds until 10.3 s after the start, on the slowest clock")
        .isLessThan(1_600 * MS);
  }

  @Test
  void aVoterThatIsGoneIsRemovedThoughTheOnlyOneThatCouldReplaceItIsDown() {
    LeaseWorld world = heldByFirst(three(), FOUR);
    world.node("n3").crash();
    world.node("n4").crash();
    choosing(
        world,
        List.of("n1", "n2", "n4"),
        14_000,
        () -> assertThat(world.holders(A)).containsExactly("n1"));
    assertThat(world.stored.voters()).containsExactly("n1", "n2");
    assertThat(world.stored.witness()).isTrue();
  }

  @Test
  void whatAPersonForcedStaysWhileTheOthersAreDown() {
    LeaseWorld world = heldByFirst(three(), THREE);
    world.node("n2").crash();
    world.node("n3").crash();
    choosing(world, THREE, 1_000, () -> {});
    assertThat(world.holders(A)).isEmpty();
    world.force("n1");
    choosing(world, THREE, 1_000, () -> {});
    choosing(world, THREE, 12_000, () -> assertThat(world.holders(A)).containsExactly("n1"));
    assertThat(world.stored.voters()).containsExactly("n1");
    world.node("n2").file = null;
    world.node("n2").start();
    world.tellVoters();
    choosing(world, THREE, 14_000, () -> assertThat(world.holders(A)).containsExactly("n1"));
    assertThat(world.stored.voters()).containsExactly("n1", "n2");
  }

  @Test
  void aChangeOfVotersWaitsUntilTheLastOneIsInForce() {
    LeaseWorld world = heldByFirst(three(), FOUR);
    SimNode by = world.node("n4");
    world.run(500 * MS);
    world.change(by, new VoterChange.AddVoter("n4"));
    assertThat(world.stored.version()).isEqualTo(2);
    world.run(300 * MS);
    world.change(by, new VoterChange.RemoveVoter("n1"));
    assertThat(world.stored.version()).isEqualTo(2);
    world.run(500 * MS);
    world.change(by, new VoterChange.RemoveVoter("n1"));
    assertThat(world.stored.version()).isEqualTo(3);
  }

  @Test
  void twoChangesAtOnceWouldMakeTwoMajorities() {
    twoChanges(Flaw.NONE);
    assertThatExceptionOfType(LeaseWorld.TwoHolders.class)
        .isThrownBy(() -> twoChanges(Flaw.TWO_CHANGES_AT_ONCE));
  }

  private void twoChanges(Flaw flaw) {
    LeaseWorld world = world(three(), FOUR, NoMajority.SILENT, flaw);
    world.node("n1").want(Map.of(A, 0));
    world.node("n4").want(Map.of(A, 0));
    world.run(1_000 * MS);
    for (String one : List.of("n1", "n3")) {
      world.apiAway.add(one);
      cut(world, one, "n2");
      cut(world, one, "n4");
    }
    world.change(world.node("n2"), new VoterChange.AddVoter("n4"));
    world.run(300 * MS);
    world.change(world.node("n2"), new VoterChange.RemoveVoter("n1"));
    world.run(3_000 * MS);
    assertThat(world.holders(A)).containsExactly("n1");
  }

  @Test
  void aVoterPromisesOnlyUnderTheVersionItFollows() {
    otherVoters(Flaw.NONE);
    assertThatExceptionOfType(LeaseWorld.TwoHolders.class)
        .isThrownBy(() -> otherVoters(Flaw.ACKS_UNKNOWN_VOTERS));
  }

  private void otherVoters(Flaw flaw) {
    LeaseWorld world = world(three(), FOUR, NoMajority.SILENT, flaw);
    world.run(1_000 * MS);
    world.apiAway.add("n3");
    for (String other : List.of("n1", "n2", "n4")) {
      cut(world, "n3", other);
    }
    world.change(world.node("n2"), new VoterChange.AddVoter("n4"));
    world.run(1_500 * MS);
    world.change(world.node("n2"), new VoterChange.RemoveVoter("n3"));
    world.run(1_500 * MS);
    assertThat(world.stored.version()).isEqualTo(3);
    // n1 hears n3 again, who knows nothing of all this, but n2 and n4 hear neither.
    world.cut.clear();
    for (String one : List.of("n1", "n3")) {
      cut(world, one, "n2");
      cut(world, one, "n4");
    }
    // n3's question is heard, what n1 says about the voters is late.
    world.node("n3").want(Map.of(A, 0));
    world.node("n4").want(Map.of(A, 0));
    world.run(2_000 * MS);
    assertThat(world.holders(A)).containsExactly("n4");
  }

  @Test
  void aRestartedVoterIsSilentForTheLongestLeaseThatMayRun() {
    shrink(Flaw.NONE);
    assertThatExceptionOfType(LeaseWorld.TwoHolders.class)
        .isThrownBy(() -> shrink(Flaw.SHORT_SILENCE));
  }

  private void shrink(Flaw flaw) {
    LeaseWorld world =
        world(LeaseWorld.record(THREE, false, 1_500, 1_500), THREE, NoMajority.SILENT, flaw);
    world.node("n1").want(Map.of(A, 0));
    world.run(3_500 * MS);
    assertThat(world.holders(A)).containsExactly("n1");
    world.node("n2").want(Map.of(A, 0));
    world.node("n1").freeze(5_000 * MS);
    world.change(world.node("n2"), new VoterChange.SetLease(Duration.ofMillis(400)));
    world.run(250 * MS);
    assertThat(world.node("n3").file).isEqualTo(world.stored);
    assertThat(world.stored.version()).isEqualTo(2);
    world.crash(world.node("n2"), 0);
    world.crash(world.node("n3"), 0);
    world.run(4_000 * MS);
    assertThat(world.holders(A)).containsExactly("n2");
  }

  @Test
  void promisesOutlastTheLeaseOnClocksThatDiffer() {
    clocksDiffer(Flaw.NONE);
    assertThatExceptionOfType(LeaseWorld.TwoHolders.class)
        .isThrownBy(() -> clocksDiffer(Flaw.NO_BOUND_FOR_CLOCKS));
  }

  private void clocksDiffer(Flaw flaw) {
    LeaseWorld world = world(three(), THREE, NoMajority.SILENT, flaw);
    world.node("n1").rate = 1 - ClockBound.RATE;
    world.node("n2").rate = 1 + ClockBound.RATE;
    world.node("n3").rate = 1 + ClockBound.RATE;
    for (int i = 0; i < 60; i++) {
      world.node("n2").want(Map.of());
      world.node("n1").want(Map.of(A, 0, B, 0));
      world.run((1_000L + 7L * i) * MS);
      assertThat(world.holders(A)).containsExactly("n1");
      world.node("n2").want(Map.of(A, 0, B, 0));
      world.run(30 * MS);
      world.node("n1").freeze(1_500 * MS);
      world.run(2_000 * MS);
      assertThat(world.holders(A)).containsExactly("n2");
    }
  }

  /// The API server may have lost the record: who follows one says so, and none is founded anew.
  @Test
  void whoFollowsNoVotersIsToldThemByAnyNodeThatDoes() {
    for (String told : List.of("n1", "n4")) {
      List<String> names = List.of("n1", "n2", "n3", "n4", "n5");
      VoterRecord record = LeaseWorld.record(names.subList(0, 3), false, 400, 400);
      LeaseWorld world = new LeaseWorld(fate, Flaw.NONE, record, names, NoMajority.SILENT);
      world.presence = true;
      SimNode late = world.node("n5");
      late.file = null;
      world.apiAway.add(late.name);
      for (String other : names.subList(0, 4)) {
        if (!other.equals(told)) {
          cut(world, late.name, other);
        }
        world.node(other).start();
      }
      world.run(1_000 * MS);
      late.start();
      world.run(500 * MS);
      assertThat(late.machine.record()).as("by %s", told).contains(record);
      assertThat(late.file).isNull();
    }
  }

  @Test
  void aVoterThatLostItsFileDoesNotVoteByAPeersWord() {
    LeaseWorld world = heldByFirst(three(), THREE);
    SimNode n3 = world.node("n3");
    world.node("n2").crash();
    n3.crash();
    n3.file = null;
    world.apiAway.add("n3");
    n3.start();
    world.run(15_000 * MS);
    assertThat(n3.machine.record()).isPresent();
    assertThat(world.holders(A)).isEmpty();
    assertThat(n3.file).as("it would pass for its own").isNull();
    n3.crash();
    n3.start();
    world.run(15_000 * MS);
    assertThat(n3.machine.record()).isPresent();
    assertThat(world.holders(A)).isEmpty();
    n3.hear(new LeaseEvent.VotersSeen(world.stored));
    world.run(500 * MS);
    assertThat(n3.file).isEqualTo(world.stored);
    assertThat(world.holders(A)).containsExactly("n1");
  }

  @Test
  void whoFollowsByAPeersWordAndHasKeptAnEarlierVersionDoesNotPutOneInForce() {
    hearsay(Flaw.NONE, "n2");
    assertThatExceptionOfType(LeaseWorld.TwoHolders.class)
        .isThrownBy(() -> hearsay(Flaw.COUNTS_HEARSAY, ""));
  }

  private void hearsay(Flaw flaw, String holder) {
    LeaseWorld world = world(three(), FOUR, NoMajority.SILENT, flaw);
    world.run(1_000 * MS);
    // n3 has lost its file, reads version 1, and is slow to keep it.
    SimNode n3 = world.node("n3");
    n3.crash();
    n3.file = null;
    n3.slowDisk = 3_000 * MS;
    n3.start();
    n3.hear(new LeaseEvent.VotersSeen(world.stored));
    for (String late : List.of("n2", "n3")) {
      world.apiAway.add(late);
    }
    List.of("n1", "n3", "n4").forEach(other -> cut(world, "n2", other));
    // It hears of version 2 from a peer, then version 1 is in its file.
    world.change(world.node("n1"), new VoterChange.AddVoter("n4"));
    world.run(4_000 * MS);
    assertThat(world.stored.version()).isEqualTo(2);
    assertThat(n3.machine.record()).contains(world.stored);
    assertThat(n3.file).isEqualTo(three());
    world.change(world.node("n1"), new VoterChange.RemoveVoter("n2"));
    world.run(1_000 * MS);
    // It goes by its file, together with n2, which was cut off all the while.
    n3.crash();
    world.cut.clear();
    for (String one : List.of("n1", "n4")) {
      cut(world, one, "n2");
      cut(world, one, "n3");
    }
    n3.start();
    world.node("n1").want(Map.of(A, 0));
    world.node("n2").want(Map.of(A, 0));
    world.run(3_000 * MS);
    assertThat(world.holders(A)).containsExactly(holder);
  }

  /// As the others must not count it.
  @Test
  void aNodeThatFollowsByAPeersWordDoesNotCountItself() {
    VoterRecord record = LeaseWorld.record(List.of("n1"), false, 400, 400);
    LeaseConfig config = new LeaseConfig(Duration.ofMillis(100), NoMajority.SILENT);
    var machine = new LeaseMachine(new Session("n1", 1), config, new Random(1));
    machine.on(new LeaseEvent.Began(Optional.empty()), 0);
    machine.on(
        new LeaseEvent.Received(new LeaseMessage.Voters(new Session("n2", 1), record)), 1_000_000L);
    machine.on(new LeaseEvent.Tick(), 500_000_000L);
    assertThat(machine.record()).contains(record);
    assertThat(machine.inForceAt()).isEmpty();
    machine.on(new LeaseEvent.VotersSeen(record), 600_000_000L);
    machine.on(new LeaseEvent.VotersKept(record), 601_000_000L);
    assertThat(machine.inForceAt()).isPresent();
  }

  /// What an earlier process of the node promised, it promised before.
  @Test
  void silenceCountsFromWhenNoEarlierProcessRan() {
    VoterRecord record = LeaseWorld.record(List.of("n1", "n2", "n3"), false, 400, 400);
    LeaseConfig config = new LeaseConfig(Duration.ofMillis(100), NoMajority.SILENT);
    var machine = new LeaseMachine(new Session("n1", 1), config, new Random(1));
    machine.on(
        new LeaseEvent.Began(Optional.of(record), OptionalLong.of(100_000_000L)), 400_000_000L);
    assertThat(machine.isSilentVoter()).isTrue();
    machine.on(new LeaseEvent.Tick(), 512_000_000L);
    assertThat(machine.isSilentVoter()).as("0.4 s and 1/32 of it after 0.1 s").isTrue();
    machine.on(new LeaseEvent.Tick(), 513_000_000L);
    assertThat(machine.isSilentVoter()).isFalse();
  }

  /// Its first heartbeat is lost on who does not know the process yet.
  @Test
  void whoIsKnownFromNowOnBeatsAtOnce() {
    VoterRecord record = LeaseWorld.record(List.of("n1", "n2", "n3"), false, 400, 400);
    LeaseConfig config = new LeaseConfig(Duration.ofMillis(100), NoMajority.SILENT);
    var machine = new LeaseMachine(new Session("n4", 1), config, new Random(1));
    assertThat(beats(machine.on(new LeaseEvent.Began(Optional.of(record)), 0))).isTrue();
    assertThat(beats(machine.on(new LeaseEvent.Tick(), 20_000_000L))).isFalse();
    assertThat(beats(machine.on(new LeaseEvent.KnownTo("n9"), 21_000_000L)))
        .as("no voter")
        .isFalse();
    assertThat(beats(machine.on(new LeaseEvent.KnownTo("n2"), 22_000_000L))).isTrue();
  }

  private static boolean beats(List<LeaseAction> actions) {
    return actions.stream()
        .anyMatch(action -> action instanceof LeaseAction.Send(_, LeaseMessage.Heartbeat _));
  }

  @Test
  void aVoterThatHasJustStartedSaysThatItPromisesNothing() {
    VoterRecord record = LeaseWorld.record(List.of("n1", "n2", "n3"), false, 400, 400);
    LeaseConfig config = new LeaseConfig(Duration.ofMillis(100), NoMajority.SILENT);
    for (String node : List.of("n1", "n4")) {
      LeaseMachine machine = new LeaseMachine(new Session(node, 1), config, new Random(1));
      machine.on(new LeaseEvent.Began(Optional.of(record)), 0);
      boolean voter = record.votes(node);
      assertThat(machine.isSilentVoter()).isEqualTo(voter);
      machine.on(new LeaseEvent.Tick(), 412_000_000L);
      assertThat(machine.isSilentVoter()).as("0.4 s and 1/32 of it").isEqualTo(voter);
      machine.on(new LeaseEvent.Tick(), 413_000_000L);
      assertThat(machine.isSilentVoter()).isFalse();
    }
    LeaseMachine lost = new LeaseMachine(new Session("n1", 2), config, new Random(1));
    lost.on(new LeaseEvent.Began(Optional.empty()), 0);
    assertThat(lost.isSilentVoter()).as("knows of no voters").isFalse();
  }
}
