package dev.thresher.runtime.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Real signals to real processes.
@Timeout(120)
final class ShutdownSignalTest {

  @BeforeEach
  void unix() {
    assumeTrue(new File("/proc/self/status").exists(), "needs the signals and tools of Linux");
  }

  @Test
  void sigtermIsAnOrderlyEndWithStatusZero() throws Exception {
    endsInOrder("TERM");
  }

  @Test
  void sigintIsAnOrderlyEndWithStatusZero() throws Exception {
    endsInOrder("INT");
  }

  @Test
  void aSecondSignalEndsAProgramThatHangs() throws Exception {
    Process program = start("hangs");
    try (BufferedReader out = program.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).isEqualTo("started");
      signal(program, "TERM");
      assertThat(out.readLine()).isEqualTo("stopping");

      signal(program, "TERM");

      assertThat(program.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(program.exitValue()).isEqualTo(1);
      assertThat(out.readLine()).isNull();
    } finally {
      program.destroyForcibly();
    }
  }

  private static void endsInOrder(String name) throws Exception {
    Process program = start("ends");
    try (BufferedReader out = program.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).isEqualTo("started");

      signal(program, name);

      assertThat(program.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(program.exitValue()).isZero();
      assertThat(out.readAllLines()).containsExactly("stopping", "stopped");
    } finally {
      program.destroyForcibly();
    }
  }

  private static Process start(String behaviour) throws Exception {
    // A shell starts its background jobs with SIGINT ignored; children inherit that, and a JVM
    // respects it.
    return new ProcessBuilder(
            List.of(
                "env",
                "--default-signal=INT",
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                SignalledProgram.class.getName(),
                behaviour))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static void signal(Process program, String name) throws Exception {
    int status =
        new ProcessBuilder("kill", "-" + name, String.valueOf(program.pid()))
            .inheritIO()
            .start()
            .waitFor();
    assertThat(status).isZero();
  }
}
