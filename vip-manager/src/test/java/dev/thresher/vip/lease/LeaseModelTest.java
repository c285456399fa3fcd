package dev.thresher.vip.lease;

import static dev.thresher.vip.lease.LeaseWorld.MS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The model of the lease: nodes, network, clocks and gates that misbehave in every way that is
/// allowed, by bounded exhaustive search and by random walks.
///
/// `-Dthresher.lease.walks=N` walks N seeds of each kind (`-Dthresher.lease.seed=N` begins at one),
/// `-Dthresher.lease.search=1` looks at every history of the search instead of a share.
@Tag("simulation")
class LeaseModelTest {

  private static final Logger LOG = LoggerFactory.getLogger(LeaseModelTest.class);
  private static final int WALKS = Integer.getInteger("thresher.lease.walks", 40);
  private static final long SEED = Long.getLong("thresher.lease.seed", 1);
  private static final int STRIDE = Integer.getInteger("thresher.lease.search", 12);
  private static final List<String> THREE = List.of("n1", "n2", "n3");
  private static final List<String> FOUR = List.of("n1", "n2", "n3", "n4");

  /// After the faults: promises run out, restarted voters speak again, a few heartbeats and
  /// retries. Measured from three leases after the last fault, when frozen processes run again.
  private static final long BOUND = (412 + 12 * 100) * MS;

  private static void walk(String kind, LongFunction<LeaseWalk> walks) {
    long slowest = 0;
    for (long seed = SEED; seed < SEED + WALKS; seed++) {
      LeaseWalk walk = walks.apply(seed);
      try {
        walk.torment(20_000 * MS);
        long healed = walk.healed(1 + (int) (seed % 3), BOUND);
        assertThat(healed)
            .as("%s, seed %d: nanoseconds until all is held", kind, seed)
            .isLessThanOrEqualTo(BOUND);
        slowest = Math.max(slowest, healed);
      } catch (LeaseWorld.TwoHolders e) {
        throw new AssertionError(kind + ", seed " + seed + ": two holders of " + e.getMessage(), e);
      }
    }
    LOG.atInfo()
        .addKeyValue("kind", kind)
        .addKeyValue("firstSeed", SEED)
        .addKeyValue("walks", WALKS)
        .addKeyValue("slowestMillis", slowest / MS)
        .log("walked");
  }

  @Test
  void neverTwoHoldersAndInTheEndOneWhateverHappens() {
    walk("three voters", seed -> new LeaseWalk(seed, Flaw.NONE, false));
  }

  @Test
  void twoHoldersForTheRestOfTheLeaseAtMostWhereAClockStops() {
    walk("clocks stop", seed -> new LeaseWalk(seed, Flaw.NONE, true));
  }

  @Test
  void neverTwoHoldersWhileVotersAreAddedAndRemoved() {
    walk(
        "voters change",
        seed -> {
          LeaseWalk walk =
              new LeaseWalk(seed, Flaw.NONE, LeaseWorld.record(THREE, false, 400, 400), FOUR);
          walk.votersChange = true;
          return walk;
        });
  }

  @Test
  void neverTwoHoldersWhileTheLeaseGrowsAndShrinks() {
    walk(
        "lease changes",
        seed -> {
          LeaseWalk walk =
              new LeaseWalk(seed, Flaw.NONE, LeaseWorld.record(THREE, false, 400, 1_500), THREE);
          walk.votersChange = true;
          walk.leaseChanges = true;
          return walk;
        });
  }

  @Test
  void neverTwoHoldersAmongTwoVotersAndAWitness() {
    walk("two and a witness", seed -> ofTwo(seed, Flaw.NONE));
  }

  @Test
  void neverTwoHoldersWhileVotersAndTheWitnessChange() {
    walk(
        "voters and the witness change",
        seed -> {
          LeaseWalk walk =
              new LeaseWalk(
                  seed, Flaw.NONE, LeaseWorld.record(List.of("n1", "n2"), true, 400, 400), THREE);
          walk.votersChange = true;
          walk.witnessChanges = true;
          walk.apiFails = true;
          walk.world().presence = true;
          return walk;
        });
  }

