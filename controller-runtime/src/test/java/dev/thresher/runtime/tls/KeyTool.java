package dev.thresher.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The JDK's own tool, the one way to make certificates of any kind without another library.
public final class KeyTool {

  /// Of every store that is made here.
  public static final String PASSWORD = "changeit";

  private KeyTool() {}

  /// A pair of keys and its certificate under an alias of a PKCS12 store, which is made if it is
  /// not there.
  ///
  /// @param more further arguments of `-genkeypair`
  public static void generate(
      Path store, String alias, String algorithm, String subject, List<String> more)
      throws Exception {
    var command =
        new ArrayList<>(
            List.of(
                System.getProperty("java.home") + "/bin/keytool",
                // A process of half a second: compiled well is compiled in vain.
                "-J-XX:TieredStopAtLevel=1",
                "-J-XX:+UseSerialGC",
                "-genkeypair",
                "-alias",
                alias,
                "-keyalg",
                algorithm,
                "-dname",
                subject,
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD));
    command.addAll(more);
    Process made = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(made.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(made.waitFor()).as(said).isZero();
  }
}
