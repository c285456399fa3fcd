package dev.thresher.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BenchCommandTest {

  @Test
  void aScenarioThatNoPlaceHasIsRefused() {
    var said = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      assertThat(BenchCommand.line().execute("KILL", "away", "--placement=control-plane"))
          .isEqualTo(2);
    } finally {
      System.setErr(before);
    }
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("--placement=control-plane has no scenario \"away\"")
        .contains("[kill, stop, freeze, cut]");
  }

  @Test
  void aPlaceIsAskedForByItsWord() {
    assertThat(BenchCommand.line().parseArgs("--placement=Guest,control-plane").errors()).isEmpty();
  }
}