  private static LeaseWalk ofTwo(long seed, Flaw flaw) {
    List<String> two = List.of("n1", "n2");
    LeaseWalk walk = new LeaseWalk(seed, flaw, LeaseWorld.record(two, true, 400, 400), two);
    walk.apiFails = true;
    walk.world().presence = true;
    return walk;
  }

  @Test
  void theWalksNoticeThatTheWitnessGoesWhileALeaseLeansOnIt() {
    assertThatExceptionOfType(LeaseWorld.TwoHolders.class)
        .as("two holders in one of 200 walks of two and a witness")
        .isThrownBy(() -> {
          for (long seed = 1; seed < 201; seed++) {
            ofTwo(seed, Flaw.LETS_THE_WITNESS_GO).torment(20_000 * MS);
          }
        });
  }

  @Test
  void everyHistoryWithOneFault() {
    LeaseSearch search = new LeaseSearch(Flaw.NONE, 300 * MS, BOUND);
    search.stride = Math.min(STRIDE, 2);
    search.search(1, 0);
    assertThat(search.histories).isGreaterThan(500);
  }

  @Test
  void everyHistoryWithTwoFaultsAroundAHandOver() {
    LeaseSearch search = new LeaseSearch(Flaw.NONE, 12 * MS, BOUND);
    search.stride = STRIDE;
    search.search(2, 195 * MS);
    LOG.atInfo().addKeyValue("histories", search.histories).log("searched");
    assertThat(search.histories).isGreaterThan(500);
  }

  @Test
  void everyHistoryWithOneFaultWhereNoSuccessorIsNamed() {
    LeaseSearch search = new LeaseSearch(Flaw.NONE, 300 * MS, BOUND);
    search.handsOver = false;
    search.stride = Math.min(STRIDE, 4);
    search.search(1, 0);
    assertThat(search.histories).isGreaterThan(200);
  }

  @ParameterizedTest
  @CsvSource({
    "LEASE_FROM_THE_ACK, 60",
    "TIMEOUT_COMPUTED_AFTER_THE_ACK, 230",
    "SPEAKS_AT_ONCE, 10",
    "ACKS_AN_UNKNOWN_SET, 1",
    "EARLY_CLOCK, 1",
    "CLAIMS_BEFORE_THE_RELEASE, 1",
    "GIVES_BACK_BEFORE_CLOSING, 230",
  })
  void theWalksNotice(Flaw flaw, long firstSeed) {
    assertThatExceptionOfType(LeaseWorld.TwoHolders.class)
        .as("two holders in one of 200 walks")
        .isThrownBy(() -> {
          for (long seed = firstSeed; seed < firstSeed + 200; seed++) {
            new LeaseWalk(seed, flaw, false).torment(20_000 * MS);
          }
        });
  }

  @Test
  void theWalksNoticeThatAnswersToAnEarlierAskingCount() {
    assertThatExceptionOfType(LeaseWorld.TwoHolders.class)
        .as("two holders in one of 200 walks with much late mail")
        .isThrownBy(() -> {
          for (long seed = 30; seed < 230; seed++) {
            new LeaseWalk(seed, Flaw.NO_EPOCH, false).hit(5_000, 4, 150).torment(20_000 * MS);
          }
        });
  }

  @Test
  void neverTwoHoldersWithMuchLateMail() {
    walk("late mail", seed -> new LeaseWalk(seed, Flaw.NONE, false).hit(5_000, 4, 150));
  }

  @ParameterizedTest
  @CsvSource({
    "LEASE_FROM_THE_ACK",
    "TIMEOUT_COMPUTED_AFTER_THE_ACK",
    "ACKS_AN_UNKNOWN_SET",
    "CLAIMS_BEFORE_THE_RELEASE",
    "GIVES_BACK_BEFORE_CLOSING",
  })
  void theSearchNoticesWithOneFault(Flaw flaw) {
    assertThatExceptionOfType(LeaseWorld.TwoHolders.class)
        .isThrownBy(() -> new LeaseSearch(flaw, 300 * MS, BOUND).search(1, 0));
  }
}
