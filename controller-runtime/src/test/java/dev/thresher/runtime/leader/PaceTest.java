package dev.thresher.runtime.leader;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaceTest {

  @ParameterizedTest
  @CsvSource({
    "true,0,2000",
    "true,0.5,3200",
    "true,1,4400",
    // A release waits for the look: never longer than the retry period.
    "false,0,2000",
    "false,0.5,1900",
    "false,1,1800"
  })
  void spreadsCandidates(boolean watching, double random, long millis) {
    assertThat(new Pace(Duration.ofSeconds(2)).candidate(watching, random))
        .isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest(name = "every {0} ms, random {1}: {2} ms")
  @CsvSource({
    "2000,0,500",
    "2000,1,750",
    "26000,0,6500",
    "26000,1,9750",
    // Not so often that it is a load, and never less often than when all is well.
    "500,0,200",
    "500,1,200",
    "150,0,150",
    "10,1,10"
  })
  void looksSoonerWhileRenewalsFail(long period, double random, long millis) {
    assertThat(new Pace(Duration.ofMillis(period)).notRenewed(random))
        .isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @CsvSource({"2000,200", "10,1"})
  void looksAtOnceWhoWon(long period, long millis) {
    Pace pace = new Pace(Duration.ofMillis(period));
    assertThat(pace.raced()).isEqualTo(Duration.ofMillis(millis));
    assertThat(pace.renewed()).isEqualTo(Duration.ofMillis(period));
  }
}
