package dev.thresher.loadbalancer.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class LookPaceTest {

  private static final Duration CALM = Duration.ofSeconds(15);

  private final LookPace pace = new LookPace(CALM);

  private Duration wrote() {
    return pace.after(true, false, true);
  }

  private Duration failed() {
    return pace.after(false, true, true);
  }

  private Duration rested() {
    return pace.after(false, false, true);
  }

  @Test
  void looksAgainAtOnceAfterAWriteButNotForEver() {
    for (int i = 0; i < LookPace.IN_A_ROW; i++) {
      assertThat(wrote()).isEqualTo(LookPace.AT_ONCE);
    }
    assertThat(wrote()).isEqualTo(Duration.ofMillis(500));
    assertThat(wrote()).isEqualTo(Duration.ofSeconds(1));
    assertThat(failed()).as("a failure between them is no rest").isEqualTo(Duration.ofSeconds(2));
    assertThat(wrote()).isEqualTo(Duration.ofSeconds(4));
    assertThat(wrote()).isEqualTo(Duration.ofSeconds(5));

    assertThat(rested()).isEqualTo(CALM);
    assertThat(wrote()).isEqualTo(LookPace.AT_ONCE);
  }

  @Test
  void triesAgainWhatFailedLessAndLessOften() {
    assertThat(failed()).isEqualTo(Duration.ofMillis(500));
    assertThat(failed()).isEqualTo(Duration.ofSeconds(1));
    assertThat(rested()).isEqualTo(CALM);
    assertThat(failed()).isEqualTo(Duration.ofMillis(500));
  }

  @Test
  void isQuickUntilTheWebhooksAnswer() {
    assertThat(pace.after(false, false, false)).isEqualTo(LookPace.AT_FIRST);
    assertThat(pace.after(false, false, false)).isEqualTo(LookPace.AT_FIRST);
  }
}
