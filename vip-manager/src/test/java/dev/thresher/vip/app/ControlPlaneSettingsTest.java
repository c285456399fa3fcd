package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import dev.thresher.vip.controlplane.ControlPlaneConfig;
import dev.thresher.vip.controlplane.ControlPlaneConfig.Balancing;
import dev.thresher.vip.controlplane.ControlPlaneConfig.Device;
import dev.thresher.vip.controlplane.ControlPlaneConfig.Families;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ControlPlaneSettingsTest {

  private static final Map<String, String> LEAST =
      Map.of("vip_arp", "true", "cp_enable", "true", "address", "192.0.2.10");

  private static ManagerConfig read(Map<String, String> more) {
    Map<String, String> environment = new HashMap<>(LEAST);
    environment.putAll(more);
    return ManagerConfig.read(List.of(), environment, "this-host");
  }

  private static ControlPlaneConfig controlPlane(Map<String, String> more) {
    return read(more).controlPlane().orElseThrow();
  }

  @Test
  void theControlPlaneAloneIsEnough() {
    assertThat(read(Map.of()).serviceNamespace()).isEmpty();
    assertThat(read(Map.of("svc_enable", "true")).serviceNamespace()).contains("");
    ControlPlaneConfig config = controlPlane(Map.of());
    assertThat(config.addresses()).containsExactly("192.0.2.10");
    assertThat(config.families()).isEqualTo(Families.FIRST);
    assertThat(config.device()).isEqualTo(Device.AUTO);
    assertThat(config.check().url()).hasToString("https://127.0.0.1:6443/livez");
    assertThat(config.check().serverName()).isEqualTo("kubernetes");
    assertThat(config.check().period()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.check().threshold()).isEqualTo(3);
  }

  @Test
  void addressesOfBothFamiliesAndNames() {
    assertThat(
            controlPlane(Map.of("address", "192.0.2.10, [2001:db8::10],api.example.com"))
                .addresses())
        .containsExactly("192.0.2.10", "2001:db8::10", "api.example.com");
    Map<String, String> older = new HashMap<>(Map.of("vip_address", "2001:db8::10"));
    older.put("address", "");
    assertThat(controlPlane(older).addresses()).containsExactly("2001:db8::10");
  }

  @Test
  void aServerThatIsNamedIsAskedAsKubeVipDoes() {
    ControlPlaneConfig.Check check =
        controlPlane(
                Map.of(
                    "control_plane_health_check_address",
                    "https://[2001:db8::1]:6443/readyz",
                    "control_plane_health_check_ca_path",
                    "/ca.crt",
                    "control_plane_health_check_failure_threshold",
                    "2"))
            .check();
    assertThat(check.url()).hasToString("https://[2001:db8::1]:6443/readyz");
    assertThat(check.serverName()).isEmpty();
    assertThat(check.authority()).contains("/ca.crt");
    assertThat(check.period()).isEqualTo(Duration.ofSeconds(5));
    assertThat(check.timeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(check.threshold()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource
  void theNodeHasTheAddressWhereItIsSaid(Device device) {
    String word = device.name().toLowerCase(Locale.ROOT);
    assertThat(controlPlane(Map.of("vip_device", word)).device()).isEqualTo(device);
  }

  @Test
  void connectionsAreSpreadIfAskedFor() {
    assertThat(controlPlane(Map.of()).balancing()).isEmpty();
    assertThat(controlPlane(Map.of("lb_enable", "true")).balancing())
        .contains(new Balancing(6443, Duration.ofSeconds(5)));
    assertThat(
            controlPlane(
                    Map.of(
                        "lb_enable", "true",
                        "lb_port", "443",
                        "lb_fwdmethod", "masquerade",
                        "backend_health_check_interval", "2"))
                .balancing())
        .contains(new Balancing(443, Duration.ofSeconds(2)));
  }

  @ParameterizedTest
  @CsvSource({
    "lb_port, 0, 1 to 65535",
    "lb_fwdmethod, directroute, local or masquerade",
    "backend_health_check_interval, 0, 1 to 3600"
  })
  void refusesWhatCannotBeSpread(String variable, String value, String message) {
    assertThatThrownBy(() -> read(Map.of("lb_enable", "true", variable, value)))
        .isInstanceOf(SettingValues.WrongUsageException.class)
        .hasMessageContaining(variable)
        .hasMessageContaining(message);
  }

  /// As the chart of Harvester has it: Services only.
  @Test
  void withoutTheControlPlaneThereIsNothingToSpread() {
    assertThat(
            ManagerConfig.read(
                    List.of(),
                    Map.of("vip_arp", "true", "svc_enable", "true", "lb_enable", "true"),
                    "this-host")
                .controlPlane())
        .isEmpty();
  }

  @Test
  void anInterfaceOfTheServicesDoesNotBindTheControlPlane() {
    assertThat(controlPlane(Map.of("vip_interface", "e0", "vip_servicesinterface", "e1")))
        .extracting(ControlPlaneConfig::interfaceName)
        .isEqualTo("e0");
    assertThat(controlPlane(Map.of("vip_servicesinterface", "e1")).interfaceName())
        .isEqualTo("auto");
    assertThat(controlPlane(Map.of()).interfaceName()).isEmpty();
  }

  @Test
  void aStaticPodTalksToTheServerOfItsNode(@TempDir Path folder) throws IOException {
    String file = Files.writeString(folder.resolve("admin.conf"), "x").toString();
    assertThat(read(Map.of("k8s_config_file", file, "port", "7443")).server())
        .isEqualTo("https://kubernetes:7443");
    assertThat(read(Map.of("k8s_config_file", file, "kubernetes_addr", "10.0.0.1:6443")).server())
        .isEqualTo("https://10.0.0.1:6443");
    assertThat(read(Map.of()).server()).as("the ServiceAccount of a pod").isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "address|''|must name",
        "address|192.0.2.10/24|without a prefix length",
        "address|0.0.0.0|DHCP",
        "address|127.0.0.1|other machines",
        "address|fe80::1|other machines",
        "address|a_b|DNS names",
        "dns_mode|both|dual",
        "vip_device|tap|auto, none, tun, nic or lo",
        "port|0|1 to 65535",
        "control_plane_health_check_address|10.0.0.1:6443|URL",
        "control_plane_health_check_timeout_seconds|0|from 1",
      })
  void refusesByNameWithAFix(String variable, String value, String message) {
    assertThatThrownBy(() -> read(Map.of(variable, value)))
        .isInstanceOf(SettingValues.WrongUsageException.class)
        .hasMessageContaining(variable)
        .hasMessageContaining(message);
  }

  @Test
  void theOwnServerComesFirstWhileItIsWell() throws Exception {
    InetAddress other = InetAddresses.forString("192.0.2.2");
    InetAddress own = InetAddresses.forString("127.0.0.1");
    assertThat(ServerAddresses.order(true, List.of(other))).startsWith(own).endsWith(other);
    assertThat(ServerAddresses.order(false, List.of(other))).startsWith(other);
    assertThat(new ServerAddresses().addresses("127.0.0.7"))
        .containsExactly(InetAddresses.forString("127.0.0.7"));
  }
}
