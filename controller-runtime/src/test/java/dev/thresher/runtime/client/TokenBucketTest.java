package dev.thresher.runtime.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.thresher.runtime.time.VirtualTimeline;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TokenBucketTest {

  private static final Duration LONG = Duration.ofMinutes(1);

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final TokenBucket bucket = new TokenBucket(timeline, 10, 3);

  @Test
  void letsABurstThroughAndThenOnePerInterval() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(bucket.acquire(LONG)).isZero();
    }
    assertThat(bucket.acquire(Duration.ofMillis(99))).isNegative();

    timeline.advance(Duration.ofMillis(100));
    assertThat(bucket.acquire(LONG)).isZero();
    assertThat(bucket.acquire(Duration.ZERO)).isEqualTo(Duration.ofMillis(-100));
  }

  @Test
  void fillsUpToTheBurstAndNoFurther() throws Exception {
    timeline.advance(Duration.ofHours(1));
    for (int i = 0; i < 3; i++) {
      assertThat(bucket.acquire(LONG)).isZero();
    }
    assertThat(bucket.acquire(Duration.ZERO)).isNegative();
  }

  @Test
  void waitersAreLetGoInTurn() throws Exception {
    var through = new AtomicInteger();
    for (int i = 0; i < 3; i++) {
      bucket.acquire(LONG);
    }
    for (int i = 0; i < 2; i++) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              bucket.acquire(LONG);
              through.incrementAndGet();
            } catch (InterruptedException _) {
              Thread.currentThread().interrupt();
            }
          });
    }
    await().until(() -> timeline.pending() == 2);

    timeline.advance(Duration.ofMillis(100));
    await().untilAtomic(through, org.hamcrest.Matchers.is(1));
    timeline.advance(Duration.ofMillis(100));
    await().untilAtomic(through, org.hamcrest.Matchers.is(2));
  }
}
