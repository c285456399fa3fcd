package dev.thresher.runtime.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SystemTimelineTest {

  private final SystemTimeline timeline = new SystemTimeline();

  @AfterEach
  void stop() {
    timeline.stop();
  }

  @Test
  void runsATaskAfterItsDelayOnItsOwnThread() throws Exception {
    var thread = new CompletableFuture<String>();
    long begin = timeline.nanoTime();

    timeline.after(Duration.ofMillis(20), () -> thread.complete(Thread.currentThread().getName()));

    assertThat(thread.get(30, TimeUnit.SECONDS)).isEqualTo("timeline");
    assertThat(timeline.nanoTime() - begin).isGreaterThanOrEqualTo(20_000_000L);
  }

  @Test
  void aFailingTaskHarmsNoOther() throws Exception {
    var ran = new CountDownLatch(1);
    timeline.after(
        Duration.ofSeconds(-5),
        () -> {
          throw new AssertionError("expected in this test");
        });
    timeline.after(Duration.ZERO, ran::countDown);

    assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aCancelledTaskDoesNotRun() throws Exception {
    var ran = new CountDownLatch(1);
    var other = new CountDownLatch(1);
    Timeline.Deferred task = timeline.after(Duration.ofMillis(50), ran::countDown);

    assertThat(task.cancel()).isTrue();
    timeline.after(Duration.ofMillis(60), other::countDown);

    assertThat(other.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(ran.getCount()).isEqualTo(1);
  }

  @Test
  void aDelayBeyondAllTimeIsNoError() {
    assertThat(timeline.after(Duration.ofSeconds(Long.MAX_VALUE), () -> {}).cancel()).isTrue();
  }

  @Test
  void takesNoTasksAfterTheStop() {
    timeline.stop();

    assertThat(timeline.after(Duration.ZERO, () -> {}).cancel()).isFalse();
  }
}
