package dev.thresher.runtime.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class LifecycleTest {

  private final List<String> steps = new CopyOnWriteArrayList<>();

  @Test
  void startsInOrderAndStopsInReverse() throws Exception {
    var lifecycle = Lifecycle.of(part("a"), part("b"), part("c"));
    assertThat(lifecycle.state()).isEqualTo(Lifecycle.State.LATENT);

    assertThat(lifecycle.start()).isTrue();
    assertThat(lifecycle.state()).isEqualTo(Lifecycle.State.STARTED);
    assertThat(lifecycle.stop()).isTrue();

    assertThat(lifecycle.state()).isEqualTo(Lifecycle.State.STOPPED);
    assertThat(steps).containsExactly("+a", "+b", "+c", "-c", "-b", "-a");
  }

  @Test
  void aFailedStartStopsWhatHadBegun() {
    var lifecycle =
        Lifecycle.of(
            part("a"),
            part(
                "b",
                () -> {
                  throw new IOException("port 10258 is taken");
                },
                () -> {}),
            part("c"));

    assertThatThrownBy(lifecycle::start)
        .isInstanceOf(StartFailedException.class)
        .hasMessage("b did not start: port 10258 is taken")
        .hasCauseInstanceOf(IOException.class);

    assertThat(steps).containsExactly("+a", "+b", "-b", "-a");
    assertThat(lifecycle.state()).isEqualTo(Lifecycle.State.STOPPED);
  }

  @Test
  void aComponentThatHangsIsLeftBehind() throws Exception {
    var never = new CountDownLatch(1);
    var lifecycle =
        Lifecycle.of(part("a"), part("hangs", () -> {}, never::await))
            .withStopDeadline(Duration.ofMillis(50));
    lifecycle.start();

    assertThat(lifecycle.stop()).isFalse();

    assertThat(steps).containsExactly("+a", "+hangs", "-hangs", "-a");
    never.countDown();
  }

  @Test
  void aComponentThatFailsToStopDoesNotKeepTheOthers() throws Exception {
    var lifecycle =
        Lifecycle.of(
            part("a"),
            part(
                "b",
                () -> {},
                () -> {
                  throw new IllegalStateException("expected in this test");
                }));
    lifecycle.start();

    assertThat(lifecycle.stop()).isFalse();
    assertThat(steps).endsWith("-b", "-a");
  }

  @Test
  void aStopDuringTheStartInterruptsIt() throws Exception {
    var entered = new CountDownLatch(1);
    var never = new CountDownLatch(1);
    var lifecycle =
        Lifecycle.of(
            part("a"),
            part(
                "waits for the API server",
                () -> {
                  entered.countDown();
                  never.await();
                },
                () -> {}),
            part("c"));
    var started = new CompletableFuture<Boolean>();
    Thread.ofPlatform()
        .start(() -> {
          try {
            started.complete(lifecycle.start());
          } catch (StartFailedException e) {
            started.completeExceptionally(e);
          }
        });
    entered.await();

    assertThat(lifecycle.stop()).isTrue();

    assertThat(started.get(30, TimeUnit.SECONDS)).isFalse();
    assertThat(steps)
        .containsExactly("+a", "+waits for the API server", "-waits for the API server", "-a");
  }

  @Test
  void aSecondStopWaitsForTheFirst() throws Exception {
    var entered = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    var lifecycle =
        Lifecycle.of(
            part(
                "a",
                () -> {},
                () -> {
                  entered.countDown();
                  go.await();
                }));
    lifecycle.start();
    var first = CompletableFuture.supplyAsync(lifecycle::stop);
    entered.await();
    var second = CompletableFuture.supplyAsync(lifecycle::stop);
    assertThat(second).isNotDone();

    go.countDown();

    assertThat(first.get(30, TimeUnit.SECONDS)).isTrue();
    assertThat(second.get(30, TimeUnit.SECONDS)).isTrue();
    assertThat(steps).containsExactly("+a", "-a");
  }

  @Test
  void whatNeverStartedNeedsNoStop() throws Exception {
    var lifecycle = Lifecycle.of(part("a"));

    assertThat(lifecycle.stop()).isTrue();
    assertThat(lifecycle.start()).isFalse();
    assertThat(steps).isEmpty();
  }

  private Component part(String name) {
    return part(name, () -> {}, () -> {});
  }

  private Component part(String name, Action start, Action stop) {
    return new Component() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void start() throws Exception {
        steps.add("+" + name);
        start.run();
      }

      @Override
      public void stop() {
        steps.add("-" + name);
        try {
          stop.run();
        } catch (RuntimeException e) {
          throw e;
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }
    };
  }

  private interface Action {
    void run() throws Exception;
  }
}
