package dev.thresher.e2e.vip;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.Answers;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.cloud.KubeVipRole;
import dev.thresher.e2e.cloud.Relay;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Claim;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Node;
import dev.thresher.e2e.lab.Probe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// kube-vip's manifest and role, with this program in its place: alone, and beside kube-vips that
/// are replaced node by node and come back. A client asks all the time who has the addresses.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KubeVipSwapIT {

  private static final Duration PATIENCE = Duration.ofSeconds(45);
  private static final Duration PACE = Duration.ofMillis(5);

  private Lab lab;
  private Client client;
  private String vip4;
  private String vip6;
  private Path kubeconfig;
  private int starts;

  @BeforeAll
  void start() {
    lab = Lab.builder().hostNodes(2).hostKubeProxy(false).start();
    client = lab.client("c1");
    vip4 = lab.freeAddress(7).ipv4();
    vip6 = lab.freeAddress(7).ipv6();
    kubeconfig = KubeVipRole.grant(lab, lab.host());
    lab.host()
        .apply(
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: web
              namespace: default
              annotations: {kube-vip.io/loadbalancerIPs: "%s,%s"}
            spec:
              type: LoadBalancer
              ipFamilyPolicy: PreferDualStack
              ports: [{name: http, port: 80, protocol: TCP, targetPort: 8080}]
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata:
              name: web-1
              namespace: default
              labels: {kubernetes.io/service-name: web}
            addressType: IPv4
            ports: [{name: http, port: 8080, protocol: TCP}]
            endpoints: [{addresses: [%s], conditions: {ready: true}}]
            """
                .formatted(vip4, vip6, lab.nodes().getFirst().addresses().ipv4()));
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void kubeVipIsReplacedNodeByNodeAndComesBack() throws InterruptedException {
    Node one = lab.node(1);
    Node two = lab.node(2);
    List<String> both = List.of(vip4, vip6);
    var first = new KubeVipStandIn(one, KubeVipStandIn.SERVICES, both, lab.host().api());
    Await.until("the first kube-vip to lead", PATIENCE, first::leads);
    var second = new KubeVipStandIn(two, KubeVipStandIn.SERVICES, both, lab.host().api());
    try (var arp = Probe.neighbour(client, client.interfaceName(), vip4, PACE);
        var ndp = Probe.neighbour(client, client.interfaceName(), vip6, PACE)) {
      String macOfOne = arp.await("an answer", PATIENCE, Claim::asked).mac();

      // The one that holds nothing.
      second.stop();
      LabProcess onTwo = manager(two);
      Await.until(
          "kube-vip's Lease to be respected",
          PATIENCE,
          () -> onTwo.output().contains("profile chosen") && lease().equals(one.name()));
      // The holder.
      first.stop();
      String macOfTwo = awaitOther(arp, ndp, macOfOne);
      assertThat(lease()).isEqualTo(two.name());
      awaitWritten(two);

      // Among ours: a holder that dies is replaced when its Lease ends.
      LabProcess onOne = manager(one);
      Await.until("it to run", PATIENCE, () -> onOne.output().contains("profile chosen"));
      onTwo.kill();
      assertThat(awaitOther(arp, ndp, macOfTwo)).isEqualTo(macOfOne);
      awaitWritten(one);

      // And back: kube-vip waits for its turn and gets it.
      var again = new KubeVipStandIn(two, KubeVipStandIn.SERVICES, both, lab.host().api());
      assertThat(onOne.stop(PATIENCE)).isZero();
      Await.until("kube-vip to lead again", PATIENCE, again::leads);
      assertThat(awaitOther(arp, ndp, macOfOne)).isEqualTo(macOfTwo);

      for (var probe : List.of(arp, ndp)) {
        assertThat(Answers.of(probe.lines()).doubleTime()).isZero();
        assertThat(moves(probe.lines()))
            .as("each move is seen once, in answers and announcements together")
            .containsExactly(macOfOne, macOfTwo, macOfOne, macOfTwo);
      }
      again.stop();
      saidWhatItIs(onOne);
    }
  }

  @Test
  void theControlPlanesAddressGoesByItsOwnLease() throws InterruptedException {
    Node one = lab.node(1);
    Node two = lab.node(2);
    int dot = vip4.lastIndexOf('.') + 1;
    String vip = vip4.substring(0, dot) + (Integer.parseInt(vip4.substring(dot)) + 1);
    List<LabProcess> servers =
        lab.nodes().stream().map(node -> Relay.start(lab, node, lab.host())).toList();
    var kubeVip =
        new KubeVipStandIn(one, KubeVipStandIn.CONTROL_PLANE, List.of(vip), lab.host().api());
    Await.until("kube-vip to lead", PATIENCE, kubeVip::leads);
    try (var arp = Probe.neighbour(client, client.interfaceName(), vip, PACE)) {
      String macOfOne = arp.await("an answer", PATIENCE, Claim::asked).mac();

      // As in a static pod, whose account may do everything.
      Map<String, String> asAdmin = controlPlane(two, vip);
      asAdmin.put("k8s_config_file", lab.host().adminKubeconfig().toString());
      LabProcess onTwo = start(two, asAdmin);
      awaitCompatible(onTwo);
      assertThat(onTwo.output()).contains("the account may do everything");
      assertThat(controlPlaneLease()).isEqualTo(one.name());
      kubeVip.stop();
      String macOfTwo = awaitOther(arp, macOfOne);
      assertThat(controlPlaneLease()).isEqualTo(two.name());

      LabProcess onOne = start(one, controlPlane(one, vip));
      awaitCompatible(onOne);
      assertThat(controlPlaneLease()).isEqualTo(two.name());
      assertThat(onTwo.stop(PATIENCE)).isZero();
      assertThat(awaitOther(arp, macOfTwo)).isEqualTo(macOfOne);
      assertThat(controlPlaneLease()).isEqualTo(one.name());
      Await.until(
          "its server to answer",
          PATIENCE,
          () -> lab.http(client).get("https://" + vip + ":6443/livez", PATIENCE).status() == 200);
      assertThat(onOne.stop(PATIENCE)).isZero();
      assertThat(Answers.of(arp.lines()).doubleTime()).isZero();
      assertThat(moves(arp.lines())).containsExactly(macOfOne, macOfTwo, macOfOne);
    }
    servers.forEach(LabProcess::kill);
  }

  private static void awaitCompatible(LabProcess manager) {
    Await.until("it to run", PATIENCE, () -> manager.output().contains("profile=COMPATIBLE"));
  }

  private static String awaitOther(Probe<Claim> arp, String mac) {
    Await.until("another holder", PATIENCE, () -> !last(arp).equals(mac));
    return last(arp);
  }

  private String controlPlaneLease() {
    return holder(KubeVipStandIn.CONTROL_PLANE);
  }

  private String holder(String lease) {
    return lab.host()
        .api()
        .find(KubeVipStandIn.LEASES + "/" + lease)
        .map(KubeVipStandIn::holder)
        .orElse("");
  }

  private static void saidWhatItIs(LabProcess manager) {
    assertThat(manager.output())
        .contains("profile=COMPATIBLE")
        .contains("the account may not patch Leases in kube-system, as kube-vip's may not")
        .containsOnlyOnce("the full manifest adds");
  }

  /// What both families answer with once neither answers with the old one.
  private String awaitOther(Probe<Claim> arp, Probe<Claim> ndp, String mac) {
    var _ = awaitOther(arp, mac);
    Await.until("both families to have moved", PATIENCE, () -> !last(ndp).equals(mac));
    Await.until("both families to have one holder", PATIENCE, () -> last(arp).equals(last(ndp)));
    return last(arp);
  }

  private static String last(Probe<Claim> probe) {
    return probe.lines().stream()
        .filter(Claim::asked)
        .reduce((earlier, later) -> later)
        .map(Claim::mac)
        .orElse("");
  }

  /// The link-layer addresses in the order of the claims, without repeats.
  private static List<String> moves(List<Claim> claims) {
    List<String> moves = new ArrayList<>();
    for (Claim claim : claims) {
      if (moves.isEmpty() || !moves.getLast().equals(claim.mac())) {
        moves.add(claim.mac());
      }
    }
    return moves;
  }

  private String lease() {
    return holder(KubeVipStandIn.SERVICES);
  }

  private void awaitWritten(Node node) {
    Await.until(
        "the Service to name " + node.name(),
        PATIENCE,
        () -> {
          JsonObject web = lab.host().api().get("/api/v1/namespaces/default/services/web");
          return web.toString().contains("\"kube-vip.io/vipHost\":\"" + node.name() + "\"")
              && web.get("status").toString().contains("\"ip\":\"" + vip4 + "\"");
        });
  }

  /// With the environment that kube-vip's generator writes for `manifest daemonset --arp --services
  /// --inCluster --leaderElection`, and shorter times.
  private LabProcess manager(Node node) {
    Map<String, String> environment = common(node);
    environment.put("svc_enable", "true");
    environment.put("svc_leasename", "plndr-svcs-lock");
    return start(node, environment);
  }

  /// The same for `--controlplane` in place of `--services`.
  private Map<String, String> controlPlane(Node node, String vip) {
    Map<String, String> environment = common(node);
    environment.put("cp_enable", "true");
    environment.put("cp_namespace", "kube-system");
    environment.put("address", vip);
    return environment;
  }

  private Map<String, String> common(Node node) {
    Map<String, String> environment = new HashMap<>();
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("vip_arp", "true");
    environment.put("port", "6443");
    environment.put("vip_nodename", node.name());
    environment.put("vip_interface", node.interfaceName());
    environment.put("vip_subnet", "32");
    environment.put("dns_mode", "first");
    environment.put("dhcp_mode", "ipv4");
    environment.put("vip_leaderelection", "true");
    environment.put("vip_leasename", "plndr-cp-lock");
    environment.put("vip_leaseduration", "5");
    environment.put("vip_renewdeadline", "3");
    environment.put("vip_retryperiod", "1");
    environment.put("prometheus_server", ":2112");
    environment.put("k8s_config_file", kubeconfig.toString());
    environment.put(
        "vip_status_socket", lab.directory().resolve("vip-" + node.name() + ".sock").toString());
    return environment;
  }

  private LabProcess start(Node node, Map<String, String> environment) {
    return lab.start(
        node,
        "vip-manager-" + node.name() + "-" + ++starts,
        List.of(Dist.find().program("vip-manager").toString(), "manager"),
        environment);
  }
}
