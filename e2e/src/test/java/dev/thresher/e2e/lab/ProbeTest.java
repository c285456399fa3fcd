package dev.thresher.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProbeTest {
  private static Attempt answered(long start, long end) {
    return new Attempt(0, start, end, true, 200, "x", "x", null);
  }

  private static Attempt failed(long start, long end) {
    return new Attempt(0, start, end, false, 0, null, null, "refused");
  }

  @Test
  void findsTheAnswerThatArrivedFirst() {
    var attempts = List.of(failed(0, 10), answered(5, 40), answered(20, 30), answered(25, 50));

    assertThat(Probe.firstAnswer(attempts, 0)).contains(answered(20, 30));
    assertThat(Probe.firstAnswer(attempts, 31)).contains(answered(5, 40));
    assertThat(Probe.firstAnswer(attempts, 51)).isEmpty();
  }

  @Test
  void measuresTheLongestGapBetweenArrivals() {
    var attempts = List.of(answered(0, 10), failed(10, 20), answered(60, 100), answered(20, 30));

    assertThat(Probe.longestGap(attempts)).isEqualTo(Duration.ofNanos(70));
    assertThat(Probe.longestGap(List.of())).isZero();
  }

  @Test
  void leavesOutGapsThatEndedBefore() {
    var attempts = List.of(answered(0, 10), answered(60, 100), answered(100, 130));

    assertThat(Probe.longestGap(attempts, 101)).isEqualTo(Duration.ofNanos(30));
    assertThat(Probe.longestGap(attempts, 100)).isEqualTo(Duration.ofNanos(90));
    assertThat(Probe.longestGap(attempts, 131)).isZero();
  }
}
