package dev.thresher.runtime.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.queue.Backoff;
import dev.thresher.runtime.time.VirtualTimeline;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ControllerTest {

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final BlockingQueue<String> calls = new LinkedBlockingQueue<>();
  private @Nullable Controller<String> controller;

  @AfterEach
  void stop() {
    if (controller != null) {
      controller.stop();
    }
  }

  @Test
  void reconcilesWhatWasPutInBeforeTheStart() throws Exception {
    var it = make(_ -> Result.done());
    it.enqueue("a");
    it.start();

    assertThat(nextCall()).isEqualTo("a");
    awaitIdle(it);
    assertThat(timeline.pending()).isZero();
  }

  @Test
  void looksAgainAfterTheTimeAskedFor() throws Exception {
    var it = make(_ -> Result.after(Duration.ofSeconds(30)));
    it.start();
    it.enqueue("a");
    assertThat(nextCall()).isEqualTo("a");
    awaitIdle(it);

    timeline.advance(Duration.ofSeconds(29));
    assertThat(calls).isEmpty();
    timeline.advance(Duration.ofSeconds(1));

    assertThat(nextCall()).isEqualTo("a");
  }

  @Test
  void aFailureIsTriedAgainWithGrowingDelay() throws Exception {
    var it = make(_ -> Result.failed("expected in this test"));
    it.start();
    it.enqueue("a");

    for (int i = 0; i < 4; i++) {
      assertThat(nextCall()).isEqualTo("a");
      awaitIdle(it);
      assertThat(timeline.untilNext()).contains(Duration.ofMillis(5L << i));
      timeline.advance(Duration.ofMillis(5L << i));
    }
  }

  @Test
  void successForgetsFailures() throws Exception {
    var outcomes = new ArrayList<Result>(List.of(Result.failed("1"), Result.done()));
    var it = make(_ -> outcomes.removeFirst());
    it.start();
    it.enqueue("a");
    nextCall();
    awaitIdle(it);
    assertThat(it.queue().failures("a")).isEqualTo(1);

    timeline.advance(Duration.ofMillis(5));
    nextCall();
    awaitIdle(it);

    assertThat(it.queue().failures("a")).isZero();
  }

  @Test
  void exceptionsAndErrorsAreFailuresAndTheWorkerLives() throws Exception {
    var outcomes =
        new ArrayList<Throwable>(
            List.of(
                new IllegalStateException("expected in this test"),
                new StackOverflowError("expected in this test"),
                new IOException("expected in this test")));
    var it =
        make(_ -> {
          if (outcomes.isEmpty()) {
            return Result.done();
          }
          switch (outcomes.removeFirst()) {
            case Exception e -> throw e;
            case Error e -> throw e;
            case Throwable t -> throw new AssertionError(t);
          }
        });
    it.start();
    it.enqueue("a");

    for (int i = 0; i < 3; i++) {
      assertThat(nextCall()).isEqualTo("a");
      awaitIdle(it);
      timeline.advance(timeline.untilNext().orElseThrow());
    }
    assertThat(nextCall()).isEqualTo("a");
    awaitIdle(it);
    assertThat(it.queue().failures("a")).isZero();
  }

  @Test
  void waitsAsLongAsAThrottlingServerAsks() throws Exception {
    var it =
        make(_ -> {
          throw new KubeApiException(
              Reason.THROTTLED, 429, "slow down", Optional.of(Duration.ofSeconds(7)), null);
        });
    it.start();
    it.enqueue("a");
    nextCall();
    awaitIdle(it);

    assertThat(timeline.untilNext()).contains(Duration.ofSeconds(7));
  }

  @Test
  void aConflictIsTriedAgainSoon() throws Exception {
    var it =
        make(_ -> {
          throw new KubeApiException(Reason.CONFLICT, 409, "stale", Optional.empty(), null);
        });
    it.start();
    it.enqueue("a");
    nextCall();
    awaitIdle(it);

    assertThat(timeline.untilNext()).contains(Duration.ofMillis(5));
  }

  @Test
  void beginsWithLeadership() throws Exception {
    var leadership = new ManualLeadership();
    var it =
        track(
            Controller.builder("test", this::recordCall, timeline)
                .onlyWhenLeading(leadership)
                .build());
    it.enqueue("a");
    it.start();
    assertThat(it.queue().depth()).isEqualTo(1);

    leadership.begin();

    assertThat(nextCall()).isEqualTo("a");
  }

  @Test
  void aDeposedLeaderReconcilesNothing() throws Exception {
    var leadership = new ManualLeadership();
    var it =
        track(
            Controller.builder("test", this::recordCall, timeline)
                .onlyWhenLeading(leadership)
                .build());
    it.start();
    leadership.begin();
    leadership.held = false;

    it.enqueue("a");
    await(() -> it.queue().snapshot().delayed() == 1);

    assertThat(calls).isEmpty();
  }

  @Test
  void severalWorkersWorkAtOnce() throws Exception {
    var inside = new CountDownLatch(3);
    var it =
        track(
            Controller.<String>builder(
                    "test",
                    key -> {
                      inside.countDown();
                      inside.await();
                      return recordCall(key);
                    },
                    timeline)
                .workers(3)
                .build());
    it.start();
    it.enqueue("a");
    it.enqueue("b");
    it.enqueue("c");

    assertThat(List.of(nextCall(), nextCall(), nextCall()))
        .containsExactlyInAnyOrder("a", "b", "c");
  }

  @Test
  void stopLetsRunningReconcilesEnd() throws Exception {
    var entered = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    var it =
        make(_ -> {
          entered.countDown();
          go.await();
          calls.add("ended");
          return Result.done();
        });
    it.start();
    it.enqueue("a");
    entered.await();
    var stopper = Thread.startVirtualThread(it::stop);
    await(() -> stopper.getState() == Thread.State.TIMED_WAITING);
    go.countDown();
    stopper.join();

    assertThat(calls).containsExactly("a", "ended");
  }

  @Test
  void stopInterruptsReconcilesThatTakeTooLong() throws Exception {
    var entered = new CountDownLatch(1);
    var it =
        track(
            Controller.<String>builder(
                    "test",
                    _ -> {
                      entered.countDown();
                      try {
                        new CountDownLatch(1).await();
                      } catch (InterruptedException e) {
                        calls.add("interrupted");
                        throw e;
                      }
                      return Result.done();
                    },
                    timeline)
                .stopGrace(Duration.ofMillis(50))
                .build());
    it.start();
    it.enqueue("a");
    entered.await();

    it.stop();

    assertThat(calls).containsExactly("interrupted");
  }

  @Test
  void stopsWithoutEverHavingLed() {
    var it =
        track(
            Controller.builder("test", this::recordCall, timeline)
                .onlyWhenLeading(new ManualLeadership())
                .build());
    it.start();

    it.stop();

    assertThat(calls).isEmpty();
  }

  private Controller<String> make(Reconciler<String> reconciler) {
    return track(
        Controller.<String>builder(
                "test",
                key -> {
                  calls.add(key);
                  return reconciler.reconcile(key);
                },
                timeline)
            .backoff(new Backoff(Duration.ofMillis(5), Duration.ofSeconds(10)))
            .build());
  }

  private Controller<String> track(Controller<String> made) {
    controller = made;
    return made;
  }

  private Result recordCall(String key) {
    calls.add(key);
    return Result.done();
  }

  private String nextCall() throws InterruptedException {
    return Optional.ofNullable(calls.poll(30, TimeUnit.SECONDS)).orElseThrow();
  }

  /// Until no key waits or is worked on.
  private static void awaitIdle(Controller<?> controller) {
    await(() -> {
      var look = controller.queue().snapshot();
      return look.depth() == 0 && look.running() == 0;
    });
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("condition not reached in 30 s");
      }
      Thread.onSpinWait();
    }
  }

  private static final class ManualLeadership implements Leadership {
    private final List<Runnable> actions = new ArrayList<>();
    private volatile boolean held;

    @Override
    public boolean held() {
      return held;
    }

    @Override
    public void onceStarted(Runnable action) {
      actions.add(action);
    }

    void begin() {
      held = true;
      actions.forEach(Runnable::run);
    }
  }
}
