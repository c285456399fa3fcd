package dev.thresher.runtime.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

final class LoggingTest {

  private final PrintStream before = System.err;
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  @BeforeEach
  void capture() {
    System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void restore() {
    System.setErr(before);
    Logging.configure(LogFormat.TEXT, 0, Vmodule.NONE);
  }

  @Test
  void writesTextWithKeysAndValues() {
    Logging.configure(LogFormat.TEXT, 0, Vmodule.NONE);

    LoggerFactory.getLogger("dev.thresher.ccm.Node")
        .atWarn()
        .addKeyValue("node", "n1")
        .addKeyValue("error", "no \"route\" = bad")
        .addKeyValue("empty", "")
        .addKeyValue("nothing", (Object) null)
        .log("node not initialised");

    assertThat(output())
        .matches(
            "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z WARN  ccm\\.Node node not"
                + " initialised node=n1 error=\"no \\\\\"route\\\\\" = bad\" empty=\"\""
                + " nothing=null\n");
  }

  @Test
  void nothingFromOutsideCanFakeALine() {
    Logging.configure(LogFormat.TEXT, 0, Vmodule.NONE);

    LoggerFactory.getLogger("dev.thresher.X")
        .atInfo()
        .addKeyValue("name", "a\n2026-01-01T00:00:00.000Z ERROR fake\u001b[31m\u2028")
        .log("line\rone");

    assertThat(output().lines()).hasSize(1);
    assertThat(output()).contains("line\\rone", "a\\n2026", "fake\\u001b[31m\\u2028");
  }

  @Test
  void writesStackTraces() {
    Logging.configure(LogFormat.TEXT, 0, Vmodule.NONE);

    LoggerFactory.getLogger("dev.thresher.X")
        .atError()
        .setCause(new IllegalStateException("expected in this test"))
        .log("failed");

    assertThat(output()).contains("failed\njava.lang.IllegalStateException: expected in this test");
    assertThat(output()).contains("at dev.thresher.runtime.logging.LoggingTest");
  }

  @Test
  void writesJsonWithKeysAndValues() {
    Logging.configure(LogFormat.JSON, 0, Vmodule.NONE);

    LoggerFactory.getLogger("dev.thresher.X")
        .atInfo()
        .addKeyValue("node", "n1")
        .addKeyValue("count", 3)
        .log("node initialised");

    var line = JsonParser.parseString(output()).getAsJsonObject();
    assertThat(line.get("msg").getAsString()).isEqualTo("node initialised");
    assertThat(line.get("level").getAsString()).isEqualTo("INFO");
    assertThat(line.get("logger").getAsString()).isEqualTo("dev.thresher.X");
    assertThat(line.get("node").getAsString()).isEqualTo("n1");
    assertThat(line.get("count").getAsInt()).isEqualTo(3);
    assertThat(line.keySet()).containsOnly("ts", "msg", "level", "logger", "node", "count");
    assertThat(line.get("ts").getAsString()).endsWith("Z");
  }

  @ParameterizedTest
  @CsvSource({
    "0, INFO, WARN",
    "3, INFO, WARN",
    "4, DEBUG, WARN",
    "5, DEBUG, WARN",
    "6, TRACE, INFO",
    "8, TRACE, DEBUG",
    "99, TRACE, DEBUG"
  })
  void verbosityGivesLevels(int verbosity, String ours, String libraries) {
    Logging.configure(LogFormat.TEXT, 0, Vmodule.NONE);
    Logging.setVerbosity(verbosity);

    assertThat(Logging.verbosity()).isEqualTo(verbosity);
    assertThat(Logging.ofOurs(verbosity).toString()).isEqualTo(ours);
    assertThat(Logging.ofLibraries(verbosity).toString()).isEqualTo(libraries);
    assertThat(LoggerFactory.getLogger("dev.thresher.X").isDebugEnabled())
        .isEqualTo(!ours.equals("INFO"));
    assertThat(LoggerFactory.getLogger("okhttp3.X").isInfoEnabled())
        .isEqualTo(!libraries.equals("WARN"));
  }

  @Test
  void modulesHaveTheirOwnLevels() {
    Logging.configure(LogFormat.TEXT, 0, Vmodule.parse("leader=5,*Queue=4,quiet=0"));

    assertThat(LoggerFactory.getLogger("dev.thresher.runtime.leader.X").isDebugEnabled()).isTrue();
    assertThat(LoggerFactory.getLogger("dev.thresher.x.KeyedQueue").isDebugEnabled()).isTrue();
    assertThat(LoggerFactory.getLogger("dev.thresher.x.Other").isDebugEnabled()).isFalse();
    Logging.setVerbosity(6);
    assertThat(LoggerFactory.getLogger("dev.thresher.quiet.X").isDebugEnabled()).isFalse();
    assertThat(LoggerFactory.getLogger("dev.thresher.x.Other").isTraceEnabled()).isTrue();
  }

  @Test
  void vmoduleNamesWhatItCannotRead() {
    assertThat(Vmodule.parse("a=1, b.c=2").verbosity("b.c")).isEqualTo(OptionalInt.of(2));
    assertThat(Vmodule.parse("").isEmpty()).isTrue();
    assertThatThrownBy(() -> Vmodule.parse("leader")).hasMessageContaining("got \"leader\"");
    assertThatThrownBy(() -> Vmodule.parse("a=-1")).hasMessageContaining("got \"a=-1\"");
  }

  @Test
  void hearsJavaUtilLogging() {
    Logging.configure(LogFormat.TEXT, 0, Vmodule.NONE);

    Logger.getLogger("third.party").warning("from the JDK");

    assertThat(output()).contains("WARN  third.party from the JDK");
  }

  @Test
  void refusesANegativeVerbosity() {
    assertThatThrownBy(() -> Logging.setVerbosity(-1)).hasMessageContaining("got -1");
    assertThatThrownBy(() -> LogFormat.parse("xml")).hasMessageContaining("got \"xml\"");
  }

  private String output() {
    return written.toString(StandardCharsets.UTF_8);
  }
}
