package dev.thresher.runtime.leader;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.leader.LeaseServer.Fault;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.runtime.time.VirtualTimeline;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/// Candidates that are paused, restarted, stopped and cut off at random: at no moment do two of
/// them believe that they lead.
final class LeaderElectionSafetyTest {

  private static final Logger LOGGER = (Logger) LoggerFactory.getLogger(LeaderElection.class);
  private static final Duration STEP = Duration.ofMillis(250);

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final LeaseServer server = new LeaseServer();

  /// Thousands of expected complaints.
  @BeforeAll
  static void silence() {
    LOGGER.setLevel(Level.OFF);
  }

  @AfterAll
  static void speak() {
    LOGGER.setLevel(null);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void neverTwoLeaders(long seed) {
    var random = new Random(seed);
    var candidates = new ArrayList<Candidate>();
    for (int i = 0; i < 3; i++) {
      candidates.add(new Candidate("c" + i, random));
    }
    server.failWith(_ ->
        switch (random.nextInt(20)) {
          case 0 -> Fault.BEFORE;
          case 1 -> Fault.AFTER;
          default -> Fault.NONE;
        });
    int led = 0;
    int generation = 3;
    for (int step = 0; step < 4000; step++) {
      timeline.advance(STEP);
      List<String> leaders =
          candidates.stream().filter(c -> c.election.held()).map(c -> c.identity).toList();
      assertThat(leaders).as("step %d", step).hasSizeLessThanOrEqualTo(1);
      led += leaders.size();
      int which = random.nextInt(candidates.size());
      Candidate hit = candidates.get(which);
      switch (random.nextInt(60)) {
        case 0 -> hit.process.pause();
        case 1, 2, 3 -> hit.process.resume();
        case 4 -> {
          // A process that stops in order, or dies; another one takes its place.
          if (random.nextBoolean() && !hit.process.paused) {
            hit.election.stop();
          } else {
            hit.process.kill();
          }
          candidates.set(which, new Candidate("c" + generation++, random));
        }
        default -> {}
      }
      if (hit.lost && !hit.process.paused) {
        candidates.set(which, new Candidate("c" + generation++, random));
      }
    }
    assertThat(led).as("steps with a leader").isGreaterThan(1000);
  }

  private final class Candidate {
    private final String identity;
    private final Host process = new Host();
    private final LeaderElection election;
    private boolean lost;

    private Candidate(String identity, Random random) {
      this.identity = identity;
      this.election =
          LeaderElection.builder(
                  new LeaderElectionConfig(
                      ObjectKey.of("kube-system", "ccm"),
                      identity,
                      Duration.ofSeconds(15),
                      Duration.ofSeconds(10),
                      Duration.ofSeconds(2)),
                  server,
                  process)
              .callbacks(
                  new LeaderCallbacks() {
                    @Override
                    public void onStoppedLeading(String reason) {
                      lost = true;
                    }
                  })
              .deterministic(Runnable::run, random::nextDouble)
              .build();
      election.start();
    }
  }

  /// Time of one process: its tasks wait while it is paused, its clock does not.
  private final class Host implements Timeline {
    private final List<Runnable> missed = new ArrayList<>();
    private boolean paused;
    private boolean dead;

    private void pause() {
      paused = true;
    }

    private void kill() {
      dead = true;
    }

    private void resume() {
      paused = false;
      List<Runnable> late = List.copyOf(missed);
      missed.clear();
      late.forEach(Runnable::run);
    }

    @Override
    public long nanoTime() {
      return timeline.nanoTime();
    }

    @Override
    public Instant now() {
      return timeline.now();
    }

    @Override
    public Deferred after(Duration delay, Runnable task) {
      return timeline.after(
          delay,
          () -> {
            if (dead) {
              return;
            }
            if (paused) {
              missed.add(task);
            } else {
              task.run();
            }
          });
    }
  }
}
