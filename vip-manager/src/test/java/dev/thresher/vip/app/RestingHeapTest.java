package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.app.RestingHeap.Seen;
import dev.thresher.vip.app.RestingHeap.State;
import org.junit.jupiter.api.Test;

class RestingHeapTest {

  private static final long MB = 1L << 20;

  private static Seen seen(long megabytes, long collections) {
    return new Seen(megabytes * MB, collections);
  }

  @Test
  void aHeapThatHasGrownIsGivenBackAtRest() {
    State state = State.begin(seen(4, 0));
    assertThat(state.isDue(seen(8, 0))).as("small").isFalse();
    assertThat(state.isDue(seen(40, 9))).as("busy").isFalse();
    state = state.seen(seen(40, 9));
    assertThat(state.isDue(seen(40, 10))).as("at rest").isTrue();
  }

  @Test
  void notAgainBeforeItHasGrownAndAMinuteHasPassed() {
    State state = State.begin(seen(4, 0)).trimmed(seen(20, 1));
    for (int looks = 0; looks < 12; looks++) {
      assertThat(state.isDue(seen(44, 2))).as("look %d", looks).isFalse();
      state = state.seen(seen(20, 1));
    }
    assertThat(state.isDue(seen(24, 2))).as("hardly grown").isFalse();
    assertThat(state.isDue(seen(26, 2))).isTrue();
  }
}
