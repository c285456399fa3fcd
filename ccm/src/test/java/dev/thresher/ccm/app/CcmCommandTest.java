package dev.thresher.ccm.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.controllers.lifecycle.NodeLifecycleController;
import dev.thresher.ccm.controllers.node.LabelSync;
import dev.thresher.ccm.controllers.route.ClusterRanges;
import dev.thresher.ccm.controllers.route.RouteController;
import dev.thresher.ccm.duties.Duty;
import dev.thresher.ccm.duties.LeaderMigration;
import dev.thresher.ccm.harvester.LoadBalancerDriver;
import dev.thresher.ccm.harvester.loadbalancer.Placement;
import dev.thresher.ccm.harvester.loadbalancer.StraySettings;
import dev.thresher.ccm.harvester.nodes.NodePolicy;
import dev.thresher.ccm.hostservice.BackEndSource;
import dev.thresher.ccm.hostservice.HostServiceSettings;
import dev.thresher.runtime.client.ConnectionSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CcmCommandTest {

  @TempDir private Path directory;

  private final CalledCommand command = new CalledCommand();

  /// With the two flags without which nothing starts.
  private int with(String... flags) throws Exception {
    Path file = Files.writeString(directory.resolve("config"), "");
    List<String> all = new ArrayList<>(List.of("--cloud-config=" + file, "--kubeconfig=" + file));
    all.addAll(List.of(flags));
    return command.run(Map.of(), all.toArray(String[]::new));
  }

  @Test
  void hasUpstreamsDefaultsWhereNothingIsGained() throws Exception {
    assertThat(with()).as(command.err()).isZero();
    CcmConfig got = command.understood();
    assertThat(got.cluster().value()).isEqualTo("kubernetes");
    assertThat(got.placement()).isEqualTo(Placement.GUEST);
    assertThat(got.services().workers()).isEqualTo(8);
    assertThat(got.nodes().workers()).isEqualTo(8);
    assertThat(got.nodes().refreshEvery()).isEqualTo(Duration.ofMinutes(5));
    assertThat(got.machines().addresses().managementNetwork()).isEmpty();
    assertThat(got.machines().addresses().ignoreProvidedIp()).isFalse();
    assertThat(got.machines()).isEqualTo(NodePolicy.DEFAULT);
    assertThat(got.process().election().orElseThrow().lease())
        .isEqualTo(ObjectKey.of("kube-system", "cloud-controller-manager"));
    assertThat(got.process().election().orElseThrow().leaseDuration())
        .isEqualTo(Duration.ofSeconds(15));
    assertThat(got.process().endpoint().orElseThrow().port()).isEqualTo(10258);
    assertThat(got.guest().qps()).isEqualTo(500);
    assertThat(got.ownAccounts()).isFalse();
    assertThat(got.host().qps()).isEqualTo(500);
  }

  @Test
  void takesWhatItIsTold() throws Exception {
    assertThat(
            with(
                "--cloud-provider=harvester",
                "--cluster-name=\"gc1\"",
                "--vip-placement=host",
                "--concurrent-service-syncs=3",
                "--concurrent-node-syncs=4",
                "--node-status-update-frequency=1m",
                "--management-network=vlan1",
                "--node-ip-cidr=10.0.0.0/24,fd00::/64",
                "--node-exclude-ip-ranges=10.0.0.9",
                "--node-exclude-ip-ranges=10.0.0.10,10.0.0.11",
                "--disable-annotation-alpha-provided-ip-addr",
                "--node-selector=pool in (a,b)",
                "--node-labels-from=rack",
                "--node-labels-from=example.com/row,rack",
                "--disable-hostname-lookup",
                "--controllers=*,-service",
                "--leader-elect=false",
                "--secure-port=0",
                "--cloud-api-qps=7",
                "--kube-api-burst=9",
                "-v=2"))
        .as(command.err())
        .isZero();
    CcmConfig got = command.understood();
    assertThat(got.cluster().value()).isEqualTo("gc1");
    assertThat(got.placement()).isEqualTo(Placement.HOST);
    assertThat(got.services().workers()).isEqualTo(3);
    assertThat(got.nodes().workers()).isEqualTo(4);
    assertThat(got.nodes().refreshEvery()).isEqualTo(Duration.ofMinutes(1));
    assertThat(got.machines().addresses().managementNetwork()).isEqualTo("default/vlan1");
    assertThat(got.machines().addresses().nodeIpCidrs()).hasSize(2);
    assertThat(got.machines().addresses().excluded()).hasSize(3);
    assertThat(got.machines().addresses().ignoreProvidedIp()).isTrue();
    assertThat(got.machines().selector().requirements()).hasSize(1);
    assertThat(got.machines().labelsFrom()).containsExactly("rack", "example.com/row");
    assertThat(got.machines().followsMachines()).isTrue();
    assertThat(got.machines().asksAgents()).isFalse();
    assertThat(got.controllers().running())
        .containsExactlyInAnyOrder(Duty.NODE, Duty.NODE_LIFECYCLE, Duty.ROUTE);
    assertThat(got.process().election()).isEmpty();
    assertThat(got.process().endpoint()).isEmpty();
    assertThat(got.host().qps()).isEqualTo(7);
    assertThat(got.guest().burst()).isEqualTo(9);
  }

  @Test
  void nodesGoAfterTwoMissesUnlessHalfOfThemWould() throws Exception {
    assertThat(with()).isZero();
    assertThat(command.understood().lifecycle())
        .isEqualTo(
            new NodeLifecycleController.Settings(
                Duration.ofSeconds(5), 8, Duration.ZERO, 50, false));
    assertThat(command.understood().lease())
        .isEqualTo(ObjectKey.of("kube-system", "cloud-controller-manager"));
    assertThat(
            with(
                "--node-monitor-period=2s",
                "--concurrent-node-lifecycle-syncs=3",
                "--node-deletion-grace=1m",
                "--node-deletion-limit-share=20",
                "--untaint-running-nodes",
                "--leader-elect=false",
                "--leader-elect-resource-name=mine"))
        .isZero();
    assertThat(command.understood().lifecycle())
        .isEqualTo(
            new NodeLifecycleController.Settings(
                Duration.ofSeconds(2), 3, Duration.ofMinutes(1), 20, true));
    assertThat(command.understood().lease()).isEqualTo(ObjectKey.of("kube-system", "mine"));
  }

  @Test
  void routesAndLabelsAreAsUpstreamUnlessTold() throws Exception {
    assertThat(with()).isZero();
    assertThat(command.understood().routes())
        .isEqualTo(
            new RouteController.Settings(
                true, Duration.ofSeconds(10), new ClusterRanges(List.of())));
    assertThat(command.understood().labelSync()).isEqualTo(LabelSync.TOPOLOGY);
    assertThat(command.understood().services().resyncEvery()).isZero();
    assertThat(
            with(
                "--configure-cloud-routes=false",
                "--route-reconciliation-period=1m",
                "--cluster-cidr=10.42.0.0/16,fd42::/48",
                "--sync-node-labels=all",
                "--service-resync-period=1h"))
        .isZero();
    assertThat(command.understood().routes().enabled()).isFalse();
    assertThat(command.understood().routes().period()).isEqualTo(Duration.ofMinutes(1));
    assertThat(command.understood().routes().ranges().subnets()).hasSize(2);
    assertThat(command.understood().labelSync()).isEqualTo(LabelSync.ALL);
    assertThat(command.understood().services().resyncEvery()).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void controllersMoveUnderASecondLease() throws Exception {
    assertThat(with()).isZero();
    assertThat(command.understood().migration()).isEmpty();
    assertThat(with("--enable-leader-migration")).as(command.err()).isZero();
    assertThat(command.understood().migration()).contains(LeaderMigration.DEFAULT);
    assertThat(command.understood().controllers().running())
        .containsExactlyInAnyOrder(Duty.values());
    Path file =
        Files.writeString(
            directory.resolve("moving.yaml"),
            """
            apiVersion: controllermanager.config.k8s.io/v1
            kind: LeaderMigrationConfiguration
            leaderName: moving
            controllerLeaders:
              - {name: service-lb-controller, component: kube-controller-manager}
              - {name: cloud-node-controller, component: cloud-controller-manager}
            """);
    assertThat(with("--enable-leader-migration", "--leader-migration-config=" + file))
        .as(command.err())
        .isZero();
    assertThat(command.understood().migration().orElseThrow().leaseName()).isEqualTo("moving");
    assertThat(command.understood().controllers().running())
        .as("another program has the Services")
        .containsExactlyInAnyOrder(Duty.NODE, Duty.NODE_LIFECYCLE, Duty.ROUTE);
    assertThat(command.understood().strays().search()).isFalse();
  }

  @Test
  void withoutElectionNothingMoves() throws Exception {
    assertThat(with("--enable-leader-migration", "--leader-elect=false")).isZero();
    assertThat(command.understood().migration()).isEmpty();
    assertThat(with("--leader-migration-config=/not/read")).isZero();
    assertThat(command.understood().migration()).isEmpty();
  }

  @Test
  void saysWhatIsWrongWithTheMigration() throws Exception {
    assertThat(with("--enable-leader-migration", "--leader-migration-config=/not/there"))
        .isEqualTo(2);
    assertThat(command.err()).contains("--leader-migration-config: cannot read /not/there");
    Path file = Files.writeString(directory.resolve("moving.yaml"), "kind: Pod");
    assertThat(with("--enable-leader-migration", "--leader-migration-config=" + file)).isEqualTo(2);
    assertThat(command.err()).contains("moving.yaml: kind is \"Pod\"");
  }

  @Test
  void followsNoMachineWithoutTheVmiController() throws Exception {
    assertThat(with("--disable-vmi-controller")).as(command.err()).isZero();
    assertThat(command.understood().machines().followsMachines()).isFalse();
    assertThat(command.understood().machines().asksAgents()).isFalse();
  }

  @Test
  void takesTheGuestFromTheEnvironment() throws Exception {
    Path file = Files.writeString(directory.resolve("guest"), "");
    assertThat(command.run(Map.of("KUBECONFIG", file.toString()), "--cloud-config=" + file))
        .isZero();
    assertThat(command.understood().guest().source())
        .isEqualTo(new ConnectionSource.KubeconfigFile(file, ""));
  }

  @Test
  void namesBothPlacesWhenThereIsNoCloudConfig() {
    assertThat(command.run(Map.of(), "--kubeconfig=x")).isEqualTo(2);
    assertThat(command.err())
        .contains(
            "/etc/kubernetes/cloud-config",
            "/var/lib/rancher/rke2/etc/config-files/cloud-provider-config");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--cloud-provider=aws",
        "--cluster-name=",
        "--vip-placement=both",
        "--load-balancer-driver=other",
        "--host-service-backends=other",
        "--controllers=*,nonsense",
        "--sync-node-labels=some",
        "--route-reconciliation-period=0s",
        "--cluster-cidr=10.0.0.0",
        "--service-resync-period=-1s",
        "--concurrent-service-syncs=0",
        "--concurrent-node-syncs=0",
        "--node-status-update-frequency=0",
        "--node-monitor-period=0s",
        "--concurrent-node-lifecycle-syncs=0",
        "--node-deletion-grace=-1s",
        "--node-deletion-limit-share=0",
        "--node-deletion-limit-share=101",
        "--node-ip-cidr=127.0.0.1",
        "--management-network=a/b/c",
        "--node-selector=a b",
        "--node-labels-from=kubernetes.io/arch",
        "--use-service-account-credentials=perhaps",
        "--enable-leader-migration=perhaps",
        "--cloud-api-qps=0",
        "--feature-gates=Nonsense=true",
        "--feature-gates=SCTPSupport=false",
        "--feature-gates=ContextualLogging=perhaps",
        "--tls-min-version=VersionTLS11",
        "--tls-cipher-suites=TLS_NONE",
        "--tls-curve-preferences=4588",
        "--tls-sni-cert-key=only.crt",
        "--authentication-token-webhook-cache-ttl=-1s",
        "--authorization-webhook-cache-authorized-ttl=-1s",
        "--orphan-grace=-1s",
        "--webhooks=nodes",
        "--webhooks=-nodes",
        "--no-such-flag"
      })
  void refusesByName(String flag) throws Exception {
    assertThat(with(flag)).isEqualTo(2);
    String name = flag.contains("=") ? flag.substring(0, flag.indexOf('=')) : flag;
    assertThat(command.err()).contains(name);
    assertThat(command.isRefused()).isTrue();
  }

  @Test
  void looksForOrphansAndReclaimsThemOnlyWhenAsked() throws Exception {
    with();
    assertThat(command.understood().strays())
        .isEqualTo(
            new StraySettings(
                true,
                false,
                Duration.ofMinutes(10),
                ObjectKey.of("kube-system", "cloud-controller-manager")));
    with("--reclaim-orphans", "--orphan-grace=1m", "--controllers=*,-service");
    assertThat(command.understood().strays())
        .isEqualTo(
            new StraySettings(
                false,
                true,
                Duration.ofMinutes(1),
                ObjectKey.of("kube-system", "cloud-controller-manager")));
  }

  @Test
  void startsWithTheCommandLineOfTheProgramReplaced() throws Exception {
    assertThat(
            with(
                "--cloud-provider=harvester",
                "--cluster-name=gc1",
                "--allow-untagged-cloud=true",
                "--authentication-skip-lookup=true",
                "--use-service-account-credentials=true",
                "--allocate-node-cidrs=true",
                "--cluster-cidr=172.20.0.0/16",
                "--configure-cloud-routes=false",
                "--kube-api-content-type=application/vnd.kubernetes.protobuf",
                "--node-monitor-period=5s",
                "--profiling=false",
                "--feature-gates=SCTPSupport=true,ContextualLogging=false",
                "--tls-min-version=VersionTLS13",
                "--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                "--tls-curve-preferences=4588,29",
                "--permit-port-sharing=true",
                "--webhooks=*",
                "--webhook-tls-cert-file=/etc/kubernetes/webhook.crt",
                "--webhook-tls-private-key-file=/etc/kubernetes/webhook.key",
                "--external-cloud-volume-plugin=any",
                "--requestheader-allowed-names=front-proxy",
                "--client-ca-file=/etc/kubernetes/pki/ca.crt",
                "--disable-vmi-controller",
                "--disable-hostname-lookup",
                "--v=3"))
        .as(command.err())
        .isZero();
    assertThat(command.understood().ownAccounts()).isTrue();
  }

  @Test
  void choosesTheDriver() throws Exception {
    assertThat(with()).isZero();
    assertThat(command.understood().cloud())
        .isEqualTo(new CloudChoice.Harvester(new LoadBalancerDriver.BalancerObjects()));
    assertThat(
            with(
                "--load-balancer-driver=service",
                "--host-service-backends=selector",
                "--host-service-annotation-prefixes=a/,b/"))
        .as(command.err())
        .isZero();
    assertThat(command.understood().cloud())
        .isEqualTo(
            new CloudChoice.Harvester(
                new LoadBalancerDriver.HostServices(BackEndSource.SELECTOR, List.of("a/", "b/"))));
    assertThat(with("--load-balancer-driver=service")).isZero();
    assertThat(command.understood().cloud())
        .isEqualTo(
            new CloudChoice.Harvester(
                new LoadBalancerDriver.HostServices(
                    BackEndSource.SLICES, HostServiceSettings.DEFAULT_ANNOTATION_PREFIXES)));
  }

  private int kubevirt(String cloudConfig, String... flags) throws Exception {
    Path file = Files.writeString(directory.resolve("cloud.yaml"), cloudConfig);
    List<String> all =
        new ArrayList<>(
            List.of("--cloud-provider=kubevirt", "--cloud-config=" + file, "--kubeconfig=" + file));
    all.addAll(List.of(flags));
    return command.run(
        Map.of("KUBERNETES_SERVICE_HOST", "fd00::1", "KUBERNETES_SERVICE_PORT", "443"),
        all.toArray(String[]::new));
  }

  @Test
  void choosesTheProvider() throws Exception {
    assertThat(kubevirt("kubeconfig: /x/host\nnamespace: vms")).as(command.err()).isZero();
    assertThat(command.understood().host().source())
        .isEqualTo(
            new ConnectionSource.InNamespace(
                new ConnectionSource.KubeconfigFile(Path.of("/x/host"), ""), "vms"));
    assertThat(command.understood().cloud())
        .isInstanceOfSatisfying(
            CloudChoice.KubeVirt.class,
            choice -> assertThat(choice.config().namespace()).isEqualTo("vms"));
    assertThat(kubevirt("")).as(command.err()).isZero();
    assertThat(command.understood().host().source())
        .as("without a kubeconfig the host is the cluster that the program runs in")
        .isInstanceOf(ConnectionSource.InCluster.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--load-balancer-driver=service",
        "--host-service-backends=none",
        "--vip-placement=host",
        "--management-network=vlan1",
        "--node-ip-cidr=10.0.0.0/8"
      })
  void refusesFlagsOfTheOtherProvider(String flag) throws Exception {
    assertThat(kubevirt("", flag)).isEqualTo(2);
    assertThat(command.err()).contains(flag.substring(0, flag.indexOf('=')), "harvester");
  }

  @Test
  void refusesAFieldOfTheCloudConfigThatNobodyKnows() throws Exception {
    assertThat(kubevirt("loadBalancer: {selectorles: true}")).isEqualTo(2);
    assertThat(command.err()).contains("--cloud-config", "loadBalancer.selectorles");
    assertThat(command.run(Map.of(), "--cloud-provider=kubevirt", "--kubeconfig=x")).isEqualTo(2);
    assertThat(command.err()).contains("--cloud-config is not given");
  }

  @Test
  void aDriverThatHoldsAddressesOnTheHostHasNoPlacement() throws Exception {
    assertThat(with("--load-balancer-driver=service", "--vip-placement=host")).isEqualTo(2);
    assertThat(command.err()).contains("--vip-placement", "--load-balancer-driver");
  }

  /// Those of the cloud controller manager of 1.36, and the one that 1.37 adds.
  private static final String UPSTREAM =
      """
      cloud-provider cloud-config cluster-name allow-untagged-cloud
      use-service-account-credentials external-cloud-volume-plugin node-monitor-period
      node-status-update-frequency concurrent-node-syncs concurrent-node-status-updates
      node-sync-period concurrent-node-lifecycle-syncs concurrent-service-syncs
      configure-cloud-routes route-reconciliation-period cluster-cidr allocate-node-cidrs
      cidr-allocator-type kubeconfig master kube-api-qps kube-api-burst kube-api-content-type
      min-resync-period controllers controller-start-interval feature-gates leader-elect
      leader-elect-lease-duration leader-elect-renew-deadline leader-elect-retry-period
      leader-elect-resource-lock leader-elect-resource-name leader-elect-resource-namespace
      enable-leader-migration leader-migration-config bind-address secure-port cert-dir
      tls-cert-file tls-private-key-file tls-cipher-suites tls-min-version tls-sni-cert-key
      tls-curve-preferences disable-http2-serving http2-max-streams-per-connection
      permit-port-sharing permit-address-sharing authentication-kubeconfig
      authentication-skip-lookup authentication-token-webhook-cache-ttl
      authentication-tolerate-lookup-failure client-ca-file requestheader-client-ca-file
      requestheader-allowed-names requestheader-username-headers requestheader-group-headers
      requestheader-extra-headers-prefix requestheader-uid-headers authorization-kubeconfig
      authorization-always-allow-paths authorization-webhook-cache-authorized-ttl
      authorization-webhook-cache-unauthorized-ttl webhooks webhook-bind-address
      webhook-secure-port webhook-cert-dir webhook-tls-cert-file webhook-tls-private-key-file
      webhook-tls-cipher-suites webhook-tls-min-version webhook-tls-sni-cert-key
      webhook-tls-curve-preferences webhook-disable-http2-serving profiling
      contention-profiling v vmodule logging-format log-flush-frequency log-text-split-stream
      log-text-info-buffer-size log-json-split-stream log-json-info-buffer-size version help
      """;

  @Test
  void knowsEveryFlagOfUpstream() {
    assertThat(command.run(Map.of(), "--help")).isZero();
    Set<String> known =
        Pattern.compile("--([a-z][a-z0-9-]*)")
            .matcher(command.out())
            .results()
            .map(flag -> flag.group(1))
            .collect(Collectors.toSet());
    assertThat(known).containsAll(List.of(UPSTREAM.split("\\s+")));
  }

  @Test
  void everyFlagWithoutEffectSaysWhy() {
    assertThat(command.run(Map.of(), "--help")).isZero();
    String help = command.out().replaceAll("\\s+", " ");
    for (var flag : CompatibilityOptions.ROWS) {
      assertThat(help).contains(flag.name(), flag.why());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--node-sync-period=soon",
        "--min-resync-period=1",
        "--profiling=perhaps",
        "--http2-max-streams-per-connection=many"
      })
  void valuesOfFlagsWithoutEffectAreChecked(String flag) throws Exception {
    assertThat(with(flag)).isEqualTo(2);
    assertThat(command.err()).contains(flag.substring(0, flag.indexOf('=')));
  }

  @Test
  void helpIsGrouped() {
    assertThat(command.run(Map.of(), "--help")).isZero();
    assertThat(command.out())
        .contains("Cloud provider flags:", "Nodes flags:", "Controllers flags:")
        .contains("Leader election flags:", "Accepted for compatibility flags:");
  }
}
