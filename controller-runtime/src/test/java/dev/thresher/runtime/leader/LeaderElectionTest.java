package dev.thresher.runtime.leader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.leader.LeaseServer.Fault;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.common.KubernetesObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LeaderElectionTest {

  private static final ObjectKey LEASE = ObjectKey.of("kube-system", "ccm");

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final LeaseServer server = new LeaseServer();
  private final List<String> heard = new ArrayList<>();
  private final Metrics metrics = new Metrics();

  @Test
  void takesALeaseThatDoesNotExistAtOnce() {
    LeaderElection a = candidate("a");

    a.start();
    timeline.runDue();

    assertThat(a.held()).isTrue();
    assertThat(server.calls()).containsExactly("get", "create");
    LeaseDocument lease = server.lease().orElseThrow();
    assertThat(lease.holder()).contains("a");
    assertThat(lease.duration()).contains(Duration.ofSeconds(15));
    assertThat(lease.transitions()).isZero();
    assertThat(lease.acquireTime()).isEqualTo("2026-01-01T00:00:00.000000Z");
    assertThat(heard).containsExactly("a: new leader a", "a: started");
  }

  @Test
  void theFirstLookEndsWithTheFirstAnswer() throws InterruptedException {
    LeaderElection a = candidate("a");
    a.start();
    assertThat(a.awaitFirstLook(Duration.ZERO)).isFalse();

    timeline.runDue();

    assertThat(a.awaitFirstLook(Duration.ZERO)).isTrue();
  }

  @Test
  void theFirstLookEndsWithoutAnAnswer() throws InterruptedException {
    server.fail(Fault.BEFORE);
    LeaderElection a = candidate("a");
    a.start();

    timeline.runDue();

    assertThat(a.awaitFirstLook(Duration.ZERO)).isTrue();
    assertThat(a.held()).isFalse();
  }

  @Test
  void takesAReleasedLeaseAtOnce() {
    server.put(lease("", "2026-01-01T00:00:00.000000Z", 1, 7));
    LeaderElection a = candidate("a");

    a.start();
    timeline.runDue();

    assertThat(a.held()).isTrue();
    assertThat(server.lease().orElseThrow().transitions()).isEqualTo(8);
  }

  @Test
  void takesAForeignLeaseOnlyAfterItsFullDurationOfSilence() {
    // Expired for hours by its own times, which say nothing: the holder's clock may be wrong.
    server.put(lease("gone", "2025-12-31T12:00:00.000000Z", 15, 0));
    LeaderElection a = candidate("a");
    a.start();

    timeline.advance(Duration.ofMillis(14_999));
    assertThat(a.held()).isFalse();
    assertThat(a.leader()).contains("gone");
    timeline.advance(Duration.ofMillis(2));

    assertThat(a.held()).isTrue();
    assertThat(heard).containsExactly("a: new leader gone", "a: new leader a", "a: started");
  }

  @Test
  void waitsAsLongAsTheHolderAsked() {
    server.put(lease("gone", "2026-01-01T00:00:00.000000Z", 60, 0));
    LeaderElection a = candidate("a");
    a.start();

    timeline.advance(Duration.ofSeconds(59));
    assertThat(a.held()).isFalse();
    timeline.advance(Duration.ofMillis(1001));

    assertThat(a.held()).isTrue();
  }

  @Test
  void aHolderWhoseClockIsWrongIsBelievedAsLongAsItRenews() {
    LeaderElection a = candidate("a");
    server.put(lease("skewed", "2001-01-01T00:00:00.000000Z", 15, 0));
    a.start();

    for (int i = 0; i < 20; i++) {
      timeline.advance(Duration.ofSeconds(10));
      server.put(lease("skewed", "2001-01-01T00:00:%02d.000000Z".formatted(i + 1), 15, 0));
    }

    assertThat(a.held()).isFalse();
    assertThat(server.holder()).isEqualTo("skewed");
  }

  @Test
  void changedLabelsAreNoSignOfLife() {
    server.put(lease("gone", "2026-01-01T00:00:00.000000Z", 15, 0));
    LeaderElection a = candidate("a");
    a.start();

    for (int i = 0; i < 16; i++) {
      timeline.advance(Duration.ofSeconds(1));
      if (!a.held()) {
        server.edit(json -> json.getAsJsonObject("metadata").addProperty("generateName", "x"));
      }
    }

    assertThat(a.held()).isTrue();
  }

  @Test
  void jumpsOfTheWallClockChangeNothing() {
    LeaderElection a = candidate("a");
    LeaderElection b = candidate("b");
    a.start();
    timeline.runDue();
    b.start();
    for (int hours : new int[] {5, -20, 3}) {
      timeline.jumpWallClock(Duration.ofHours(hours));
      timeline.advance(Duration.ofSeconds(20));
      assertThat(a.held()).isTrue();
      assertThat(b.held()).isFalse();
    }
  }

  @Test
  void ofTwoCandidatesOneLeadsAndTheOtherFollows() {
    LeaderElection a = candidate("a");
    LeaderElection b = candidate("b");
    a.start();
    b.start();

    timeline.advance(Duration.ofMinutes(5));

    assertThat(a.held()).isTrue();
    assertThat(b.held()).isFalse();
    assertThat(b.leader()).contains("a");
    assertThat(server.lease().orElseThrow().transitions()).isZero();
  }

  @Test
  void aReleaseIsTakenOverAtTheNextLook() {
    LeaderElection a = candidate("a");
    LeaderElection b = candidate("b");
    a.start();
    timeline.runDue();
    b.start();
    timeline.advance(Duration.ofSeconds(30));

    a.stop();

    assertThat(a.held()).isFalse();
    assertThat(server.holder()).isEmpty();
    assertThat(server.lease().orElseThrow().duration()).contains(Duration.ofSeconds(1));
    timeline.advance(Duration.ofSeconds(2));
    assertThat(b.held()).as("without a watch it looks every retry period").isTrue();
    assertThat(server.lease().orElseThrow().transitions()).isEqualTo(1);
    assertThat(heard).doesNotContain("a: stopped");
  }

  @Test
  void aNudgedCandidateTakesAReleasedLeaseAtOnce() {
    LeaderElection a = candidate("a");
    LeaderElection b = candidate("b");
    a.start();
    timeline.runDue();
    b.start();
    timeline.advance(Duration.ofSeconds(30));

    a.stop();
    b.nudge();
    timeline.runDue();

    assertThat(b.held()).isTrue();
  }

  @Test
  void aDeadLeaderIsFollowedAfterItsDuration() {
    LeaderElection a = candidate("a");
    LeaderElection b = candidate("b");
    a.start();
    timeline.runDue();
    b.start();
    timeline.advance(Duration.ofSeconds(30));
    // Nothing of the process runs any more, but nothing was released either.
    var corpse = server.lease().orElseThrow();
    server.put(corpse.json().toString().replace("\"a\"", "\"dead\""));

    timeline.advance(Duration.ofSeconds(18));

    assertThat(b.held()).isTrue();
  }

  @Test
  void survivesAnApiServerThatIsAwayForLessThanTheDeadline() {
    LeaderElection a = candidate("a");
    a.start();
    timeline.advance(Duration.ofSeconds(20));

    server.fail(Fault.BEFORE);
    timeline.advance(Duration.ofSeconds(7));
    assertThat(a.held()).isTrue();
    server.fail(Fault.NONE);
    timeline.advance(Duration.ofSeconds(30));

    assertThat(a.held()).isTrue();
    assertThat(heard).doesNotContain("a: stopped");
  }

  @Test
  void survivesRestartsOfTheApiServerOneAfterTheOther() {
    LeaderElection a = candidate("a");
    a.start();
    timeline.advance(Duration.ofSeconds(20));

    // Each time there for less than the retry period, at moments that a look every other second
    // would miss.
    for (int restart = 0; restart < 6; restart++) {
      server.fail(Fault.BEFORE);
      timeline.advance(Duration.ofMillis(3_200));
      assertThat(a.held()).as("restart %d", restart).isTrue();
      server.fail(Fault.NONE);
      timeline.advance(Duration.ofMillis(800));
    }

    assertThat(a.held()).isTrue();
    assertThat(heard).doesNotContain("a: stopped");
  }

  @Test
  void isNoLoadForAnApiServerThatIsAway() {
    LeaderElection a = candidate("a");
    a.start();
    timeline.advance(Duration.ofSeconds(20));
    int before = server.calls().size();

    server.fail(Fault.BEFORE);
    timeline.advance(Duration.ofMillis(9_999));

    assertThat(a.held()).isTrue();
    assertThat(server.calls().size() - before).isBetween(8, 20);
  }

  @Test
  void givesUpWhenTheDeadlineHasPassed() {
    LeaderElection a = candidate("a");
    a.start();
    timeline.advance(Duration.ofSeconds(20));

    server.fail(Fault.BEFORE);
    timeline.advance(Duration.ofMillis(9_999));
    assertThat(a.held()).isTrue();
    assertThat(heard).doesNotContain("a: stopped");
    timeline.advance(Duration.ofMillis(1));

    assertThat(a.held()).isFalse();
    assertThat(heard).endsWith("a: stopped");
  }

  @Test
  void neverLeadsASecondTime() {
    LeaderElection a = candidate("a");
    a.start();
    timeline.runDue();
    server.fail(Fault.BEFORE);
    timeline.advance(Duration.ofSeconds(10));
    server.fail(Fault.NONE);
    int calls = server.calls().size();

    timeline.advance(Duration.ofMinutes(5));
    a.nudge();
    timeline.advance(Duration.ofMinutes(5));

    assertThat(a.held()).isFalse();
    assertThat(server.calls()).hasSize(calls);
    assertThat(heard).containsOnlyOnce("a: started").containsOnlyOnce("a: stopped");
  }

  @Test
  void aLostLeaseIsNotReleasedOnStop() {
    LeaderElection a = candidate("a");
    a.start();
    timeline.advance(Duration.ofSeconds(4));
    server.put(lease("thief", "2026-01-01T00:00:05.000000Z", 15, 1));
    timeline.advance(Duration.ofSeconds(2));
    assertThat(heard).endsWith("a: new leader thief", "a: stopped");

    a.stop();

    assertThat(a.held()).isFalse();
    assertThat(server.holder()).isEqualTo("thief");
  }

  @Test
  void aProcessThatSleptIsDeposedBeforeAnyTimerRuns() {
    LeaderElection a = candidate("a");
    a.start();
    timeline.advance(Duration.ofSeconds(20));
    int calls = server.calls().size();

    timeline.freeze(Duration.ofSeconds(11));
    assertThat(a.held()).isFalse();
    assertThat(heard).doesNotContain("a: stopped");
    timeline.runDue();

    assertThat(heard).endsWith("a: stopped");
    assertThat(a.held()).isFalse();
    assertThat(server.calls()).as("no renewal from beyond").hasSize(calls);
  }

  @Test
  void aProcessThatSleptBrieflyGoesOn() {
    LeaderElection a = candidate("a");
    a.start();
    timeline.advance(Duration.ofSeconds(20));

    timeline.freeze(Duration.ofSeconds(9));
    assertThat(a.held()).isTrue();
    timeline.runDue();
    timeline.advance(Duration.ofSeconds(9));

    assertThat(a.held()).isTrue();
  }

  @Test
  void writesFromOthersCostALookButNotTheLease() {
    LeaderElection a = candidate("a");
    a.start();
    timeline.runDue();
    server.edit(json -> {
      json.getAsJsonObject("metadata").addProperty("generateName", "kept");
      json.getAsJsonObject("spec").addProperty("strategy", "OldestEmulationVersion");
    });

    timeline.advance(Duration.ofSeconds(2));

    assertThat(a.held()).isTrue();
    assertThat(server.calls()).containsExactly("get", "create", "replace", "get", "replace");
    assertThat(server.lease().orElseThrow().json().toString())
        .contains("\"generateName\":\"kept\"")
        .contains("\"strategy\":\"OldestEmulationVersion\"");
    assertThat(metrics.text()).contains("leader_election_slowpath_total{name=\"ccm\"} 1.0");
    timeline.advance(Duration.ofSeconds(2));
    assertThat(server.calls()).endsWith("get", "replace", "replace");
  }

  @Test
  void aDeletedLeaseIsMadeAgain() {
    LeaderElection a = candidate("a");
    a.start();
    timeline.runDue();
    server.remove();

    timeline.advance(Duration.ofSeconds(2));

    assertThat(a.held()).isTrue();
    assertThat(server.holder()).isEqualTo("a");
    timeline.advance(Duration.ofSeconds(30));
    assertThat(heard).doesNotContain("a: stopped");
  }

  @Test
  void aTwinOfTheSameIdentityTakesTheLeaseAway() {
    LeaderElection first = candidate("a");
    first.start();
    timeline.advance(Duration.ofSeconds(1));
    LeaderElection twin = candidate("a");
    twin.start();
    timeline.runDue();
    assertThat(twin.held()).isTrue();

    timeline.advance(Duration.ofSeconds(2));

    assertThat(first.held()).isFalse();
    assertThat(twin.held()).isTrue();
  }

  @Test
  void anAcquisitionWhoseAnswerWasLostIsFoundAgain() {
    LeaderElection a = candidate("a");
    server.failWith(_ -> server.calls().isEmpty() ? Fault.NONE : Fault.AFTER);
    a.start();
    timeline.runDue();
    assertThat(a.held()).isFalse();
    assertThat(server.holder()).isEqualTo("a");

    server.fail(Fault.NONE);
    timeline.advance(Duration.ofMillis(4400));

    assertThat(a.held()).isTrue();
  }

  @Test
  void aRenewalWhoseAnswerWasLostIsNoLoss() {
    LeaderElection a = candidate("a");
    a.start();
    timeline.runDue();
    server.fail(Fault.AFTER);
    timeline.advance(Duration.ofSeconds(3));
    server.fail(Fault.NONE);

    timeline.advance(Duration.ofMinutes(1));

    assertThat(a.held()).isTrue();
    assertThat(heard).doesNotContain("a: stopped");
  }

  @Test
  void anAttemptThatHangsIsGivenUp() {
    var parked = new ArrayList<Runnable>();
    boolean[] hanging = {false};
    LeaderElection a =
        LeaderElection.builder(config("a"), server, timeline)
            .deterministic(
                task -> {
                  if (hanging[0]) {
                    parked.add(task);
                  } else {
                    task.run();
                  }
                },
                () -> 0.5)
            .build();
    a.start();
    timeline.runDue();

    hanging[0] = true;
    timeline.advance(Duration.ofSeconds(3));
    assertThat(parked).hasSize(1);
    hanging[0] = false;
    timeline.advance(Duration.ofSeconds(5));
    assertThat(a.held()).isTrue();

    // The answer that nobody waits for any more arrives: a conflict, and no harm.
    parked.getFirst().run();
    timeline.advance(Duration.ofMinutes(1));
    assertThat(a.held()).isTrue();
  }

  @Test
  void aCandidateThatStopsTouchesNothing() {
    server.put(lease("other", "2026-01-01T00:00:00.000000Z", 15, 3));
    LeaderElection a = candidate("a");
    a.start();
    timeline.runDue();

    a.stop();
    timeline.advance(Duration.ofMinutes(1));

    assertThat(server.calls()).containsExactly("get");
    assertThat(a.held()).isFalse();
  }

  @Test
  void releasingGivesUpOnAServerThatIsAway() {
    LeaderElection a = candidate("a");
    a.start();
    timeline.runDue();
    server.fail(Fault.BEFORE);

    a.stop();

    assertThat(a.held()).isFalse();
  }

  @Test
  void releasesEvenIfOthersWroteMeanwhile() {
    LeaderElection a = candidate("a");
    a.start();
    timeline.runDue();
    server.edit(json -> json.getAsJsonObject("metadata").addProperty("generateName", "x"));

    a.stop();

    assertThat(server.holder()).isEmpty();
  }

  @Test
  void runsActionsWhenLeadershipBegins() {
    LeaderElection a = candidate("a");
    a.onceStarted(() -> heard.add("early"));
    a.start();
    assertThat(heard).isEmpty();
    timeline.runDue();
    a.onceStarted(() -> heard.add("late"));

    assertThat(heard).containsExactly("a: new leader a", "early", "a: started", "late");
    a.stop();
    a.onceStarted(() -> heard.add("never"));
    assertThat(heard).doesNotContain("never");
  }

  @Test
  void isUnhealthyOnlyWhenItLeadsAndDoesNotNotice() {
    LeaderElection a = candidate("a");
    assertThat(a.health()).isEmpty();
    a.start();
    timeline.runDue();
    assertThat(a.health()).isEmpty();

    timeline.freeze(Duration.ofSeconds(36));

    assertThat(a.health()).contains("lease kube-system/ccm was renewed 36 s ago");
  }

  @Test
  void showsItsStateInMetricsAndEvents() {
    var events = new ArrayList<String>();
    LeaderElection a =
        LeaderElection.builder(config("a"), server, timeline)
            .metrics(metrics)
            .events(new RecordedEvents(events))
            .deterministic(Runnable::run, () -> 0.5)
            .build();
    assertThat(metrics.text()).contains("leader_election_master_status{name=\"ccm\"} 0.0");
    a.start();
    timeline.runDue();
    assertThat(metrics.text()).contains("leader_election_master_status{name=\"ccm\"} 1.0");

    a.stop();

    assertThat(metrics.text()).contains("leader_election_master_status{name=\"ccm\"} 0.0");
    assertThat(events)
        .containsExactly(
            "Lease ccm LeaderElection a became leader",
            "Lease ccm LeaderElection a stopped leading");
  }

  private LeaderElection candidate(String identity) {
    return LeaderElection.builder(config(identity), server, timeline)
        .callbacks(
            new LeaderCallbacks() {
              @Override
              public void onStartedLeading() {
                heard.add(identity + ": started");
              }

              @Override
              public void onStoppedLeading(String reason) {
                heard.add(identity + ": stopped");
              }

              @Override
              public void onNewLeader(String leader) {
                heard.add(identity + ": new leader " + leader);
              }
            })
        .metrics(metrics)
        .deterministic(Runnable::run, () -> 0.5)
        .build();
  }

  private static LeaderElectionConfig config(String identity) {
    return new LeaderElectionConfig(
        LEASE, identity, Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));
  }

  private static String lease(String holder, String renewed, int seconds, int transitions) {
    return """
    {"apiVersion":"coordination.k8s.io/v1","kind":"Lease",
     "metadata":{"namespace":"kube-system","name":"ccm"},
     "spec":{"holderIdentity":"%s","acquireTime":"2026-01-01T00:00:00.000000Z",
             "renewTime":"%s","leaseDurationSeconds":%d,"leaseTransitions":%d}}
    """
        .formatted(holder, renewed, seconds, transitions);
  }

  private record RecordedEvents(List<String> seen) implements EventRecorder {
    @Override
    public void event(KubernetesObject regarding, Type type, String reason, String message) {
      seen.add(
          regarding.getKind()
              + " "
              + regarding.getMetadata().getName()
              + " "
              + reason
              + " "
              + message);
    }
  }
}
