package dev.thresher.vip.kubevip;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.RightTimes;
import dev.thresher.vip.l2.Claim;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Stories of one node, `n1`, on a clock of their own. Lease 15 s, deadline 10 s, renewal every 2
/// s.
class ContestsTest {

  private static final ObjectKey LEASE = ObjectKey.of("kube-system", "plndr-svcs-lock");
  private static final ObjectKey SECOND = ObjectKey.of("default", "kubevip-web");
  private static final InetAddress A = InetAddresses.forString("10.0.0.100");
  private static final InetAddress B = InetAddresses.forString("fd00::100");

  private final Contests contests = new Contests("n1", RightTimes.defaults());
  private long now = 1_000_000_000L;
  private long round;
  private int version;

  private Contests.Step step() {
    Contests.Step step = contests.step(now);
    if (!step.attempts().isEmpty()) {
      round++;
    }
    return step;
  }

  private void pass(double seconds) {
    now += (long) (seconds * 1e9);
  }

  private void want(ObjectKey... leases) {
    contests.want(new Contests.Wanted(Map.of(A, List.of(leases)), Set.of(A)));
  }

  private SeenLease lease(String holder, boolean emptyHanded) {
    return new SeenLease(String.valueOf(++version), holder, Duration.ofSeconds(15), 1, emptyHanded);
  }

  private void hear(ObjectKey key, SeenLease lease) {
    contests.of(key).orElseThrow().heard(lease, now);
  }

  /// The attempts of this step succeed at once.
  private Contests.Step succeed() {
    Contests.Step step = step();
    for (Attempt attempt : step.attempts()) {
      String holder = attempt instanceof Attempt.Release ? "" : "n1";
      contests
          .of(attempt.lease())
          .orElseThrow()
          .wrote(attempt, lease(holder, false), now, round, now);
    }
    return step;
  }

  private void take() {
    want(LEASE);
    assertThat(succeed().attempts()).containsExactly(new Attempt.Take(LEASE, ""));
    assertThat(step().granted()).containsExactly(Map.entry(A, Claim.FIRST));
  }

  @Test
  void aLeaseThatIsNotThereIsMadeAndItsAddressesProbedFor() {
    want(LEASE);
    assertThat(step().attempts()).containsExactly(new Attempt.Take(LEASE, ""));
    assertThat(step().attempts()).as("one at a time").isEmpty();
    contests
        .of(LEASE)
        .orElseThrow()
        .wrote(new Attempt.Take(LEASE, ""), lease("n1", false), now, 1, now);
    Contests.Step held = step();
    assertThat(held.granted()).containsExactly(Map.entry(A, Claim.FIRST));
    assertThat(held.confirmed()).contains(1L);
    assertThat(contests.holders()).containsEntry(A, "n1");
  }

  @Test
  void anothersLeaseIsLeftAloneAsLongAsItIsRenewed() {
    want(LEASE);
    hear(LEASE, lease("n2", false));
    for (int i = 0; i < 20; i++) {
      pass(14.9);
      assertThat(step().attempts()).isEmpty();
      hear(LEASE, lease("n2", false));
    }
    assertThat(contests.holders()).containsEntry(A, "n2");
    pass(14.9);
    assertThat(step().attempts()).isEmpty();
    pass(0.2);
    assertThat(step().attempts()).containsExactly(new Attempt.Take(LEASE, String.valueOf(version)));
  }

  @Test
  void theLongerOfBothDurationsCounts() {
    want(LEASE);
    hear(LEASE, new SeenLease("7", "n2", Duration.ofSeconds(60), 1, false));
    pass(59);
    assertThat(step().attempts()).isEmpty();
    pass(2);
    assertThat(step().attempts()).hasSize(1);
  }

  @Test
  void aLeaseThatKubeVipGaveBackIsTakenAtOnceAndAnsweredAfterAPause() {
    want(LEASE);
    hear(LEASE, lease("n2", false));
    hear(LEASE, lease("", false));
    assertThat(succeed().attempts()).hasSize(1);
    Contests.Step early = step();
    assertThat(early.granted()).isEmpty();
    assertThat(early.wakeAt() - now).isEqualTo(Contest.PAUSE.toNanos());
    pass(0.5);
    assertThat(step().granted()).containsExactly(Map.entry(A, Claim.FIRST));
  }

  @Test
  void theSameIfItWasGivenBackBeforeThisNodeLooked() {
    want(LEASE);
    step();
    contests.of(LEASE).orElseThrow().found(Optional.of(lease("", false)), now);
    succeed();
    assertThat(step().granted()).isEmpty();
    pass(0.5);
    assertThat(step().granted()).containsExactly(Map.entry(A, Claim.FIRST));
  }

  @Test
  void aLeaseThatOneOfOursGaveBackIsAnsweredAtOnceWithoutAProbe() {
    want(LEASE);
    hear(LEASE, lease("n2", false));
    hear(LEASE, lease("", true));
    succeed();
    assertThat(step().granted()).containsExactly(Map.entry(A, Claim.TAKE_OVER));
  }

  @Test
  void aRestartResumesWhatTheLeaseStillSays() {
    want(LEASE);
    hear(LEASE, lease("n1", false));
    assertThat(succeed().attempts()).containsExactly(new Attempt.Renew(LEASE));
    assertThat(step().granted()).containsExactly(Map.entry(A, Claim.TAKE_OVER));
  }

