package dev.thresher.loadbalancer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.cli.CommandLineMain;
import dev.thresher.runtime.cli.Unsupported;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ProbeAgentCommandTest {

  @TempDir private Path directory;

  private final StringWriter err = new StringWriter();
  private final AtomicReference<@Nullable AgentConfig> config = new AtomicReference<>();

  private int run(Map<String, String> environment, String... flags) throws IOException {
    Path file = Files.writeString(directory.resolve("config"), "");
    var all = new HashMap<>(environment);
    all.put("KUBECONFIG", file.toString());
    return CommandLineMain.run(
        List.of(flags),
        all,
        new ProbeAgentCommand(
            all,
            understood -> {
              config.set(understood);
              return 0;
            }),
        Unsupported.NONE,
        new PrintWriter(new StringWriter(), true),
        new PrintWriter(err, true));
  }

  @Test
  void knowsItsNodeFromThePod() throws IOException {
    assertThat(run(Map.of("NODE_NAME", "host-1"))).as(err.toString()).isZero();
    AgentConfig understood = Objects.requireNonNull(config.get());
    assertThat(understood.node()).isEqualTo("host-1");
    assertThat(understood.process().election()).as("every agent works").isEmpty();
    assertThat(understood.process().endpoint().orElseThrow().port()).isEqualTo(10271);
  }

  @Test
  void theFlagWins() throws IOException {
    assertThat(run(Map.of("NODE_NAME", "host-1"), "--node-name=host-2")).isZero();
    assertThat(Objects.requireNonNull(config.get()).node()).isEqualTo("host-2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Host 1", "-x"})
  void wantsTheNameOfANode(String name) throws IOException {
    assertThat(run(Map.of(), "--node-name=" + name)).isEqualTo(2);
    assertThat(err.toString()).contains("--node-name must be the name of a Node, got \"" + name);
  }

  @Test
  void hasNoFlagsOfTheController() throws IOException {
    assertThat(run(Map.of("NODE_NAME", "host-1"), "--leader-elect=false")).isEqualTo(2);
    assertThat(err.toString()).contains("leader-elect");
  }
}
