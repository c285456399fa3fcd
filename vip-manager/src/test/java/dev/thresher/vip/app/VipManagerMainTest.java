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
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

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

  @Test
  void manifestsArePrintedOrRefusedByName() {
    assertThat(run(Map.of("vip_arp", "true", "svc_enable", "true"), "manifest", "daemonset"))
        .isZero();
    assertThat(text(out)).startsWith("apiVersion: apps/v1");
    assertThat(run(Map.of(), "manifest")).isEqualTo(VipManagerMain.WRONG_USAGE);
    assertThat(text(err)).contains("manifest pod");
    assertThat(run(Map.of(), "service")).isEqualTo(VipManagerMain.WRONG_USAGE);
    assertThat(text(err)).contains("vip_arp");
  }

  @Test
  void theSampleIsAFileThatCanBeRead() {
    assertThat(run(Map.of(), "sample")).isZero();
    String uncommented =
        text(out)
            .lines()
            .filter(line -> line.matches("# [a-z_A-Z0-9]+: .*"))
            .map(line -> line.substring(2))
            .collect(Collectors.joining("\n"));
    assertThat(ConfigFile.parse(uncommented, "sample")).containsEntry(Settings.ARP, "false");
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
      Files.createDirectories(Objects.requireNonNull(page.getParent()));
      Files.writeString(page, Help.markdown());
    }
    assertThat(Files.readString(page)).isEqualTo(Help.markdown());
  }
}
