package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VipManagerMainTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(Map<String, String> environment, String... args) {
    return VipManagerMain.run(
        List.of(args),
        environment,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }

  @Test
  void versionAndHelpAnswer() {
    assertThat(run(Map.of(), "version")).isZero();
    assertThat(text(out)).startsWith("vip-manager ").contains("Java");
    assertThat(run(Map.of(), "--help")).isZero();
    assertThat(run(Map.of("vip_arp", "nonsense"), "manager", "--help")).isZero();
    assertThat(text(out)).contains("--mesh-port, vip_mesh_port").contains("Layer 2:");
    assertThat(text(err)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"service", "manifest", "kubeadm", "sample"})
  void commandsThatAreNotThereAreRefusedByName(String command) {
    assertThat(run(Map.of(), command)).isEqualTo(VipManagerMain.WRONG_USAGE);
    assertThat(text(err)).contains("\"" + command + "\" is not there yet");
  }

  @Test
  void aWrongCallIsExitStatusTwo() {
    assertThat(run(Map.of(), "manger")).isEqualTo(VipManagerMain.WRONG_USAGE);
    assertThat(run(Map.of("bgp_enable", "true"), "manager")).isEqualTo(VipManagerMain.WRONG_USAGE);
    assertThat(text(err)).contains("bgp_enable").contains("See vip-manager --help");
  }

  /// The page is written from the table. To write it anew: run this test with
  /// `-Dthresher.update=true`.
  @Test
  void theReferencePageIsThatOfTheTable() throws IOException {
    Path page = Path.of("../docs/reference/vip-manager.md");
    if (Boolean.getBoolean("thresher.update")) {
      Files.createDirectories(java.util.Objects.requireNonNull(page.getParent()));
      Files.writeString(page, Help.markdown());
    }
    assertThat(Files.readString(page)).isEqualTo(Help.markdown());
  }
}
