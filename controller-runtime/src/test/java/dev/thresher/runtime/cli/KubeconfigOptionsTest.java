package dev.thresher.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.runtime.client.ClientConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class KubeconfigOptionsTest {

  @TempDir private Path directory = Path.of("/");

  @Test
  void takesFileRateAndServer() throws Exception {
    Path file = kubeconfig();

    ClientConfig config =
        parse(
                "--kubeconfig=" + file,
                "--kube-api-qps=7.5",
                "--kube-api-burst=9",
                "--kube-api-content-type=application/vnd.kubernetes.protobuf",
                "--master=https://elsewhere:6443/")
            .client("guest", Map.of());

    assertThat(config.name()).isEqualTo("guest");
    assertThat(config.qps()).isEqualTo(7.5);
    assertThat(config.burst()).isEqualTo(9);
    assertThat(config.source().load().server()).isEqualTo("https://elsewhere:6443");
    assertThat(config.source().load().token()).isEqualTo("t");
  }

  @Test
  void usesTheServerOfTheFile() throws Exception {
    assertThat(
            parse("--kubeconfig=" + kubeconfig())
                .client("guest", Map.of())
                .source()
                .load()
                .server())
        .isEqualTo("https://here:6443");
  }

  @Test
  void saysWhatToGiveOutsideAPod() {
    assertThatThrownBy(() -> parse().client("guest", Map.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--kubeconfig");
  }

  @Test
  void refusesARateOfNothing() {
    assertThatThrownBy(() -> parse("--kube-api-qps=0").client("guest", Map.of()))
        .hasMessage("--kube-api-qps must be more than 0, got 0.0");
    assertThatThrownBy(() -> parse("--kube-api-burst=0").client("guest", Map.of()))
        .hasMessage("--kube-api-burst must be at least 1, got 0");
  }

  private static KubeconfigOptions parse(String... args) {
    return CommandLine.populateCommand(new KubeconfigOptions(), args);
  }

  private Path kubeconfig() throws Exception {
    return Files.writeString(
        directory.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        current-context: c
        contexts: [{name: c, context: {cluster: k, user: u}}]
        clusters: [{name: k, cluster: {server: "https://here:6443"}}]
        users: [{name: u, user: {token: t}}]
        """);
  }
}
