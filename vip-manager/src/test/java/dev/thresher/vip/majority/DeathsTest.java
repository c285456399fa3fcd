package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.lease.Session;
import dev.thresher.vip.packet.IpBytes;
import java.net.InetAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Which proofs of death are believed at once.
class DeathsTest {
  private static final long BEAT = TimeUnit.MILLISECONDS.toNanos(100);
  private static final InetAddress LISTENED = IpBytes.readV4(new byte[] {10, 0, 0, 5}, 0);
  private static final InetAddress OTHER = IpBytes.readV4(new byte[] {10, 0, 0, 9}, 0);
  private static final Session PROCESS = new Session("n1", 7);

  /// Close to where it wraps.
  private long now = Long.MAX_VALUE - BEAT;

  private final Deaths deaths = new Deaths(BEAT);

  @BeforeEach
  void meet() {
    deaths.peers(Map.of("n1", Set.of(LISTENED)));
  }

  private void beats(int count, InetAddress... from) {
    for (int i = 0; i < count; i++) {
      now += BEAT;
      for (InetAddress each : from) {
        deaths.heard(PROCESS, each, now);
      }
    }
  }

  @Test
  void whoIsHeardFromWhereItListensIsDeadAtOnce() {
    beats(5, LISTENED);
    assertThat(deaths.proven(PROCESS, LISTENED, now)).isTrue();
    assertThat(deaths.due(now + 100 * BEAT)).isEmpty();
  }

  @Test
  void soIsWhoIsHeardByOtherWaysToo() {
    beats(5, LISTENED, OTHER);
    beats(3, OTHER);
    assertThat(deaths.proven(PROCESS, LISTENED, now)).as("three were lost on one way").isTrue();
  }

  @Test
  void soIsWhoWasNeverHeardOrNotLatelyOrIsAnEarlierProcess() {
    assertThat(deaths.proven(PROCESS, LISTENED, now)).as("never").isTrue();
    beats(5, OTHER);
    assertThat(deaths.proven(new Session("n1", 6), LISTENED, now)).as("earlier").isTrue();
    now += 4 * BEAT;
    assertThat(deaths.proven(PROCESS, LISTENED, now)).as("not lately").isTrue();
  }

  @Test
  void whoSpeaksOnFromAnotherAddressLives() {
    beats(5, LISTENED);
    beats(4, OTHER);
    assertThat(deaths.proven(PROCESS, LISTENED, now)).isFalse();
    for (int i = 0; i < 20; i++) {
      assertThat(deaths.due(now)).isEmpty();
      beats(1, OTHER);
    }
    now += 100 * BEAT;
    assertThat(deaths.due(now)).as("it was heard after the proof, which is void").isEmpty();
  }

  @Test
  void whoIsSilentAfterTheProofIsDead() {
    beats(5, OTHER);
    assertThat(deaths.proven(PROCESS, LISTENED, now)).isFalse();
    // On its way when the process was killed.
    beats(1, OTHER);
    now += 4 * BEAT - 1;
    assertThat(deaths.due(now)).isEmpty();
    now++;
    assertThat(deaths.due(now)).contains(PROCESS);
    assertThat(deaths.due(now)).as("each once").isEmpty();
  }

  @Test
  void aNodeThatIsGoneIsForgotten() {
    beats(5, OTHER);
    assertThat(deaths.proven(PROCESS, LISTENED, now)).isFalse();
    deaths.peers(Map.of());
    assertThat(deaths.due(now + 100 * BEAT)).isEmpty();
  }
}