  @Test
  void aLeaseThatCannotBeRenewedEndsByTimeCountedFromSending() {
    take();
    long taken = now;
    for (int i = 0; i < 4; i++) {
      pass(2);
      for (Attempt attempt : step().attempts()) {
        contests.of(attempt.lease()).orElseThrow().failed(now);
      }
    }
    now = taken + Duration.ofSeconds(10).toNanos() - 1;
    assertThat(step().revoked()).isEmpty();
    now++;
    assertThat(step().revoked()).containsExactly(A);
  }

  @Test
  void aLeaseThatAnotherHasIsLostAtOnce() {
    take();
    pass(0.1);
    hear(LEASE, lease("n2", false));
    assertThat(step().attempts()).as("looks, since a watch may be late").hasSize(1);
    contests.of(LEASE).orElseThrow().found(Optional.of(lease("n2", false)), now);
    assertThat(step().revoked()).containsExactly(A);
    assertThat(contests.holders()).containsEntry(A, "n2");
  }

  @Test
  void whatIsNotWantedIsSilencedAndThenGivenBack() {
    take();
    contests.want(new Contests.Wanted(Map.of(A, List.of(LEASE)), Set.of()));
    Contests.Step step = step();
    assertThat(step.revoked()).containsExactly(A);
    assertThat(step.attempts())
        .containsExactly(new Attempt.Release(LEASE, String.valueOf(version)));
    // Wanted again before the answer: nobody knows who has it.
    want(LEASE);
    assertThat(step().granted()).isEmpty();
    contests
        .of(LEASE)
        .orElseThrow()
        .wrote(new Attempt.Release(LEASE, String.valueOf(version)), lease("", true), now, 2, now);
    assertThat(step().attempts()).as("others come first").isEmpty();
    pass(2);
    assertThat(step().attempts()).hasSize(1);
  }

  @Test
  void aReleaseWhoseFateIsNotKnownIsTriedAgain() {
    take();
    contests.leave();
    assertThat(step().attempts())
        .containsExactly(new Attempt.Release(LEASE, String.valueOf(version)));
    contests.of(LEASE).orElseThrow().failed(now);
    assertThat(contests.hasLeft()).isFalse();
    pass(2);
    assertThat(succeed().attempts())
        .containsExactly(new Attempt.Release(LEASE, String.valueOf(version - 1)));
    assertThat(contests.hasLeft()).isTrue();
  }

  @Test
  void anAddressWithSeveralLeasesNeedsThemAllAndAsksForTheNextOnceItHasTheOneBefore() {
    want(SECOND, LEASE);
    assertThat(succeed().attempts()).containsExactly(new Attempt.Take(SECOND, ""));
    Contests.Step next = succeed();
    assertThat(next.granted()).isEmpty();
    assertThat(next.attempts()).containsExactly(new Attempt.Take(LEASE, ""));
    assertThat(step().granted()).containsOnlyKeys(A);
  }

  @Test
  void whoHasNotTheFirstLeaseOfAnAddressGivesTheOthersBack() {
    want(SECOND, LEASE);
    succeed();
    succeed();
    assertThat(step().granted()).containsOnlyKeys(A);
    contests.of(SECOND).orElseThrow().found(Optional.of(lease("n2", false)), now);
    Contests.Step step = step();
    assertThat(step.revoked()).containsExactly(A);
    assertThat(step.attempts())
        .containsExactly(new Attempt.Release(LEASE, String.valueOf(version - 1)));
    assertThat(contests.holders()).containsEntry(A, "n2");
  }

  @Test
  void aRoundCountsOnceEveryLeaseWasRenewedInIt() {
    contests.want(new Contests.Wanted(Map.of(A, List.of(LEASE), B, List.of(SECOND)), Set.of(A, B)));
    assertThat(succeed().attempts()).hasSize(2);
    assertThat(step().confirmed()).contains(1L);
    pass(2);
    Contests.Step renewal = step();
    assertThat(renewal.attempts()).hasSize(2);
    contests
        .of(LEASE)
        .orElseThrow()
        .wrote(new Attempt.Renew(LEASE), lease("n1", false), now, round, now);
    assertThat(step().confirmed()).as("the other one still runs by the first").isEmpty();
    contests
        .of(SECOND)
        .orElseThrow()
        .wrote(new Attempt.Renew(SECOND), lease("n1", false), now, round, now);
    assertThat(step().confirmed()).contains(2L);
  }

  @Test
  void aLeaseThatLagsIsGivenUpBeforeItSilencesTheOthers() {
    contests.want(new Contests.Wanted(Map.of(A, List.of(LEASE), B, List.of(SECOND)), Set.of(A, B)));
    succeed();
    step();
    long taken = now;
    for (int i = 0; i < 3; i++) {
      pass(2);
      for (Attempt attempt : step().attempts()) {
        if (attempt.lease().equals(LEASE)) {
          contests.of(LEASE).orElseThrow().wrote(attempt, lease("n1", false), now, round, now);
        } else {
          contests.of(SECOND).orElseThrow().failed(now);
        }
      }
    }
    now = taken + Duration.ofSeconds(8).toNanos();
    Contests.Step step = step();
    assertThat(step.revoked()).containsExactly(B);
    assertThat(step.confirmed()).as("two seconds before the first slot ends").isPresent();
    assertThat(contests.granted()).containsExactly(A);
  }
}
