package dev.thresher.vip.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.controlplane.ServerHealth.Answer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerHealthTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  /// W well, S sick, R refused, F failed; what it is after each.
  @ParameterizedTest
  @CsvSource({
    "W, W",
    "S, -",
    "WSSW, WWWW",
    "WSSS, WWW-",
    "WRRR, WWW-",
    "WFSR, WWW-",
    "WSSWSSW, WWWWWWW",
    "WSSSSW, WWW--W",
    "SSSSSW, -----W",
  })
  void threeFailuresInARowEndItAndOneGoodAnswerBeginsIt(String answers, String expected) {
    ServerHealth health = ServerHealth.UNKNOWN;
    StringBuilder seen = new StringBuilder();
    for (int i = 0; i < answers.length(); i++) {
      health = health.after(answer(answers.charAt(i)), 3);
      seen.append(health.well() ? 'W' : '-');
    }
    assertThat(seen).hasToString(expected);
  }

  @Test
  void aClosedPortIsTriedAgainSoonWhileTheServerCountsAsWell() {
    ServerHealth well = ServerHealth.UNKNOWN.after(answer('W'), 3);
    ServerHealth shaken = well.after(answer('R'), 3);
    assertThat(shaken.pause(answer('R'), SECOND)).isEqualTo(ServerHealth.SOON);
    assertThat(shaken.pause(answer('S'), SECOND)).isEqualTo(SECOND);
    assertThat(shaken.pause(answer('R'), Duration.ofMillis(100))).hasMillis(100);
    assertThat(ServerHealth.UNKNOWN.pause(answer('R'), SECOND)).isEqualTo(SECOND);
  }

  private static Answer answer(char letter) {
    return switch (letter) {
      case 'W' -> new Answer.Well();
      case 'S' -> new Answer.Sick("500");
      case 'R' -> new Answer.Refused();
      default -> new Answer.Failed("timeout");
    };
  }
}
