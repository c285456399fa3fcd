package dev.thresher.runtime.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BackoffTest {

  private static final Backoff UPSTREAM =
      new Backoff(Duration.ofMillis(5), Duration.ofSeconds(1000));

  @ParameterizedTest
  @CsvSource({
    "1, 5",
    "2, 10",
    "3, 20",
    "10, 2560",
    "18, 655360",
    "19, 1000000",
    "32, 1000000",
    "33, 1000000",
    // Where a shift of an int comes round to the base delay again.
    "64, 1000000",
    "65, 1000000",
    "66, 1000000",
    "2147483647, 1000000"
  })
  void doublesUpToTheCapAndStaysThere(int failures, long milliseconds) {
    assertThat(UPSTREAM.delay(failures)).isEqualTo(Duration.ofMillis(milliseconds));
  }

  @Test
  void survivesTheLongestCap() {
    var forever = new Backoff(Duration.ofNanos(1), Duration.ofSeconds(Long.MAX_VALUE));

    assertThat(forever.delay(Integer.MAX_VALUE)).isEqualTo(Duration.ofSeconds(Long.MAX_VALUE));
  }

  @Test
  void refusesNonsense() {
    assertThatThrownBy(() -> new Backoff(Duration.ZERO, Duration.ofSeconds(1)))
        .hasMessageContaining("0 < base <= max");
    assertThatThrownBy(() -> new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(1)))
        .hasMessageContaining("base PT2S and max PT1S");
  }
}
