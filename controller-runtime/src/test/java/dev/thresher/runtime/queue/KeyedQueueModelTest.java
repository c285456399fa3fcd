package dev.thresher.runtime.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.time.VirtualTimeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// Any order of additions, appointments, work and time: a key waits exactly if it is due, and no
/// key is in two hands.
final class KeyedQueueModelTest {

  private static final int KEYS = 4;

  sealed interface Step {
    record Add(int key, Priority priority) implements Step {}

    record AddAfter(int key, int seconds, Priority priority) implements Step {}

    record Fail(int key) implements Step {}

    record Take() implements Step {}

    record Done(int which) implements Step {}

    record Wait(int seconds) implements Step {}
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Integer> key = Arbitraries.integers().between(0, KEYS - 1);
    Arbitrary<Integer> seconds = Arbitraries.integers().between(0, 20);
    Arbitrary<Priority> priority = Arbitraries.of(Priority.class);
    return Arbitraries.<Step>oneOf(
            Combinators.combine(key, priority).as(Step.Add::new),
            Combinators.combine(key, seconds, priority).as(Step.AddAfter::new),
            key.map(Step.Fail::new),
            Arbitraries.create(Step.Take::new),
            key.map(Step.Done::new),
            seconds.map(Step.Wait::new))
        .list()
        .ofMaxSize(60);
  }

  @Property(tries = 2000)
  void waitsExactlyWhenDue(@ForAll("steps") List<Step> steps) throws InterruptedException {
    var run = new Run();
    for (Step step : steps) {
      run.apply(step);
    }
    run.finish();
  }

  /// The queue beside the simplest thing that could be right.
  private static final class Run {
    private final VirtualTimeline timeline = new VirtualTimeline();
    private final KeyedQueue<Integer> queue =
        new KeyedQueue<>(
            new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(8)), timeline, QueueMetrics.NONE);

    /// The earliest appointment of each key.
    private final Map<Integer, Long> appointments = new HashMap<>();

    private final Set<Integer> due = new HashSet<>();
    private final List<Integer> hands = new ArrayList<>();

    private void apply(Step step) throws InterruptedException {
      switch (step) {
        case Step.Add(int key, Priority priority) -> {
          queue.add(key, priority);
          due.add(key);
        }
        case Step.AddAfter(int key, int seconds, Priority priority) -> {
          queue.addAfter(key, Duration.ofSeconds(seconds), priority);
          appoint(key, Duration.ofSeconds(seconds));
        }
        case Step.Fail(int key) -> appoint(key, queue.addBackoff(key, Priority.NEW));
        case Step.Take() -> {
          if (queue.depth() > 0) {
            take();
          }
        }
        case Step.Done(int which) -> {
          if (!hands.isEmpty()) {
            queue.done(hands.remove(/* index */ which % hands.size()));
          }
        }
        case Step.Wait(int seconds) -> await(Duration.ofSeconds(seconds));
      }
      check();
    }

    private void appoint(int key, Duration delay) {
      if (delay.isZero()) {
        due.add(key);
      } else {
        appointments.merge(key, timeline.nanoTime() + delay.toNanos(), Math::min);
      }
    }

    private void await(Duration time) {
      timeline.advance(time);
      Set<Integer> passed = new HashSet<>();
      appointments.forEach((key, at) -> {
        if (at <= timeline.nanoTime()) {
          passed.add(key);
        }
      });
      appointments.keySet().removeAll(passed);
      due.addAll(passed);
    }

    private void take() throws InterruptedException {
      int key = queue.take().orElseThrow().key();
      assertThat(hands).as("keys in work").doesNotContain(key);
      assertThat(due).as("keys that are due").contains(key);
      due.remove(key);
      hands.add(key);
    }

    private void check() {
      assertThat(queue.depth())
          .isEqualTo((int) due.stream().filter(key -> !hands.contains(key)).count());
      assertThat(queue.snapshot().delayed()).isEqualTo(appointments.size());
      assertThat(queue.snapshot().running()).isEqualTo(hands.size());
    }

    private void finish() throws InterruptedException {
      while (!hands.isEmpty()) {
        queue.done(hands.removeLast());
      }
      await(Duration.ofMinutes(5));
      while (queue.depth() > 0) {
        take();
        queue.done(hands.removeLast());
      }
      assertThat(due).isEmpty();
      assertThat(appointments).isEmpty();
      assertThat(timeline.pending()).isZero();
    }
  }
}
