package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

  /// Every variable that kube-vip reads or once read, written down apart from the table.
  private static final String VARIABLES =
      """
      vip_interface vip_servicesinterface vip_interfaceloglobal vip_allow_interface_not_up address
      vip_address vip_subnet vip_cidr port vip_nodename vip_loglevel instance_name config_file
      k8s_config_file kubernetes_addr annotation cp_enable cp_namespace cp_detect vip_ddns
      vip_singlenode vip_startleader vip_arp vip_arpRate vip_skipdad vip_leaderelection
      vip_leasename vip_leaseduration vip_renewdeadline vip_retryperiod vip_leaseannotations
      vip_preserve_on_leadership_loss vip_loseleadership vip_loseleadership_timeout_seconds
      svc_enable svc_namespace svc_election svc_leasename per_service_election_on_demand
      lb_class_only lb_class_name lb_class_legacy_handling enable_service_security
      enable_node_labeling disable_service_updates enable_endpoints debounce_time lb_enable lb_port
      lb_fwdmethod iptables_backend backend_health_check_interval bgp_enable
      bgp_attach_ip_to_interface bgp_routerid bgp_routerinterface bgp_as bgp_peeraddress bgp_peeras
      bgp_peerpass bgp_multihop bgp_peers bgp_sourceif bgp_sourceip bgp_hold_time
      bgp_keepalive_interval mpbgp_nexthop mpbgp_ipv4 mpbgp_ipv6 zebra_enable zebra_url
      zebra_version zebra_software_name vip_routingtable vip_routingtableid vip_routingtabletype
      vip_routingprotocol vip_cleanroutingtable control_plane_health_check_address
      control_plane_health_check_period_seconds control_plane_health_check_timeout_seconds
      control_plane_health_check_failure_threshold control_plane_health_check_ca_path
      health_check_port dhcp_mode dhcp_backoff_attempts dns_mode egress_podcidr egress_servicecidr
      egress_withnftables egress_enableinternalsnat egress_clean vip_wireguard enable_upnp
      mirror_dest_interface prometheus_server vip_configmap vip_packet vip_packetproject vip_peers
      vip_localpeer vip_remotepeers vip_addpeerstolb lb_name lb_type lb_bindtovip lb_backendport
      lb_backends
      """;

  private static final String FLAGS =
      """
      interface serviceInterface vip vipSubnet nodeName address port arp wireguard table
      enableLoadBalancer lbPort lbForwardingMethod ddns mirrorDestInterface leaderElection
      leaderElectionType leaseName leaseDuration leaseRenewDuration leaseRetry bgp bgpRouterID
      sourceIF sourceIP localAS bgpHoldTimer bgpKeepAliveInterval peerAddress peerAS peerPass
      multihop bgppeers annotations zebra zebraUrl zebraVersion zebraSoftwareName namespace log
      configMap tableID tableType routingProtocol cleanRoutingTable controlplane autodetectcp
      services servicesElection lbClassOnly lbClassName lbClassNameLegacyHandling
      onlyAllowTrafficServicePorts enableNodeLabeling servicesLeaseName dnsMode
      disableServiceUpdates enableEndpoints loInterfaceGlobalScope healthCheckPort
      prometheusHTTPServer etcdCACert etcdCert etcdKey etcdEndpoints k8sConfigPath config-file
      loseLeadership loseLeadershipTimeoutSeconds loseLeadershiptTimeoutSeconds inCluster taint
      """;

  private static final Map<String, String> LEAST = Map.of("vip_arp", "true", "svc_enable", "true");

  private static ManagerConfig read(Map<String, String> more, String... arguments) {
    Map<String, String> environment = new HashMap<>(LEAST);
    environment.putAll(more);
    return ManagerConfig.read(List.of(arguments), environment, "this-host");
  }

  @Test
  void everyVariableAndFlagOfKubeVipIsInTheTable() {
    Set<String> variables =
        Settings.ALL.stream().map(Setting::variable).collect(Collectors.toSet());
    Set<String> flags = Settings.ALL.stream().map(Setting::flag).collect(Collectors.toSet());
    assertThat(variables).contains(VARIABLES.strip().split("\\s+"));
    assertThat(flags).contains(FLAGS.strip().split("\\s+"));
  }

  @Test
  void whatIsRefusedSaysWhatToDoInstead() {
    for (Setting setting : Settings.ALL) {
      if (!(setting.effect() instanceof Setting.Effect.Refused(var instead))) {
        continue;
      }
      String value =
          switch (setting.kind()) {
            case BOOL -> "true";
            case NUMBER -> "8080";
            case TEXT -> "something";
          };
      assertThatThrownBy(() ->
              SettingValues.read(
                  setting.variable().isEmpty()
                      ? List.of("--" + setting.flag() + "=" + value)
                      : List.of(),
                  setting.variable().isEmpty() ? Map.of() : Map.of(setting.variable(), value)))
          .as(setting.name())
          .isInstanceOf(SettingValues.WrongUsageException.class)
          .hasMessageContaining(setting.variable().isEmpty() ? setting.flag() : setting.variable())
          .hasMessageContaining(instead);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"loseLeadershipTimeoutSeconds", "loseLeadershiptTimeoutSeconds"})
  void bothSpellingsOfTheSlipAreTaken(String flag) {
    assertThat(read(Map.of(), "--" + flag, "5").warnings())
        .containsExactly("the flag --" + flag + " has no effect: handing over takes milliseconds");
  }

  @Test
  void whatHasNoEffectIsSaid() {
    assertThat(read(Map.of("vip_arpRate", "500", "bgp_peerpass", "secret"), "--inCluster"))
        .extracting(ManagerConfig::warnings)
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.list(String.class))
        .containsExactlyInAnyOrder(
            "the flag --inCluster has no effect: found by whether the kubeconfig file exists",
            "the environment variable vip_arpRate has no effect: announced at once, at 100 ms, 1 s,"
                + " 2 s, then every 60 s",
            "the environment variable bgp_peerpass has no effect: concerns BGP only");
    assertThat(read(Map.of("vip_arpRate", "3000")).warnings()).isEmpty();
  }

  @Test
  void nodesAreLabelledWhereThatIsAskedFor() {
    assertThat(read(Map.of()).nodeLabels()).isFalse();
    for (ManagerConfig config :
        List.of(
            read(Map.of("enable_node_labeling", "true")), read(Map.of(), "--enableNodeLabeling"))) {
      assertThat(config.nodeLabels()).isTrue();
      assertThat(config.warnings()).isEmpty();
    }
  }

  @Test
  void aVariableThatIsNearlyOneIsSaid() {
    assertThat(read(Map.of("vip_intreface", "eth1", "PATH", "/", "vipper", "x")).warnings())
        .containsExactly(
            "the environment variable vip_intreface is not known, did you mean vip_interface?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        enableARP: true
        enableServices: true
        interface: eth7
        serviceNamespace: a
        kubernetesLeaderElection: {leaseduration: 40}
        logging: 5
        bgpConfig: {as: 1}
        """,
        """
        {"EnableARP": true, "EnableServices": true, "Interface": "eth7",
         "ServiceNamespace": "a", "LeaseDuration": 40, "Logging": 5}
        """,
        """
        vip_arp: true
        svc_enable: true
        vip_interface: eth7
        svc_namespace: a
        leaseDuration: 40
        vip_loglevel: 5
        """
      })
  void theFileIsReadInEachOfItsSpellings(String text, @TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("config"), text);
    ManagerConfig config =
        ManagerConfig.read(List.of("--config-file", file.toString()), Map.of(), "h");
    assertThat(config.configuredInterface()).isEqualTo("eth7");
    assertThat(config.serviceNamespace()).contains("a");
    assertThat(config.times().leaseDuration()).hasSeconds(40);
    assertThat(config.verbosity()).isEqualTo(4);
  }

  @Test
  void environmentThenFlagThenFile(@TempDir Path folder) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("config"), "interface: file\nnamespace: file\nserviceNamespace: file");
    ManagerConfig config =
        read(
            Map.of("config_file", file.toString(), "vip_interface", "environment"),
            "--interface=flag",
            "--namespace=flag");
    assertThat(config.configuredInterface()).isEqualTo("environment");
    assertThat(config.leaseNamespace()).isEqualTo("flag");
    assertThat(config.serviceNamespace()).contains("file");
  }

  @Test
  void aFileWithMistakesIsRefusedByName() {
    assertThatThrownBy(() -> ConfigFile.parse("intreface: eth0", "f"))
        .hasMessageContaining("\"intreface\", did you mean \"interface\"?");
    assertThatThrownBy(() -> ConfigFile.parse("- a", "f")).hasMessageContaining("mapping");
    assertThatThrownBy(() -> ConfigFile.parse("{", "f")).hasMessageContaining("neither YAML");
    assertThat(ConfigFile.parse("", "f")).isEmpty();
  }

  @Test
  void aRefusedSettingInTheFileIsRefused(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("config"), "enableBGP: true");
    assertThatThrownBy(() -> read(Map.of("config_file", file.toString())))
        .hasMessageContaining("the key for bgp_enable in config_file")
        .hasMessageContaining("MetalLB");
  }
}
