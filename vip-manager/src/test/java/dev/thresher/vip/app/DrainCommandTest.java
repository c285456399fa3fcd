package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.vip.app.StatusSocket.Question;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DrainCommandTest {

  private static final String HOLDS =
      """
      {"node": "n1", "draining": "asked", "addresses": [
        {"address": "192.0.2.7", "here": "answered on eth0", "because": "no other"},
        {"address": "192.0.2.8", "holder": "n2"}]}
      """;
  private static final String EMPTY =
      """
      {"node": "n1", "draining": "", "addresses": []}
      """;

  private final List<Question> asked = Collections.synchronizedList(new ArrayList<>());
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  private boolean run(Path folder, Function<Question, String> answers, String... arguments) {
    Path path = folder.resolve("vip.sock");
    var socket =
        new StatusSocket(
            path,
            question -> {
              asked.add(question.question());
              return answers.apply(question.question());
            });
    socket.start();
    try {
      return DrainCommand.run(
          List.of(arguments),
          Map.of("vip_status_socket", path.toString()),
          new PrintStream(printed, true, StandardCharsets.UTF_8));
    } finally {
      socket.stop();
    }
  }

  @Test
  void waitsUntilNothingIsHeld(@TempDir Path folder) {
    assertThat(run(folder, question -> asked.size() < 3 ? HOLDS : EMPTY)).isTrue();
    assertThat(asked).containsExactly(Question.DRAIN, Question.STATUS, Question.STATUS);
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .isEqualTo("node n1 holds nothing any more, of 1 address\n");
  }

  @Test
  void saysWhatStays(@TempDir Path folder) {
    assertThat(run(folder, question -> HOLDS, "--wait", "0")).isFalse();
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .isEqualTo("node n1 still holds 1, of 1 address\n  192.0.2.7: no other\n");
  }

  @Test
  void undoesIt(@TempDir Path folder) {
    assertThat(run(folder, question -> EMPTY, "--undo")).isTrue();
    assertThat(asked).containsExactly(Question.UNDRAIN);
    assertThat(run(folder, question -> HOLDS, "--undo")).isFalse();
    assertThat(printed.toString(StandardCharsets.UTF_8)).contains("still being drained: asked");
  }

  /// Who would take an address over is not known there, so nothing is waited for.
  @Test
  void withKubeVipsLeasesADrainIsRefusedWithTheReason(@TempDir Path folder) {
    List<Boolean> drains = new ArrayList<>();
    Function<Question, String> process =
        question -> {
          JsonObject report = JsonParser.parseString(HOLDS).getAsJsonObject();
          DrainRequest.say(
              DrainRequest.of(question == Question.DRAIN, Profile.COMPATIBLE, drains::add), report);
          return report.toString();
        };
    assertThatThrownBy(() -> run(folder, process))
        .isInstanceOf(SettingValues.WrongUsageException.class)
        .hasMessageContaining("profile compatible")
        .hasMessageContaining("stop vip-manager on this node");
    assertThat(drains).isEmpty();
    assertThat(asked).containsExactly(Question.DRAIN);
    run(folder, process, "--undo");
    assertThat(drains).containsExactly(false);
  }

  @Test
  void withTheFullProfileADrainIsBegunAndEnded() {
    List<Boolean> drains = new ArrayList<>();
    assertThat(DrainRequest.of(true, Profile.FULL, drains::add)).isEmpty();
    assertThat(DrainRequest.of(false, Profile.FULL, drains::add)).isEmpty();
    assertThat(drains).containsExactly(true, false);
  }

  @Test
  void aWrongCallIsRefused(@TempDir Path folder) {
    assertThatThrownBy(() -> run(folder, question -> HOLDS, "--wait=soon"))
        .hasMessageContaining("--wait")
        .hasMessageContaining("\"soon\"");
    String nobody = folder.resolve("none").toString();
    assertThatThrownBy(() ->
            DrainCommand.run(
                List.of(),
                Map.of("vip_status_socket", nobody),
                new PrintStream(printed, true, StandardCharsets.UTF_8)))
        .hasMessageContaining("no vip-manager answers at " + nobody);
    assertThat(asked).isEmpty();
  }
}
