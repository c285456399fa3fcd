package dev.thresher.vip.election;

import static dev.thresher.vip.election.RightWorld.GROUPS;
import static dev.thresher.vip.election.RightWorld.MS;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;

class RightSimulationTest {

  private static final InetAddress VIP = GROUPS.getFirst().first();

  private static boolean allHeld(RightWorld world) {
    return GROUPS.stream()
        .flatMap(group -> group.addresses().stream())
        .allMatch(address -> world.holders(address).size() == 1);
  }

  @Property(tries = 80, shrinking = ShrinkingMode.OFF)
  void neverTwoHoldersAndInTheEndOne(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 5) int nodes) {
    RightWorld world = new RightWorld(seed, nodes);
    world.startAll();
    world.torment(120_000 * MS);
    world.run(60_000 * MS);
    assertThat(allHeld(world)).as("all addresses held, seed %d", seed).isTrue();
  }

  /// Worlds in which a session that was counted as dead came to life.
  @Example
  void aSessionThatWasCountedAsDeadStaysDead() {
    neverTwoHoldersAndInTheEndOne(223, 3);
    neverTwoHoldersAndInTheEndOne(57, 5);
    neverTwoHoldersAndInTheEndOne(127, 5);
    neverTwoHoldersAndInTheEndOne(957, 5);
  }

  @Example
  void aQuietClusterHoldsAllWithinASecond() {
    RightWorld world = new RightWorld(1, 3);
    world.startAll();
    world.runUntil(() -> allHeld(world), 1_000 * MS);
  }

  @Example
  void aProvenDeathCostsMilliseconds() {
    RightWorld world = new RightWorld(2, 3);
    world.startAll();
    world.runUntil(() -> allHeld(world), 2_000 * MS);
    world.run(1_000 * MS);
    var holder = world.node(world.holders(VIP).getFirst());
    String process = holder.process();
    holder.kill();
    world.nodes.stream()
        .filter(node -> node != holder)
        .forEach(node -> node.deliver(new RightEvent.ProcessDied(holder.name, process)));
    long killed = world.now;
    world.runUntil(() -> allHeld(world), 100 * MS);
    assertThat(world.now - killed).isLessThan(100 * MS);
  }

  @Example
  void anUnprovenDeathCostsTheLeaseDuration() {
    RightWorld world = new RightWorld(3, 3);
    world.startAll();
    world.run(5_000 * MS);
    var holder = world.node(world.holders(VIP).getFirst());
    holder.alive = false;
    holder.holding.clear();
    world.run(12_000 * MS);
    assertThat(world.holders(VIP)).isEmpty();
    world.run(5_000 * MS);
    assertThat(world.holders(VIP)).hasSize(1).doesNotContain(holder.name);
  }

  @Example
  void aHolderCutOffFromTheServerFallsSilentBeforeAnotherTakes() {
    RightWorld world = new RightWorld(4, 3);
    world.startAll();
    world.run(5_000 * MS);
    var holder = world.node(world.holders(VIP).getFirst());
    holder.cut(60_000 * MS);
    world.run(7_000 * MS);
    assertThat(world.holders(VIP)).containsExactly(holder.name);
    world.run(4_000 * MS);
    assertThat(world.holders(VIP)).isEmpty();
    world.run(6_000 * MS);
    assertThat(world.holders(VIP)).hasSize(1).doesNotContain(holder.name);
    world.run(60_000 * MS);
    assertThat(world.holders(VIP)).hasSize(1).doesNotContain(holder.name);
  }

  @Example
  void withoutTheServerHoldersStayUntilTheDeadlineThenAreSilentThenReturn() {
    RightWorld world = new RightWorld(5, 3);
    world.startAll();
    world.run(5_000 * MS);
    String holder = world.holders(VIP).getFirst();
    world.nodes.forEach(node -> node.cut(40_000 * MS));
    world.run(7_500 * MS);
    assertThat(world.holders(VIP)).containsExactly(holder);
    world.run(3_000 * MS);
    assertThat(world.holders(VIP)).isEmpty();
    world.run(35_000 * MS);
    assertThat(allHeld(world)).isTrue();
    assertThat(world.holders(VIP)).containsExactly(holder);
  }

  @Example
  void aRecordDeletedByHandIsMadeAnew() {
    RightWorld world = new RightWorld(6, 3);
    world.startAll();
    world.run(5_000 * MS);
    world.eraseRecord();
    world.run(50 * MS);
    world.run(2_000 * MS);
    assertThat(allHeld(world)).isTrue();
  }

  /// The simulation must be able to fail: a death that is none gives two holders.
  @Example
  void aFalseProofOfDeathIsSeenAsTwoHolders() {
    int seen = 0;
    for (long seed = 0; seed < 5; seed++) {
      RightWorld world = new RightWorld(seed, 3);
      world.startAll();
      world.run(5_000 * MS);
      var holder = world.node(world.holders(VIP).getFirst());
      world.nodes.stream()
          .filter(node -> node != holder)
          .forEach(node -> node.deliver(new RightEvent.ProcessDied(holder.name, holder.process())));
      try {
        world.run(500 * MS);
      } catch (AssertionError twoHolders) {
        assertThat(twoHolders).hasMessageContaining("two holders");
        seen++;
      }
    }
    assertThat(seen).isPositive();
  }

  /// The limit that the design states: clocks must run at nearly the same rate.
  @Example
  void aClockThatRunsAtHalfSpeedIsSeenAsTwoHolders() {
    RightWorld world = new RightWorld(7, 2);
    world.clock = (node, time) -> node.name.equals("n0") ? time / 2 : time;
    world.startAll();
    world.run(10_000 * MS);
    boolean seen = false;
    for (AddressGroup group : GROUPS) {
      if (world.holders(group.first()).contains("n0")) {
        world.node("n0").cut(60_000 * MS);
        try {
          world.run(30_000 * MS);
        } catch (AssertionError twoHolders) {
          seen = true;
        }
        break;
      }
    }
    assertThat(seen).isTrue();
  }
}
