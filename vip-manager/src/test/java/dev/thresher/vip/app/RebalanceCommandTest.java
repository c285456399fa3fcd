package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.vip.app.StatusSocket.Asked;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RebalanceCommandTest {

  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  /// A process of node n1 that has two addresses to hand over to n2.
  private static final class Played implements Function<Asked, String> {
    final Map<String, String> holders = new TreeMap<>(Map.of("192.0.2.7", "n1", "fd00::8", "n1"));
    String moving = "";
    String stuck = "";

    @Override
    public String apply(Asked asked) {
      // What was begun is done when somebody asks again.
      if (!moving.isEmpty() && !moving.equals(stuck)) {
        holders.put(moving, "n2");
        moving = "";
      }
      if (asked.question() == StatusSocket.Question.REBALANCE && moving.isEmpty()) {
        moving = asked.argument();
      }
      List<String> moves = new ArrayList<>();
      List<String> addresses = new ArrayList<>();
      holders.forEach((address, holder) -> {
        addresses.add("{'address': '" + address + "', 'holder': '" + holder + "'}");
        if (holder.equals("n1")) {
          moves.add(
              "{'addresses': ['"
                  + address
                  + "'], 'services': ['default/web'], 'to': 'n2', 'because': 'hash'}");
        }
      });
      return ("{'node': 'n1', 'addresses': "
              + addresses
              + ", 'rebalance': {'problem': '', 'moving': ["
              + (moving.isEmpty() ? "" : "'" + moving + "'")
              + "], 'moves': "
              + moves
              + "}}")
          .replace('\'', '"');
    }
  }

  private boolean run(Path folder, Function<Asked, String> answers, String... arguments) {
    Path path = folder.resolve("vip.sock");
    var socket =
        new StatusSocket(
            path,
            question -> {
              asked.add((question.question() + " " + question.argument()).strip());
              return answers.apply(question);
            });
    socket.start();
    try {
      return RebalanceCommand.run(
          List.of(arguments),
          Map.of("vip_status_socket", path.toString()),
          new PrintStream(printed, true, StandardCharsets.UTF_8));
    } finally {
      socket.stop();
    }
  }

  private String printed() {
    return printed.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aDryRunSaysWhatWouldMoveAndMovesNothing(@TempDir Path folder) {
    assertThat(run(folder, new Played(), "--dry-run")).isTrue();
    assertThat(asked).containsExactly("PLAN");
    assertThat(printed())
        .isEqualTo(
            """
            node n1 would hand over 2

            ADDRESSES  TO  BECAUSE  FOR
            192.0.2.7  n2  hash     default/web
            fd00::8    n2  hash     default/web
            """);
    printed.reset();
    assertThat(run(folder, new Played(), "--dry-run", "--json")).isTrue();
    assertThat(printed().replaceAll("\\s", ""))
        .isEqualTo(
            ("{'node':'n1','moves':[{'addresses':['192.0.2.7'],'services':['default/web'],"
                    + "'to':'n2','because':'hash'},{'addresses':['fd00::8'],"
                    + "'services':['default/web'],'to':'n2','because':'hash'}]}")
                .replace('\'', '"'));
  }

  @Test
  void handsOverOneAfterTheOtherAtMostAtTheRate(@TempDir Path folder) {
    var process = new Played();
    long began = System.nanoTime();
    assertThat(run(folder, process, "--rate", "2")).isTrue();
    assertThat(System.nanoTime() - began).isGreaterThan(500_000_000L);
    assertThat(asked)
        .containsExactly("PLAN", "REBALANCE 192.0.2.7", "PLAN", "REBALANCE fd00::8", "PLAN");
    assertThat(process.holders.values()).containsOnly("n2");
    assertThat(printed())
        .isEqualTo(
            """
            node n1 handed over 2 of 2

            ADDRESSES  TO  HOLDER  BECAUSE  FOR
            192.0.2.7  n2  n2      hash     default/web
            fd00::8    n2  n2      hash     default/web
            """);
    printed.reset();
    assertThat(run(folder, process)).isTrue();
    assertThat(printed()).isEqualTo("node n1 holds nothing that should be elsewhere\n");
  }

  @Test
  void whatStaysIsSaidAndTheOthersGo(@TempDir Path folder) {
    var process = new Played();
    process.stuck = "192.0.2.7";
    // The process gives up in the end, and keeps the address.
    Function<Asked, String> givesUp =
        question -> {
          String text = process.apply(question);
          if (asked.size() > 4 && process.moving.equals(process.stuck)) {
            process.moving = "";
            return text.replace("\"moving\": [\"192.0.2.7\"]", "\"moving\": []")
                .replaceFirst("\\{\"addresses\": \\[\"192.0.2.7\"\\][^}]*}, ", "");
          }
          return text;
        };
    assertThat(run(folder, givesUp, "--rate=100", "--json")).isFalse();
    assertThat(process.holders).isEqualTo(Map.of("192.0.2.7", "n1", "fd00::8", "n2"));
    assertThat(printed().replaceAll("\\s", ""))
        .contains("\"because\":\"hash\",\"holder\":\"n1\"")
        .contains("\"because\":\"hash\",\"holder\":\"n2\"");
  }

  @Test
  void aWrongCallAndAProcessThatCannotAreRefused(@TempDir Path folder) {
    for (String rate : List.of("--rate=0", "--rate=many", "--rate=101")) {
      assertThatThrownBy(() -> run(folder, new Played(), rate))
          .isInstanceOf(SettingValues.WrongUsageException.class)
          .hasMessageContaining("--rate must be")
          .hasMessageContaining("1 to 100")
          .hasMessageContaining("\"" + rate.substring(7) + "\"");
    }
    assertThat(asked).isEmpty();
    assertThatThrownBy(() ->
            run(
                folder,
                question ->
                    "{\"node\": \"n1\", \"rebalance\": {\"problem\": \"kube-vip decides\"}}"))
        .hasMessage("rebalance: kube-vip decides");
    assertThatThrownBy(() -> run(folder, question -> ""))
        .hasMessageContaining("is of a version that cannot do this");
  }
}
