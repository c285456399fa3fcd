package dev.thresher.ccm.controllers.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.EnsureResult.StatusWriter;
import dev.thresher.ccm.cloudprovider.IngressPoint;
import io.kubernetes.client.openapi.models.V1Condition;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ReadinessTest {

  private static final String TYPE = "thresher.dev/LoadBalancerReady";
  private static final OffsetDateTime BEFORE = OffsetDateTime.parse("2026-01-01T10:00:00Z");
  private static final Instant NOW = Instant.parse("2026-01-01T11:00:00.5Z");
  private static final String NOW_TEXT = "2026-01-01T11:00Z";

  private static V1Condition condition(String type, String status, String reason, String message) {
    return new V1Condition()
        .type(type)
        .status(status)
        .reason(reason)
        .message(message)
        .lastTransitionTime(BEFORE);
  }

  private static final V1Condition FOREIGN = condition("example.com/Seen", "True", "Seen", "");

  private static String text(V1Condition condition) {
    return "%s %s %s: %s"
        .formatted(
            condition.getStatus(),
            condition.getReason(),
            condition.getLastTransitionTime(),
            condition.getMessage());
  }

  private static Readiness readiness(String word) {
    return switch (word) {
      case "good" -> new Readiness.Good();
      case "waiting" -> new Readiness.Waiting("x");
      case "bad" -> new Readiness.Bad("PoolExhausted", "p is full");
      case "worse" -> new Readiness.Bad("PoolExhausted", "q is full");
      case "unsaid" -> new Readiness.Unsaid();
      default -> throw new IllegalArgumentException(word);
    };
  }

  /// What stands there, what is to be said, what comes of it; "-" is no condition, "=" no write.
  @ParameterizedTest(name = "{0}, {1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "-       | good    | =",
        "-       | waiting | =",
        "-       | unsaid  | =",
        "-       | bad     | False PoolExhausted 2026-01-01T11:00Z: p is full",
        "bad     | bad     | =",
        "bad     | worse   | False PoolExhausted 2026-01-01T10:00Z: q is full",
        "bad     | waiting | False Pending 2026-01-01T10:00Z: waiting for x",
        "bad     | good    | True Ensured 2026-01-01T11:00Z: it is as the Service asks for it",
        "bad     | unsaid  | -",
        "waiting | waiting | =",
        "waiting | bad     | False PoolExhausted 2026-01-01T10:00Z: p is full",
        "good    | good    | =",
        "good    | bad     | False PoolExhausted 2026-01-01T11:00Z: p is full",
        "good    | waiting | False Pending 2026-01-01T11:00Z: waiting for x",
        "good    | unsaid  | -"
      })
  void isWrittenOnlyOnceThereWasTrouble(String before, String now, String expected) {
    List<V1Condition> present =
        switch (before) {
          case "-" -> List.of(FOREIGN);
          case "bad" -> List.of(condition(TYPE, "False", "PoolExhausted", "p is full"), FOREIGN);
          case "waiting" -> List.of(condition(TYPE, "False", "Pending", "waiting for x"), FOREIGN);
          case "good" ->
              List.of(
                  FOREIGN, condition(TYPE, "True", "Ensured", "it is as the Service asks for it"));
          default -> throw new IllegalArgumentException(before);
        };
    Optional<List<V1Condition>> written = readiness(now).among(present, NOW);
    if (expected.equals("=")) {
      assertThat(written).isEmpty();
      return;
    }
    assertThat(written).isPresent();
    assertThat(written.get()).contains(FOREIGN);
    assertThat(written.get().stream().filter(c -> TYPE.equals(c.getType())).map(c -> text(c)))
        .containsExactlyElementsOf(expected.equals("-") ? List.of() : List.of(expected));
    // What was written stands.
    assertThat(readiness(now).among(written.get(), NOW.plusSeconds(60))).isEmpty();
  }

  @Test
  void aMessageFitsIntoACondition() {
    var endless = new Readiness.Bad("Refused", "x".repeat(100_000));
    List<V1Condition> written = endless.among(List.of(), NOW).orElseThrow();
    assertThat(written.getFirst().getMessage()).hasSize(Readiness.MAX_MESSAGE);
    assertThat(endless.among(written, NOW)).isEmpty();
    assertThat(String.valueOf(written.getFirst().getLastTransitionTime())).isEqualTo(NOW_TEXT);
  }

  private static Stream<Arguments> states() {
    var answered = new State.Done(List.of(IngressPoint.vip("192.0.2.1")), StatusWriter.CONTROLLER);
    var unanswered = new State.Done(List.of(), StatusWriter.ELSEWHERE);
    return Stream.of(
        Arguments.of(answered, new Readiness.Good()),
        Arguments.of(unanswered, new Readiness.Waiting("somebody to answer the address")),
        Arguments.of(
            new State.Impaired(answered, "NoReadyBackend", "nobody"),
            new Readiness.Bad("NoReadyBackend", "nobody")),
        Arguments.of(new State.Pending("y"), new Readiness.Waiting("y")),
        Arguments.of(new State.RetryAfter(Duration.ofSeconds(1), "z"), new Readiness.Waiting("z")),
        Arguments.of(new State.Blocked("R", "m"), new Readiness.Bad("R", "m")),
        Arguments.of(new State.ImplementedElsewhere(), new Readiness.Unsaid()));
  }

  @ParameterizedTest
  @MethodSource("states")
  void followsTheWordOfTheCloud(State state, Readiness expected) {
    assertThat(Readiness.of(state)).isEqualTo(expected);
  }
}
