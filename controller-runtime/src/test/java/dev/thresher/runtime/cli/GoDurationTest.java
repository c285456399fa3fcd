package dev.thresher.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class GoDurationTest {

  @ParameterizedTest
  @CsvSource({
    "0, PT0S, 0s",
    "15s, PT15S, 15s",
    "1h2m3s, PT1H2M3S, 1h2m3s",
    "100ms, PT0.1S, 100ms",
    "1.5h, PT1H30M, 1h30m",
    ".5s, PT0.5S, 500ms",
    "1.s, PT1S, 1s",
    "+5m, PT5M, 5m",
    "-1.5s, PT-1.5S, -1.5s",
    "3us, PT0.000003S, 3us",
    "3µs, PT0.000003S, 3us",
    "7ns, PT0.000000007S, 7ns",
    "1500us, PT0.0015S, 1.5ms",
    "90s, PT1M30S, 1m30s",
    "1m500ms, PT1M0.5S, 1m0.5s",
    "2562047h, PT2562047H, 2562047h"
  })
  void readsAndWrites(String text, Duration value, String written) {
    assertThat(GoDuration.parse(text)).isEqualTo(value);
    assertThat(GoDuration.format(value)).isEqualTo(written);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "5", "s", "1d", "1 s", "1h ", "PT5S", "--1s", "1s2", "1e3s", "9999999h"})
  void refusesWhatGoRefuses(String text) {
    assertThatThrownBy(() -> GoDuration.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"" + text + "\"");
  }

  @Property
  boolean whatIsWrittenCanBeRead(@ForAll @LongRange(min = -Long.MAX_VALUE) long nanos) {
    Duration value = Duration.ofNanos(nanos);
    return GoDuration.parse(GoDuration.format(value)).equals(value);
  }
}
