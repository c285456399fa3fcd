package dev.thresher.runtime.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ProgramTest {

  private static final Duration GRACE = Duration.ofSeconds(30);

  private final List<Integer> halts = new CopyOnWriteArrayList<>();
  private final ShutdownSignal signal = new ShutdownSignal(halts::add);

  @Test
  void endsWithTheStatusOfTheFirstRequest() throws Exception {
    signal.request(1, "lease lost");
    signal.request(0, "too late");

    assertThat(Program.run(Lifecycle.of(new Part()), signal, GRACE)).isEqualTo(1);
  }

  @Test
  void aSignalEndsItInOrderWithStatusZero() throws Exception {
    var part = new Part();
    signal.received("TERM");

    assertThat(Program.run(Lifecycle.of(part), signal, GRACE)).isZero();
    assertThat(halts).isEmpty();
  }

  @Test
  void aSecondSignalEndsItAtOnce() {
    signal.received("TERM");
    signal.received("INT");

    assertThat(halts).containsExactly(1);
  }

  @Test
  void aFailedStartIsStatusOne() throws Exception {
    var part =
        new Part() {
          @Override
          public void start() {
            throw new IllegalStateException("expected in this test");
          }
        };

    assertThat(Program.run(Lifecycle.of(part), signal, GRACE)).isEqualTo(1);
    assertThat(signal.isRequested()).isTrue();
  }

  @Test
  void doesNotWaitLongerThanTheGrace() throws Exception {
    var never = new CountDownLatch(1);
    var part =
        new Part() {
          @Override
          public void stop() {
            try {
              never.await();
            } catch (InterruptedException _) {
              Thread.currentThread().interrupt();
            }
          }
        };
    signal.request(0, "end");

    assertThat(Program.run(Lifecycle.of(part), signal, Duration.ofMillis(100))).isIn(0, 1);
    never.countDown();
  }

  @Test
  void doesNotWaitForAStartThatIgnoresInterrupts() throws Exception {
    var entered = new CountDownLatch(1);
    var released = new CountDownLatch(1);
    var part =
        new Part() {
          @Override
          public void start() {
            entered.countDown();
            while (released.getCount() > 0) {
              try {
                released.await();
              } catch (InterruptedException _) {
                // What this test is about.
              }
            }
          }
        };
    Thread.startVirtualThread(() -> {
      try {
        entered.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
      signal.request(0, "end");
    });

    assertThat(Program.run(Lifecycle.of(part), signal, Duration.ofMillis(100))).isEqualTo(1);
    released.countDown();
  }

  private static class Part implements Component {
    @Override
    public String name() {
      return "part";
    }

    @Override
    public void start() {}

    @Override
    public void stop() {}
  }
}
