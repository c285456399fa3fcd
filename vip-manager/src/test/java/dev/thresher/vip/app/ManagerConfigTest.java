package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.vip.services.ClassPolicy;
import dev.thresher.vip.services.ServicePolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManagerConfigTest {

  private static final Map<String, String> LEAST = Map.of("vip_arp", "true", "svc_enable", "true");

  private static ManagerConfig read(Map<String, String> more, String... arguments) {
    Map<String, String> environment = new HashMap<>(LEAST);
    environment.putAll(more);
    return ManagerConfig.read(List.of(arguments), environment, "this-host");
  }

  @Test
  void fallbacksAreThoseOfKubeVip() {
    ManagerConfig config = read(Map.of());
    assertThat(config.node()).isEqualTo("this-host");
    assertThat(config.services()).isEqualTo(ServicePolicy.DEFAULT);
    assertThat(config.times().leaseDuration()).isEqualTo(Duration.ofSeconds(15));
    assertThat(config.times().renewDeadline()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.times().retryPeriod()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.leaseNamespace()).isEqualTo("kube-system");
    assertThat(config.serviceNamespace()).contains("");
    assertThat(config.configuredInterface()).isEmpty();
    assertThat(config.opsPort()).isEqualTo(2112);
    assertThat(config.opsHost()).isEqualTo("::");
    assertThat(config.meshPort()).isEqualTo(10263);
    assertThat(config.verbosity()).isEqualTo(2);
    assertThat(config.writeStatus()).isTrue();
    assertThat(config.icmp()).isTrue();
  }

  @Test
  void theEnvironmentGoesBeforeTheFlag() {
    ManagerConfig config =
        read(
            Map.of("vip_interface", "eth1", "vip_nodename", "n1"),
            "--interface=eth2",
            "--nodeName",
            "n2",
            "--leaseDuration",
            "20",
            "-n",
            "vips");
    assertThat(config.configuredInterface()).isEqualTo("eth1");
    assertThat(config.node()).isEqualTo("n1");
    assertThat(config.times().leaseDuration()).isEqualTo(Duration.ofSeconds(20));
    assertThat(config.leaseNamespace()).isEqualTo("vips");
  }

  @Test
  void theServicesInterfaceGoesBeforeTheGeneralOne() {
    assertThat(read(Map.of("vip_interface", "eth1", "vip_servicesinterface", "eth3")))
        .extracting(ManagerConfig::configuredInterface)
        .isEqualTo("eth3");
  }

  @Test
  void anEmptyClassNameFromTheEnvironmentCounts() {
    assertThat(
            read(Map.of("lb_class_name", "", "lb_class_legacy_handling", "false"))
                .services()
                .classes())
        .isEqualTo(new ClassPolicy("", false, false));
  }

  @Test
  void booleansMayStandAlone() {
    ManagerConfig config =
        ManagerConfig.read(
            List.of("--arp", "--services=true", "--disableServiceUpdates"), Map.of(), "h");
    assertThat(config.writeStatus()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cp_enable|true|address",
        "bgp_enable|true|MetalLB",
        "vip_routingtable|true|routing-table mode",
        "vip_ddns|true|pool",
        "dhcp_mode|ipv5|\"ipv5\": it concerns DHCP only",
        "config_file|/does/not/exist|cannot be read",
        "vip_packet|true|BGP",
        "vip_arp|maybe|must be true or false",
        "vip_arp|false|must be true",
        "svc_enable|0|must be true",
        "vip_leaseduration|soon|whole number",
        "vip_leaseduration|10|longer than vip_renewdeadline",
        "prometheus_server|2112|address:port",
        "prometheus_server|:0|port from 1",
        "vip_mesh_port|70000|vip_mesh_port",
        "k8s_config_file|/does/not/exist|does not exist",
        "vip_nodename|holders|holders",
        "health_check_port|2112|leave it out",
        "health_check_port|-1|port from 0",
        "log_format|xml|text or json",
        "cp_namespace|Kube_System|name of a namespace",
        "vip_preserve_on_leadership_loss|true|never answers",
      })
  void refusesByNameWithAFix(String variable, String value, String message) {
    assertThatThrownBy(() -> read(Map.of(variable, value)))
        .isInstanceOf(SettingValues.WrongUsageException.class)
        .hasMessageContaining(variable)
        .hasMessageContaining(message);
  }

  /// Manifests of kube-vip have it beside a written address.
  @ParameterizedTest
  @ValueSource(strings = {"ipv4", "ipv6", "dual"})
  void theFamilyOfDhcpIsAcceptedWithAWarning(String mode) {
    ManagerConfig config =
        read(Map.of("dhcp_mode", mode, "cp_enable", "true", "address", "192.0.2.10"));
    assertThat(config.controlPlane().orElseThrow().addresses()).containsExactly("192.0.2.10");
    assertThat(config.warnings())
        .containsExactly("the environment variable dhcp_mode has no effect: concerns DHCP only");
  }

  @Test
  void unknownFlagsAreErrorsWithASuggestion() {
    assertThatThrownBy(() -> read(Map.of(), "--leaseDuratoin=3"))
        .hasMessageContaining("did you mean --leaseDuration?");
    assertThatThrownBy(() -> read(Map.of(), "--nodeName")).hasMessageContaining("needs a value");
    assertThatThrownBy(() -> read(Map.of(), "extra")).hasMessageContaining("unexpected argument");
  }

  @Test
  void harmlessValuesOfWhatIsNotThereAreAccepted() {
    Map<String, String> generated = new HashMap<>();
    for (Setting setting : Settings.ALL) {
      if (!setting.variable().isEmpty()
          && !(setting.effect() instanceof Setting.Effect.Acts)
          && !setting.fallback().isEmpty()) {
        generated.put(setting.variable(), setting.fallback());
      }
    }
    assertThat(generated).containsKeys("bgp_enable", "vip_arpRate");
    assertThat(read(generated)).isEqualTo(read(Map.of()));
  }

  @Test
  void prometheusAddressOfEitherFamily() {
    assertThat(read(Map.of("prometheus_server", "[::1]:9000")).opsHost()).isEqualTo("::1");
    assertThat(read(Map.of("prometheus_server", "127.0.0.1:9000")).opsHost())
        .isEqualTo("127.0.0.1");
    assertThat(
            ManagerConfig.read(
                    List.of("--arp", "--services", "--prometheusHTTPServer", ""), Map.of(), "h")
                .opsPort())
        .isZero();
  }

  @Test
  void theKubeconfigIsUsedIfItIsThere(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("config"), "x");
    assertThat(read(Map.of("k8s_config_file", file.toString())).kubeconfig())
        .isEqualTo(file.toString());
  }

  @Test
  void everyNameIsThereOnce() {
    Set<String> names = new HashSet<>();
    for (Setting setting : Settings.ALL) {
      assertThat(setting.variable().isEmpty() && setting.flag().isEmpty()).isFalse();
      if (!setting.variable().isEmpty()) {
        assertThat(names.add("env " + setting.variable())).as(setting.variable()).isTrue();
      }
      if (!setting.flag().isEmpty()) {
        assertThat(names.add("flag " + setting.flag())).as(setting.flag()).isTrue();
      }
    }
  }
}
