package dev.thresher.loadbalancer.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.loadbalancer.nodes.Report.BridgeNetfilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LinuxNodeTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({"1, 0, true, false", "0, 1, false, true", "0, 0, false, false"})
  void readsWhatBridgesDo(String four, String six, boolean iptables, boolean ip6tables)
      throws IOException {
    Files.writeString(directory.resolve("bridge-nf-call-iptables"), four + "\n");
    Files.writeString(directory.resolve("bridge-nf-call-ip6tables"), six + "\n");
    assertThat(new LinuxNode(directory).bridge())
        .contains(new BridgeNetfilter(iptables, ip6tables));
  }

  @Test
  void withoutTheModuleFramesPassNoRules() {
    assertThat(new LinuxNode(directory.resolve("bridge")).bridge())
        .contains(new BridgeNetfilter(false, false));
  }

  @Test
  void whatCannotBeReadIsNotKnown() throws IOException {
    Files.createDirectory(directory.resolve("bridge-nf-call-iptables"));
    assertThat(new LinuxNode(directory).bridge()).isEmpty();
  }

  @Test
  void neitherLoopbackNorSingleAddressesAreNetworks() {
    assertThat(new LinuxNode(directory).subnets())
        .allMatch(subnet -> subnet.prefixLength() < subnet.family().bits())
        .noneMatch(subnet -> subnet.network().isLoopback());
  }
}
