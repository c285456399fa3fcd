package dev.thresher.loadbalancer.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.loadbalancer.health.Verdict.Health;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HysteresisTest {

  private static Check check(int successes, int failures) {
    return new Check(
        new Probe.Tcp(), 80, successes, failures, Duration.ofSeconds(1), Duration.ofSeconds(1));
  }

  private static Outcome outcome(char letter) {
    return switch (letter) {
      case '+' -> Outcome.PASSED;
      case '?' -> new Outcome.Inconclusive("no file descriptor left");
      default -> new Outcome.Failed(String.valueOf(letter), "failed");
    };
  }

  private static Verdict start(String word) {
    return switch (word) {
      case "up" -> Verdict.UP;
      case "unknown" -> Verdict.UNKNOWN;
      default -> new Verdict(Health.DOWN, word, "failed");
    };
  }

  /// `u` up, `n` not known, else the reason for being down.
  private static String letter(Verdict verdict) {
    return switch (verdict.health()) {
      case UP -> "u";
      case UNKNOWN -> "n";
      case DOWN -> verdict.reason();
    };
  }

  /// Answers in a row, `+` for one that passed, a letter for the reason of a failure; below what is
  /// held after each.
  @ParameterizedTest(name = "{0}/{1} from {2}: {3}")
  @CsvSource({
    // What is new takes part after so many successes, and not before.
    "2, 2, unknown, ++++, nuuu",
    "1, 3, unknown, +aaaa, uuuaa",
    "3, 1, unknown, ++a+++, nnaaau",
    "2, 2, unknown, aa++, naau",
    "2, 2, unknown, +a+a+a, nnnnnn",
    // One lost answer harms nobody, and one lucky one helps nobody.
    "2, 2, up, a+a+a+, uuuuuu",
    "2, 2, a, +a+a+a, aaaaaa",
    "2, 2, up, aa++, uaau",
    "1, 1, up, a+a+, auau",
    "2, 3, up, aa+aaa++, uuuuuaau",
    // A back end that goes down goes with the last reason.
    "2, 2, up, ab, ub",
    // Another reason replaces the first one when it has come as often.
    "2, 3, a, bbb, aab",
    "2, 2, a, bcbcbc, aaaaaa",
    "2, 2, a, b+bb, aaab",
    "2, 2, unknown, aabb, naab",
    // What is wrong on this side counts neither way.
    "2, 2, up, a?a, uua",
    "2, 2, unknown, +?+, nnu",
    "2, 2, up, ????, uuuu",
  })
  void followsTheAnswers(
      int successes, int failures, String start, String answers, String expected) {
    Check check = check(successes, failures);
    var state = Hysteresis.from(start(start));
    var seen = new StringBuilder();
    for (int i = 0; i < answers.length(); i++) {
      state = state.after(outcome(answers.charAt(i)), check);
      seen.append(letter(state.verdict()));
    }
    assertThat(seen).hasToString(expected);
  }

  @ParameterizedTest
  @CsvSource({"up", "a", "unknown"})
  void beginsWithWhatWasKnown(String start) {
    assertThat(Hysteresis.from(start(start)).verdict()).isEqualTo(start(start));
  }

  @ParameterizedTest
  @CsvSource({"+", "a"})
  void staysAfterAMillionAnswersOfAKind(String answer) {
    Check check = check(3, 3);
    var state = Hysteresis.from(Verdict.UNKNOWN);
    for (int i = 0; i < 1_000_000; i++) {
      state = state.after(outcome(answer.charAt(0)), check);
    }
    assertThat(letter(state.verdict())).isEqualTo(answer.equals("+") ? "u" : "a");
  }
}
