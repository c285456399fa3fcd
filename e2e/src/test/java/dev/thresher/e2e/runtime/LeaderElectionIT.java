package dev.thresher.e2e.runtime;

import static dev.thresher.e2e.lab.Await.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.User;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.ConnectionSource;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.leader.LeaderCallbacks;
import dev.thresher.runtime.leader.LeaderElection;
import dev.thresher.runtime.leader.LeaderElectionBuilder;
import dev.thresher.runtime.leader.LeaderElectionConfig;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.SystemTimeline;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1LeaseSpec;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Candidates on a real API server: who leads, how fast a lease changes hands, and what an API
/// server that stops answering does to the leader.
@NeedsLab
class LeaderElectionIT {

  private static final AtomicInteger NAMES = new AtomicInteger();

  private static Lab lab;
  private static ControlPlane host;

  private final ObjectKey lease = ObjectKey.of("default", "lease-" + NAMES.incrementAndGet());
  private final List<Candidate> candidates = new ArrayList<>();

  @BeforeAll
  static void start() {
    lab = Lab.builder().hostNodes(0).controllerManager(false).start();
    host = lab.host();
  }

  @AfterAll
  static void stop() {
    if (lab != null) {
      lab.close();
    }
  }

  @AfterEach
  void end() {
    candidates.forEach(Candidate::end);
  }

  @Test
  void aReleasedLeaseChangesHandsAtOnce() {
    Candidate first = watching("first");
    first.begin();
    await("the first to lead", first.election::held);
    Candidate second = watching("second");
    second.begin();
    await("the second to follow", () -> second.election.leader().isPresent());
    assertThat(second.election.held()).isFalse();

    first.election.stop();
    long released = System.nanoTime();
    await("the second to lead", second.election::held);

    Duration gap = Duration.ofNanos(System.nanoTime() - released);
    System.out.println("release to take-over with a watch: " + gap.toMillis() + " ms");
    // Without the watch it would be a retry period of 10 s or more.
    assertThat(gap).isLessThan(Duration.ofSeconds(9));
    assertThat(spec().getHolderIdentity()).isEqualTo("second");
    assertThat(spec().getLeaseTransitions()).isEqualTo(1);
    assertThat(first.lost.get()).isZero();
  }

