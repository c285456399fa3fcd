package dev.thresher.e2e.soak.vip;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.lab.Claim;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SightingsTest {

  private static final String ADDRESS = "192.0.2.7";

  /// Words are `NODE@MILLISECONDS`, with a `!` for an announcement that nobody asked for.
  @ParameterizedTest
  @CsvSource({
    "'', 0",
    "a@0 a@10 a@20, 0",
    "a@0 b@10 b@20, 0",
    "a@0 b@10 a@20, 1",
    "a@0 b@10 a!@20, 1",
    "a@0 b!@10 a@20, 1",
    "a@0 b@10 a@20 b@30, 2",
    "a@0 b@10 a@509, 1",
    "a@0 b@10 a@510, 0",
    "a@0 b@10 c@20 a@30, 0",
    "a@0 x@10, 1",
  })
  void countsEveryWordOfAnOldHolder(String words, int faults) {
    assertThat(seen(words).takeFaults()).hasSize(faults);
  }

  @ParameterizedTest
  @CsvSource({
    "a@0 b@10, b, 15, a@20, 0",
    "a@0 b@10, b, 15, a@20 b@30, 1",
    "a@0 b@10, b, 5, a@20, 1",
    "a@0 b@10, b, 25, a@20, 1",
    "a@0 b@10, a, 15, a@20, 1",
  })
  void whoeverHasEndedMayBeFollowed(String before, String node, int end, String after, int faults) {
    Sightings sightings = seen(before);
    sightings.ends(node, Duration.ofMillis(end).toNanos());
    sightings.add(claims(after));
    assertThat(sightings.takeFaults()).hasSize(faults);
  }

  @Test
  void namesTheAddressAndBothNodes() {
    assertThat(seen("a@0 b@10 a@12").takeFaults())
        .containsExactly("192.0.2.7: a spoke (arp-reply) 2000 µs after b had taken it over");
  }

  @ParameterizedTest
  @CsvSource({"a@0 a@10 a@40 a@50, 30", "a@0 b@80, 80", "a@0 a!@10 a@40, 40", "a@5, 0"})
  void takesTheTimeBetweenAnswers(String words, int millis) {
    Sightings sightings = seen(words);
    assertThat(sightings.takeLongestGap()).isEqualTo(Duration.ofMillis(millis));
    assertThat(sightings.takeLongestGap()).isZero();
  }

  @Test
  void knowsWhoHoldsAndWhetherItAnswers() {
    Sightings sightings = seen("a@0 b!@10");
    assertThat(sightings.holder()).isEqualTo("b");
    assertThat(sightings.answeredFrom(0)).isTrue();
    assertThat(sightings.answeredFrom(1)).isFalse();
    assertThat(sightings.takeMoves()).containsExactly("192.0.2.7: nobody → a", "192.0.2.7: a → b");
  }

  private static Sightings seen(String words) {
    var sightings = new Sightings(ADDRESS, Map.of("ma", "a", "mb", "b", "mc", "c"));
    sightings.add(claims(words));
    return sightings;
  }

  private static List<Claim> claims(String words) {
    return Arrays.stream(words.split(" "))
        .filter(word -> !word.isEmpty())
        .map(SightingsTest::claim)
        .toList();
  }

  private static Claim claim(String word) {
    List<String> parts = List.of(word.split("@"));
    boolean asked = !parts.getFirst().endsWith("!");
    String mac = "m" + parts.getFirst().replace("!", "");
    return new Claim(
        Duration.ofMillis(Long.parseLong(parts.getLast())).toNanos(),
        mac,
        mac,
        asked ? "arp-reply" : "arp-request",
        asked,
        ADDRESS);
  }
}
