package dev.thresher.vip.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import dev.thresher.vip.controlplane.ControlPlaneConfig.Families;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The JDK asks for its order once, so it is looked at in a process of its own, with the properties
/// that the launcher of the program gets from `hack/build`.
class ResolverOrderTest {

  private static final Pattern LINE = Pattern.compile("vip-manager\\) echo \"([^\"]*)\"");

  static final class Resolving {
    private Resolving() {}

    public static void main(String[] names) throws UnknownHostException {
      List<InetAddress> all = Arrays.asList(InetAddress.getAllByName(names[0]));
      System.out.print(
          new NamedAddresses(List.of()).answered(all, Families.FIRST).getFirst().getHostAddress());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"192.0.2.1 2001:db8:0:0:0:0:0:1", "2001:db8:0:0:0:0:0:1 192.0.2.1", "192.0.2.1"})
  void theFirstAddressIsTheResolvers(String addresses, @TempDir Path folder)
      throws IOException, InterruptedException {
    StringBuilder hosts = new StringBuilder();
    List<String> each = Splitter.on(' ').splitToList(addresses);
    for (String address : each) {
      hosts.append(address).append(" api.example\n");
    }
    Path file = Files.writeString(folder.resolve("hosts"), hosts);
    assertThat(first("-Djdk.net.hosts.file=" + file)).isEqualTo(each.getFirst());
  }

  private static String first(String option) throws IOException, InterruptedException {
    var line = LINE.matcher(Files.readString(Path.of("../hack/build")));
    assertThat(line.results()).hasSize(1);
    line.reset().find();
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.addAll(Splitter.on(' ').splitToList(line.group(1)));
    command.addAll(List.of(option, "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Resolving.class.getName(), "api.example"));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (InputStream out = process.getInputStream()) {
      String said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).isZero();
      return said;
    }
  }
}