  @Test
  void theLeanestRoleIsEnough() {
    User lean = host.tokenUser("lean");
    host.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata:
          name: leases
          namespace: default
        rules:
          - apiGroups: [coordination.k8s.io]
            resources: [leases]
            verbs: [get, create, update]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata:
          name: leases
          namespace: default
        roleRef:
          apiGroup: rbac.authorization.k8s.io
          kind: Role
          name: leases
        subjects:
          - kind: User
            name: lean
        """);
    Path kubeconfig = host.kubeconfig(lean, "default");
    Candidate first = candidate("first", kubeconfig, Duration.ofSeconds(1), true);
    first.begin();
    await("the first to lead", first.election::held);
    Candidate second = candidate("second", kubeconfig, Duration.ofSeconds(1), true);
    second.begin();
    await("the second to follow", () -> second.election.leader().isPresent());

    first.election.stop();

    await("the second to lead", second.election::held);
  }

  @Test
  void manyCandidatesAtOnceGiveOneLeader() {
    for (int i = 0; i < 8; i++) {
      watching("c" + i);
    }
    candidates.forEach(Candidate::begin);
    await(
        "all to know the leader",
        () -> candidates.stream().allMatch(c -> c.election.leader().isPresent()));

    assertThat(candidates.stream().filter(c -> c.election.held())).hasSize(1);
    assertThat(candidates.stream().map(c -> c.election.leader()).distinct()).hasSize(1);
    assertThat(spec().getLeaseTransitions()).isZero();
  }

  @Test
  void aPauseOfTheApiServerBeyondTheDeadlineDeposesTheLeader() {
    Candidate leader = candidate("leader", host.adminKubeconfig(), Duration.ofSeconds(1), false);
    leader.begin();
    await("the first to lead", leader.election::held);
    Candidate standby = candidate("standby", host.adminKubeconfig(), Duration.ofSeconds(1), true);
    standby.begin();
    await("the second to follow", () -> standby.election.leader().isPresent());

    host.pause();
    try {
      await("the leader to give up", () -> leader.lost.get() == 1);
      assertThat(leader.election.held()).isFalse();
      assertThat(standby.election.held()).isFalse();
    } finally {
      host.resume();
    }

    await("the standby to lead", standby.election::held);
    assertThat(leader.election.held()).isFalse();
    assertThat(leader.lost.get()).isEqualTo(1);
  }

  @Test
  void restartsOfTheApiServerWithinTheDeadlineChangeNothing() {
    Candidate leader = watching("leader");
    leader.begin();
    await("it to lead", leader.election::held);

    for (int restart = 0; restart < 3; restart++) {
      OffsetDateTime before = spec().getRenewTime();
      long begin = System.nanoTime();
      host.restart();
      Duration down = Duration.ofNanos(System.nanoTime() - begin);
      await("a renewal after the restart", () -> !spec().getRenewTime().isEqual(before));
      // When it was due, or soon after the server was back: a renewal that fell into the restart is
      // not put off by a whole retry period of 10 s.
      assertThat(Duration.between(before, spec().getRenewTime()))
          .isLessThan(Duration.ofSeconds(10 + 6).plus(down));
    }

    assertThat(leader.election.held()).isTrue();
    assertThat(leader.lost.get()).isZero();
    assertThat(spec().getLeaseTransitions()).isZero();
  }

  @Test
  void aDeposedLeaderWritesNothing() {
    Candidate leader = candidate("leader", host.adminKubeconfig(), Duration.ofSeconds(1), false);
    leader.begin();
    await("it to lead", leader.election::held);
    var fenced = leader.api.fenced(leader.election::held);
    var map =
        new V1ConfigMap().metadata(new V1ObjectMeta().namespace("default").name("by-the-leader"));
    fenced.create(CoreTypes.CONFIG_MAP, map);

    leader.election.stop();

    assertThatThrownBy(() -> fenced.create(CoreTypes.CONFIG_MAP, map))
        .isInstanceOfSatisfying(
            KubeApiException.class, e -> assertThat(e.reason()).isEqualTo(Reason.FENCED));
  }

  private V1LeaseSpec spec() {
    V1Lease now = candidates.getFirst().api.get(CoreTypes.LEASE, lease).orElseThrow();
    return Objects.requireNonNull(now.getSpec());
  }

  /// With so long a retry period that only a watch explains speed.
  private Candidate watching(String identity) {
    return candidate(identity, host.adminKubeconfig(), Duration.ofSeconds(10), true);
  }

  /// Lease duration and deadline are 6 and 4 retry periods.
  private Candidate candidate(String identity, Path kubeconfig, Duration retry, boolean watch) {
    var made = new Candidate(identity, kubeconfig, retry, watch);
    candidates.add(made);
    return made;
  }

  /// A process of its own, as far as the election is concerned.
  private final class Candidate {
    private final SystemTimeline timeline = new SystemTimeline();
    private final AtomicInteger lost = new AtomicInteger();
    private final OkHttpKubeApi api;
    private final LeaderElection election;

    private Candidate(String identity, Path kubeconfig, Duration retry, boolean watch) {
      timeline.start();
      ClientConfig config =
          ClientConfig.of("host", new ConnectionSource.KubeconfigFile(kubeconfig, ""))
              .withTimeouts(Duration.ofSeconds(10), retry.multipliedBy(2));
      api = new OkHttpKubeApi(config, timeline, new Metrics());
      LeaderElectionBuilder builder =
          LeaderElection.builder(
                  new LeaderElectionConfig(
                      lease, identity, retry.multipliedBy(6), retry.multipliedBy(4), retry),
                  api,
                  timeline)
              .callbacks(
                  new LeaderCallbacks() {
                    @Override
                    public void onStoppedLeading(String reason) {
                      lost.incrementAndGet();
                    }
                  });
      election = (watch ? builder.watch(api) : builder).build();
    }

    void begin() {
      election.start();
    }

    void end() {
      election.stop();
      api.stop();
      timeline.stop();
    }
  }
}
