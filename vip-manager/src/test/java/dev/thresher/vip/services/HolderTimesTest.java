package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.election.Holder;
import java.net.InetAddress;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HolderTimesTest {

  private static final InetAddress A = ip("10.0.0.1");
  private static final InetAddress B = ip("fd00::1");
  private static final Holder ONE = Holder.heard("n1", "a", 3);

  @Test
  void countsFromWhenAHolderWasSeenFirst() {
    var times = new HolderTimes();
    times.saw(Map.of(A, ONE), 10);
    Holder other = Holder.heard("n2", "b", 1);
    times.saw(Map.of(A, ONE, B, other), 20);
    assertThat(times.since())
        .containsOnly(
            Map.entry(A, new HolderTimes.Since(ONE, 10, true)),
            Map.entry(B, new HolderTimes.Since(other, 20, false)));
    Holder again = Holder.heard("n1", "a", 4);
    times.saw(Map.of(A, again), 30);
    assertThat(times.since())
        .as("it was not held for a moment")
        .containsOnly(Map.entry(A, new HolderTimes.Since(again, 30, false)));
  }

  @Test
  void whatIsHeldAfterNothingWasSeenIsNew() {
    var times = new HolderTimes();
    times.saw(Map.of(), 10);
    times.saw(Map.of(A, ONE), 20);
    assertThat(times.since()).containsEntry(A, new HolderTimes.Since(ONE, 20, false));
  }
}
