package dev.thresher.e2e.vip;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.ccm.ShippedRules;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.Relay;
import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.Attempt;
import dev.thresher.e2e.lab.AuditLog.Request;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Node;
import dev.thresher.e2e.lab.User;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What `vip-manager manifest rbac` grants, and what the program asks for under each right, with
/// addresses of Services and of a control plane, by the audit log of a real API server. That
/// nothing is refused is told when the lab closes. Under kube-vip's own role: [KubeVipSwapIT].
@NeedsLab
class VipRightsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final String SERVICE = "/api/v1/namespaces/default/services/";

  private final Map<String, LabProcess> managers = new HashMap<>();
  private Lab lab;
  private Client client;
  private String server;
  private User account;
  private Path kubeconfig;

  @BeforeEach
  void start() {
    lab = Lab.builder().hostNodes(2).hostKubeProxy(false).audit(true).start();
    client = lab.client("c1");
    server = lab.freeAddress(8).ipv4();
    account = lab.host().serviceAccount("kube-system", "vip-manager");
    kubeconfig = lab.host().kubeconfig(account, "kube-system");
    lab.nodes().forEach(node -> Relay.start(lab, node, lab.host()));
  }

  @AfterEach
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void worksUnderTheShippedRoleAndUsesEveryRuleOfIt() {
    Set<String> rules = granted();
    assertThat(rules).hasSizeGreaterThan(15);
    Set<String> unused = new TreeSet<>(rules);
    for (VipRight right : List.of(VipRight.LEASES, VipRight.MAJORITY)) {
      Set<String> asked = askedUnder(right);
      assertThat(asked).as("under %s", right).contains("patch services/status", "patch leases");
      unused.removeAll(asked);
    }
    assertThat(unused)
        .as("rules of charts/vip-manager/files/rbac.yaml that nothing uses")
        .isEmpty();
  }

  /// With one Lease for all Services, and with one for each and labels of Nodes.
  @ParameterizedTest
  @CsvSource({"false, plndr-svcs-lock", "true, kubevip-web"})
  void worksUnderTheRoleForKubeVipsLeasesAndUsesEveryRuleOfIt(boolean each, String lease) {
    List<String> flags = new ArrayList<>(List.of("--profile=compatible"));
    if (each) {
      flags.addAll(List.of("--servicesElection", "--enableNodeLabeling"));
    }
    Set<String> rules = granted(flags.toArray(String[]::new));
    assertThat(rules).hasSizeGreaterThan(15);
    int before = requests().size();
    Node first = serves(VipRight.COMPATIBLE, each);
    String namespace = each ? "default" : "kube-system";
    assertThat(
            HostObjects.text(
                lab.host()
                    .api()
                    .get(
                        "/apis/coordination.k8s.io/v1/namespaces/"
                            + namespace
                            + "/leases/"
                            + lease),
                "spec",
                "holderIdentity"))
        .isEqualTo(first.name());
    takenOverFrom(first);
    assertThat(askedSince(before)).containsAll(rules);
  }

  /// `VERB RESOURCE` of what the programs ask for from their start to their end.
  private Set<String> askedUnder(VipRight right) {
    int before = requests().size();
    Node first = serves(right, false);
    Node second = otherThan(first);
    // There and back: the first node says again what it said before.
    drained(first, second);
    drained(second, first);
    lab.host().api().delete("/apis/net.thresher.dev/v1alpha1/nodenetworks/" + first.name());
    Await.until(
        "the record of its network to be made again",
        PATIENCE,
        () ->
            lab.host()
                .api()
                .find("/apis/net.thresher.dev/v1alpha1/nodenetworks/" + first.name())
                .isPresent());
    takenOverFrom(first);
    return askedSince(before);
  }

  /// Applies the role that is printed.
  ///
  /// @param flags of the program
  /// @return `VERB RESOURCE` of its rules
  private Set<String> granted(String... flags) {
    List<String> rbac = new ArrayList<>(List.of("manifest", "rbac"));
    rbac.addAll(List.of(flags));
    String shipped = command(rbac.toArray(String[]::new));
    lab.host().apply(shipped);
    return ShippedRules.in(shipped);
  }

  /// Starts the programs and awaits all that they tell of Services and control plane.
  ///
  /// @param each with a Lease for each Service and labels of Nodes
  /// @return the holder
  private Node serves(VipRight right, boolean each) {
    service("web", lab.freeAddress(7).ipv4() + "," + lab.freeAddress(7).ipv6());
    // The addresses of nodes are nobody's to give.
    service("wrong", lab.node(1).addresses().ipv4());
    lab.nodes().forEach(node -> startManager(node, right, each));
    Node first = awaitHolder(lab.nodes());
    Await.until(
        "the server to answer",
        PATIENCE,
        () -> {
          Attempt attempt = lab.http(client).get("https://" + server + ":6443/livez", TIMEOUT);
          return attempt.status() == 200;
        });
    Await.until(
        "the refused address to be told",
        PATIENCE,
        () ->
            (right == VipRight.COMPATIBLE
                    ? manager(first).output()
                    : lab.host().api().get(SERVICE + "wrong").toString())
                .contains("AddressRefused"));
    return first;
  }

  private Node otherThan(Node first) {
    return lab.nodes().stream().filter(node -> !node.equals(first)).findFirst().orElseThrow();
  }

  /// The holder dies; what the Services have ends, and so does the other.
  private void takenOverFrom(Node first) {
    Node second = otherThan(first);
    manager(first).kill();
    assertThat(awaitHolder(List.of(second))).isEqualTo(second);
    lab.host().api().delete(SERVICE + "web");
    lab.host().api().delete(SERVICE + "wrong");
    assertThat(manager(second).stop(PATIENCE)).isZero();
  }

  private Set<String> askedSince(int before) {
    List<Request> all = requests();
    Set<String> asked = new TreeSet<>();
    all.subList(before, all.size()).forEach(r -> asked.add(r.verb() + " " + r.resource()));
    return asked;
  }

  private void drained(Node from, Node to) {
    var _ = command("drain", "--status-socket=" + socket(from));
    assertThat(awaitHolder(List.of(to))).isEqualTo(to);
    var _ = command("drain", "--undo", "--status-socket=" + socket(from));
  }

  private List<Request> requests() {
    return lab.host().audit().requests().stream()
        .filter(request -> request.user().equals(account.name()))
        .toList();
  }

  /// The one of these nodes that the Service names.
  private Node awaitHolder(List<Node> nodes) {
    return Await.await(
            "a holder among " + nodes.stream().map(Node::name).toList(),
            () ->
                HostObjects.text(
                    lab.host().api().get(SERVICE + "web"),
                    "metadata",
                    "annotations",
                    "kube-vip.io/vipHost"),
            name -> nodes.stream().anyMatch(node -> node.name().equals(name)))
        .transform(lab::node);
  }

  private void service(String name, String addresses) {
    lab.host()
        .apply(
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: %1$s
              namespace: default
              annotations: {kube-vip.io/loadbalancerIPs: "%2$s"}
            spec:
              type: LoadBalancer
              ipFamilyPolicy: PreferDualStack
              ports: [{name: http, port: 80, protocol: TCP, targetPort: 8080}]
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata:
              name: %1$s-1
              namespace: default
              labels: {kubernetes.io/service-name: %1$s}
            addressType: IPv4
            ports: [{name: http, port: 8080, protocol: TCP}]
            endpoints: [{addresses: [%3$s], conditions: {ready: true}}]
            """
                .formatted(name, addresses, client.addresses().ipv4()));
  }

  private void startManager(Node node, VipRight right, boolean each) {
    Map<String, String> environment = new HashMap<>(right.environment(lab.directory(), node, true));
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("vip_arp", "true");
    environment.put("svc_enable", "true");
    environment.put("cp_enable", "true");
    environment.put("address", server);
    environment.put("lb_enable", "true");
    environment.put("svc_election", String.valueOf(each));
    environment.put("enable_node_labeling", String.valueOf(each));
    environment.put("vip_interface", node.interfaceName());
    environment.put("vip_nodename", node.name());
    environment.put("k8s_config_file", kubeconfig.toString());
    environment.put("vip_status_socket", socket(node));
    managers.put(
        node.name(),
        lab.start(
            node,
            "vip-manager-" + right + "-" + node.name(),
            List.of(Dist.find().program("vip-manager").toString(), "manager"),
            environment));
  }

  private LabProcess manager(Node node) {
    return Objects.requireNonNull(managers.get(node.name()));
  }

  private String socket(Node node) {
    return lab.directory().resolve("vip-" + node.name() + ".sock").toString();
  }

  /// What a command of the program prints.
  private String command(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add("env");
    command.add("JAVA_HOME=" + System.getProperty("java.home"));
    command.add(Dist.find().program("vip-manager").toString());
    command.addAll(List.of(arguments));
    return client.namespace().run(command);
  }
}
