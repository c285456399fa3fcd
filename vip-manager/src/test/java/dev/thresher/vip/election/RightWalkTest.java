package dev.thresher.vip.election;

import static dev.thresher.vip.election.WalkWorld.ADDRESSES;
import static dev.thresher.vip.election.WalkWorld.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.thresher.vip.election.WalkWorld.Flaw;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The right by Leases in long random walks: everything that can go wrong does, then nothing does
/// any more and all that is wanted must be held. `-Dthresher.right.walks=N` walks so often,
/// `-Dthresher.right.seed=N` from that seed on.
@Tag("simulation")
class RightWalkTest {

  private static final Logger LOG = LoggerFactory.getLogger(RightWalkTest.class);
  private static final int WALKS = Integer.getInteger("thresher.right.walks", 40);
  private static final long SEED = Long.getLong("thresher.right.seed", 1);
  private static final List<String> NODES = List.of("n1", "n2", "n3");

  /// After the faults: what was silent is dead for the others after a lease and a word of the
  /// server, and processes that stand still go on.
  private static final long BOUND = 45 * SECOND;

  private static WalkWorld tormented(long seed, Flaw flaw) {
    WalkWorld world = new WalkWorld(seed, flaw, NODES);
    world.nodes.forEach(WalkNode::start);
    world.run(5 * SECOND);
    world.calm = false;
    long end = world.now + 600 * SECOND;
    while (world.now < end) {
      trouble(world);
      world.run(1 + world.random.nextLong(4 * SECOND));
    }
    return world;
  }

  private static void trouble(WalkWorld world) {
    WalkNode node = world.nodes.get(world.random.nextInt(world.nodes.size()));
    switch (world.random.nextInt(8)) {
      case 0 -> {
        node.die();
        world.after(world.random.nextLong(15 * SECOND), node::start);
      }
      case 1 -> node.freeze(world.random.nextLong(30 * SECOND));
      case 2 -> {
        node.apiAway = true;
        world.after(
            world.random.nextLong(30 * SECOND),
            () -> {
              node.apiAway = false;
              world.listTo(node);
            });
      }
      case 3 -> {
        node.leave(idea(world));
        world.after((6 + world.random.nextInt(10)) * SECOND, node::start);
      }
      default -> node.want(idea(world));
    }
  }

  /// Any node's idea who should hold what.
  private static Map<InetAddress, String> idea(WalkWorld world) {
    Map<InetAddress, String> idea = new HashMap<>();
    for (InetAddress address : ADDRESSES) {
      int who = world.random.nextInt(NODES.size() + 1);
      if (who < NODES.size()) {
        idea.put(address, NODES.get(who));
      }
    }
    return idea;
  }

  private static long healed(WalkWorld world) {
    world.calm = true;
    for (WalkNode node : world.nodes) {
      node.apiAway = false;
      world.listTo(node);
      node.start();
    }
    // Faults that began before go on a little.
    world.run(35 * SECOND);
    world.nodes.forEach(WalkNode::start);
    world.nodes.forEach(WalkNode::agree);
    return world.runUntil(world::allHeld, BOUND);
  }

  @Test
  void neverTwoHoldersAndInTheEndOneWhateverHappens() {
    long slowest = 0;
    for (long seed = SEED; seed < SEED + WALKS; seed++) {
      try {
        long healed = healed(tormented(seed, Flaw.NONE));
        assertThat(healed)
            .as("seed %d: nanoseconds until all is held", seed)
            .isLessThanOrEqualTo(BOUND);
        slowest = Math.max(slowest, healed);
      } catch (WalkWorld.TwoHolders e) {
        throw new AssertionError("seed " + seed + ": two holders of " + e.getMessage(), e);
      }
    }
    LOG.atInfo()
        .addKeyValue("firstSeed", SEED)
        .addKeyValue("walks", WALKS)
        .addKeyValue("slowestMillis", slowest / WalkWorld.MILLI)
        .log("walked");
  }

  @ParameterizedTest
  @EnumSource(value = Flaw.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void theWalksNotice(Flaw flaw) {
    assertThatExceptionOfType(WalkWorld.TwoHolders.class)
        .as("two holders in one of 40 walks")
        .isThrownBy(() -> {
          for (long seed = 1; seed <= 40; seed++) {
            tormented(seed, flaw);
          }
        });
  }
}
