package dev.thresher.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.cli.AcceptedFlag.Kind;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

final class CompatibilityTest {

  private static final Compatibility TABLE =
      new Compatibility(
          List.of(
              new AcceptedFlag("--profiling", Kind.BOOL, "jcmd profiles"),
              new AcceptedFlag("--resync", Kind.DURATION, "caches need none"),
              new AcceptedFlag("--streams", Kind.NUMBER, "there are none"),
              new AcceptedFlag("--gates", Kind.LIST, "nothing is gated"),
              new AcceptedFlag("--plugin", Kind.TEXT, "there are none")),
          Unsupported.NONE.flag("--webhooks", "there are none", ""));

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Probe probe = new Probe();

  private int run(String... args) {
    return CommandLineMain.run(
        List.of(args),
        Map.of(),
        probe,
        TABLE,
        new PrintWriter(out, true),
        new PrintWriter(err, true));
  }

  @Test
  void tellsOfThoseThatWereGiven() {
    assertThat(run("--profiling", "--resync=1h2m", "--streams", "3", "--gates=A=true,B=false"))
        .as(err.toString())
        .isZero();
    assertThat(probe.given)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "--profiling", "jcmd profiles",
                "--resync", "caches need none",
                "--streams", "there are none",
                "--gates", "nothing is gated"));
  }

  @ParameterizedTest
  @CsvSource({"--profiling", "--profiling=false", "--plugin=", "--gates=A=true"})
  void takesEveryValueOfTheKind(String flag) {
    assertThat(run(flag)).as(err.toString()).isZero();
    assertThat(probe.given).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--profiling=perhaps", "--resync=5", "--streams=x", "--plugin"})
  void refusesOtherValues(String flag) {
    assertThat(run(flag)).isEqualTo(2);
    assertThat(err.toString()).contains(flag.replaceFirst("=.*", ""));
  }

  @Test
  void refusesByNameBesides() {
    assertThat(run("--webhooks=a")).isEqualTo(2);
    assertThat(err.toString()).contains("--webhooks=a is not supported: there are none");
  }

  @Test
  void showsThemInTheHelpUnderAHeadingOfTheirOwn() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString())
        .contains("Accepted for compatibility flags:", "--resync duration", "caches need none");
  }

  @Command(name = "probe", description = "A program for tests.")
  private static final class Probe implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();
    private Map<String, String> given = Map.of();

    @Override
    public Integer call() {
      given = Compatibility.given(spec.commandLine().getParseResult());
      assertThat(EffectiveFlags.json(spec).getAsJsonObject("flags").has("profiling")).isTrue();
      return 0;
    }
  }
}
