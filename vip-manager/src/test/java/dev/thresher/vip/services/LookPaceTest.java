package dev.thresher.vip.services;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LookPaceTest {

  private static final long MILLI = 1_000_000;

  /// Does not matter, and may be negative: only differences count.
  private static final long BEGIN = -5 * MILLI;

  private final LookPace pace = new LookPace(BEGIN);

  @Test
  void fewShortLooksNeedNoRest() {
    long at = BEGIN;
    for (int i = 0; i < 5; i++) {
      long ended = at + 2 * MILLI;
      assertThat(pace.after(at, ended)).isEqualTo(ended);
      at = ended;
    }
    long ended = at + 2 * MILLI;
    assertThat(pace.after(at, ended)).as("the sixth").isEqualTo(ended + 4 * MILLI);
  }

  @Test
  void looksGetAThirdOfTheTimeWhileChangesPourIn() {
    long at = BEGIN;
    long looked = 0;
    for (int i = 0; i < 1000; i++) {
      long ended = at + 3 * MILLI;
      looked += 3 * MILLI;
      at = pace.after(at, ended);
    }
    assertThat((double) looked / (at - BEGIN)).isBetween(0.333, 0.335);
  }

  @Test
  void quietGivesBackWhatALookTook() {
    long at = pace.after(BEGIN, BEGIN + 10 * MILLI);
    assertThat(at).isEqualTo(BEGIN + 10 * MILLI);
    long later = at + 20 * MILLI;
    assertThat(pace.after(later, later + 10 * MILLI)).isEqualTo(later + 10 * MILLI);
    long muchLater = later + 10_000 * MILLI;
    long ended = muchLater + 11 * MILLI;
    assertThat(pace.after(muchLater, ended))
        .as("no more than a burst is saved up")
        .isEqualTo(ended + 2 * MILLI);
  }

  @Test
  void noRestIsLongerThanFiftyMilliseconds() {
    long at = BEGIN;
    for (int i = 0; i < 10; i++) {
      long ended = at + 200 * MILLI;
      assertThat(pace.after(at, ended)).isEqualTo(ended + 50 * MILLI);
      at = ended + 50 * MILLI;
    }
    long later = at + 60 * MILLI;
    assertThat(pace.after(later, later + MILLI))
        .as("a debt is not kept")
        .isLessThanOrEqualTo(later + MILLI);
  }
}
