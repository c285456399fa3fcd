package dev.thresher.runtime.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class VirtualTimelineTest {

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final List<String> ran = new ArrayList<>();

  @Test
  void runsTasksInTheOrderOfTheirTime() {
    timeline.after(Duration.ofSeconds(2), () -> ran.add("late"));
    timeline.after(Duration.ofSeconds(1), () -> ran.add("early"));
    timeline.after(Duration.ofSeconds(1), () -> ran.add("early, handed in later"));

    timeline.advance(Duration.ofSeconds(1));
    assertThat(ran).containsExactly("early", "early, handed in later");
    timeline.advance(Duration.ofSeconds(1));
    assertThat(ran).containsExactly("early", "early, handed in later", "late");
  }

  @Test
  void runsTasksThatTasksHandIn() {
    timeline.after(
        Duration.ofSeconds(1),
        () -> timeline.after(Duration.ofSeconds(1), () -> ran.add("at " + timeline.nanoTime())));

    timeline.advance(Duration.ofSeconds(5));

    assertThat(ran).containsExactly("at 2000000000");
    assertThat(timeline.nanoTime()).isEqualTo(5_000_000_000L);
  }

  @Test
  void cancelsOnce() {
    Timeline.Deferred task = timeline.after(Duration.ofSeconds(1), () -> ran.add("no"));

    assertThat(task.cancel()).isTrue();
    assertThat(task.cancel()).isFalse();
    timeline.advance(Duration.ofSeconds(2));
    assertThat(ran).isEmpty();
  }

  @Test
  void aFailingTaskHarmsNoOther() {
    timeline.after(
        Duration.ZERO,
        () -> {
          throw new IllegalStateException("expected in this test");
        });
    timeline.after(Duration.ZERO, () -> ran.add("other"));

    timeline.runDue();

    assertThat(ran).containsExactly("other");
  }

  @Test
  void frozenTasksRunLate() {
    timeline.after(Duration.ofSeconds(1), () -> ran.add("at " + timeline.nanoTime()));

    timeline.freeze(Duration.ofSeconds(3));
    assertThat(ran).isEmpty();
    timeline.runDue();

    assertThat(ran).containsExactly("at 3000000000");
  }

  @Test
  void wallClockJumpsAreNotMonotonicTime() {
    var before = timeline.now();
    timeline.jumpWallClock(Duration.ofHours(-1));
    timeline.advance(Duration.ofSeconds(1));

    assertThat(timeline.now()).isEqualTo(before.minusSeconds(3599));
    assertThat(timeline.nanoTime()).isEqualTo(1_000_000_000L);
  }
}
