package dev.thresher.loadbalancer.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.loadbalancer.health.Verdict.Health;
import dev.thresher.runtime.time.VirtualTimeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class HealthMonitorTest {

  private static final ObjectKey A = ObjectKey.of("vms", "a");
  private static final ObjectKey B = ObjectKey.of("vms", "b");
  private static final IpAddress FOUR = IpAddress.parse("10.0.0.5");
  private static final IpAddress SIX = IpAddress.parse("2001:db8::5");
  private static final Outcome REFUSED = new Outcome.Failed("ConnectionRefused", "refuses");

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final Map<IpAddress, Outcome> answers = new HashMap<>();
  private final List<Double> asked = new ArrayList<>();
  private final List<ObjectKey> changed = new ArrayList<>();
  private final List<String> results = new ArrayList<>();

  /// Outcomes of back ends that keep their prober waiting.
  private final Map<IpAddress, Consumer<Outcome>> open = new LinkedHashMap<>();

  private final HealthMonitor monitor =
      new HealthMonitor(
          timeline,
          new Random(3),
          (address, _, outcome) -> {
            asked.add(timeline.nanoTime() / 1e9);
            if (answers.containsKey(address)) {
              outcome.accept(answers.get(address));
            } else {
              assertThat(open.put(address, outcome)).as("asked twice at a time").isNull();
            }
          },
          changed::add,
          new HealthObserver() {
            @Override
            public void probed(String kind, String result, double seconds) {
              results.add(kind + " " + result);
            }

            @Override
            public void changed(Health to) {
              results.add("now " + to);
            }
          });

  private static Check check(int seconds) {
    return new Check(new Probe.Tcp(), 80, 2, 3, Duration.ofSeconds(seconds), Duration.ofSeconds(1));
  }

  private Verdict verdict(ObjectKey owner, Check check, IpAddress address) {
    return Objects.requireNonNull(
        monitor.watch(owner, check, Map.of(address, Verdict.UNKNOWN)).get(address));
  }

  private void pass(double seconds) {
    timeline.advance(Duration.ofMillis((long) (seconds * 1000)));
  }

  @Test
  void aNewBackEndIsAskedAtOnceAndFast() {
    answers.put(FOUR, Outcome.PASSED);
    assertThat(verdict(A, check(10), FOUR)).isEqualTo(Verdict.UNKNOWN);

    pass(0.07);
    assertThat(asked).hasSize(1);
    assertThat(verdict(A, check(10), FOUR)).isEqualTo(Verdict.UNKNOWN);
    pass(2.1);

    assertThat(changed).containsExactly(A);
    assertThat(verdict(A, check(10), FOUR)).isEqualTo(Verdict.UP);
    assertThat(results).containsExactly("tcp success", "tcp success", "now UP");
  }

  @Test
  void oneThatNeverDecidesIsNotAskedFastForEver() {
    answers.put(FOUR, Outcome.PASSED);
    monitor.watch(A, check(10), Map.of(FOUR, Verdict.UNKNOWN));
    // Passes and fails in turn.
    for (int i = 0; i < 1000; i++) {
      pass(0.1);
      answers.put(FOUR, asked.size() % 2 == 0 ? Outcome.PASSED : REFUSED);
    }
    // Six within the first ten seconds, then one in ten seconds.
    assertThat(asked).hasSizeBetween(13, 17);
    assertThat(changed).isEmpty();
  }

  @Test
  void asksInPeriodsWithJitterAndNotAllAtOnce() {
    var starts = new HashMap<IpAddress, Verdict>();
    for (int i = 1; i <= 200; i++) {
      IpAddress address = IpAddress.parse("10.0.1." + i);
      starts.put(address, Verdict.UP);
      answers.put(address, Outcome.PASSED);
    }
    monitor.watch(A, check(1), starts);

    pass(1.02);
    assertThat(asked).hasSizeBetween(200, 225);
    for (int tenth = 0; tenth < 10; tenth++) {
      double from = tenth / 10.0;
      assertThat(asked.stream().filter(time -> time > from && time <= from + 0.1).count())
          .as("in the tenth of a second from %s", from)
          .isBetween(5L, 45L);
    }
    pass(60);
    assertThat(asked.size() / 61.0).isBetween(190.0, 210.0);
    assertThat(changed).isEmpty();
  }

  @Test
  void goesDownAndComesBackByTheThresholds() {
    answers.put(FOUR, Outcome.PASSED);
    monitor.watch(A, check(1), Map.of(FOUR, Verdict.UP));
    pass(5);
    answers.put(FOUR, REFUSED);
    int before = asked.size();
    while (changed.isEmpty()) {
      pass(0.05);
    }
    assertThat(asked.size() - before).isEqualTo(3);
    assertThat(verdict(A, check(1), FOUR))
        .isEqualTo(new Verdict(Health.DOWN, "ConnectionRefused", "refuses"));

    answers.put(FOUR, Outcome.PASSED);
    int down = asked.size();
    while (changed.size() < 2) {
      pass(0.05);
    }
    assertThat(asked.size() - down).isEqualTo(2);
    assertThat(verdict(A, check(1), FOUR)).isEqualTo(Verdict.UP);
  }

  @Test
  void oneThatIsSlowIsNotAskedTwiceAtATime() {
    monitor.watch(A, check(1), Map.of(FOUR, Verdict.UP));
    pass(10);
    assertThat(asked).hasSize(1);
    Objects.requireNonNull(open.remove(FOUR)).accept(REFUSED);
    pass(0.05);
    assertThat(asked).as("its turn has long come").hasSize(2);
  }

  @Test
  void aRestartDoesNotFlap() {
    answers.put(FOUR, Outcome.PASSED);
    answers.put(SIX, REFUSED);
    var down = new Verdict(Health.DOWN, "ConnectionRefused", "refuses");
    assertThat(monitor.watch(A, check(1), Map.of(FOUR, Verdict.UP, SIX, down)))
        .containsExactlyInAnyOrderEntriesOf(Map.of(FOUR, Verdict.UP, SIX, down));
    pass(30);
    assertThat(changed).isEmpty();
    assertThat(results).doesNotContain("now UP", "now DOWN");
  }

  @Test
  void anotherCheckKeepsTheVerdictAndDropsAnswersToTheFormer() {
    answers.put(FOUR, Outcome.PASSED);
    monitor.watch(A, check(1), Map.of(FOUR, Verdict.UP));
    pass(3);
    answers.clear();
    pass(2);
    var late = Objects.requireNonNull(open.remove(FOUR));
    assertThat(verdict(A, check(5), FOUR)).isEqualTo(Verdict.UP);
    int before = results.size();
    late.accept(REFUSED);
    assertThat(results).hasSize(before);
  }

  @Test
  void forgetsWhoIsNotNamedAnyMore() {
    answers.put(FOUR, Outcome.PASSED);
    answers.put(SIX, Outcome.PASSED);
    monitor.watch(A, check(1), Map.of(FOUR, Verdict.UP, SIX, Verdict.UP));
    monitor.watch(B, check(1), Map.of(FOUR, Verdict.UNKNOWN));
    assertThat(monitor.counts()).isEqualTo(Map.of(Health.UP, 2L, Health.UNKNOWN, 1L));

    monitor.watch(A, check(1), Map.of(SIX, Verdict.UNKNOWN));
    assertThat(monitor.counts()).isEqualTo(Map.of(Health.UP, 1L, Health.UNKNOWN, 1L));
    monitor.forget(B);
    monitor.watch(A, check(1), Map.of());
    assertThat(monitor.counts()).isEmpty();
    asked.clear();
    pass(60);
    assertThat(asked).isEmpty();
    assertThat(timeline.pending()).as("nothing is left to wake up for").isZero();
  }

  @Test
  void whoComesBackStartsAnew() {
    answers.put(FOUR, Outcome.PASSED);
    monitor.watch(A, check(1), Map.of(FOUR, Verdict.UP));
    monitor.forget(A);
    assertThat(verdict(A, check(1), FOUR)).isEqualTo(Verdict.UNKNOWN);
  }

  @Test
  void aProberThatFailsHarmsNobody() {
    var failing =
        new HealthMonitor(
            timeline,
            new Random(3),
            (_, _, _) -> {
              throw new IllegalStateException("expected in this test");
            },
            changed::add,
            HealthObserver.NONE);
    failing.watch(A, check(1), Map.of(FOUR, Verdict.UP));
    pass(30);
    assertThat(changed).isEmpty();
  }
}
