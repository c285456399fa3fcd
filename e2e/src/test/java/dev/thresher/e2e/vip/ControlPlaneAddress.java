package dev.thresher.e2e.vip;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.cloud.Answers;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.cloud.Relay;
import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.Attempt;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Claim;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.HttpAgent;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Node;
import dev.thresher.e2e.lab.Probe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// The address of a control plane on three nodes, each with an API server of its own as far as
/// anybody can tell: whoever asks the address speaks with the server of the node that holds it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class ControlPlaneAddress {

  private static final Duration PATIENCE = Duration.ofSeconds(45);
  private static final Duration PACE = Duration.ofMillis(5);
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final VipRight right;
  private final Map<String, LabProcess> servers = new HashMap<>();
  private final Map<String, LabProcess> managers = new HashMap<>();
  private final Map<String, Integer> begins = new HashMap<>();
  private Lab lab;
  private Client client;
  private HttpAgent http;
  private String vip4;
  private String vip6;
  private Path kubeconfig;

  ControlPlaneAddress(VipRight right) {
    this.right = right;
  }

  @BeforeAll
  void start() {
    lab =
        Lab.builder()
            .hostNodes(3)
            .hostKubeProxy(false)
            // The servers that clients are to be spread over are those of the nodes.
            .apiserverFlags("--endpoint-reconciler-type=none")
            .start();
    client = lab.client("c1");
    http = lab.http(client);
    vip4 = lab.freeAddress(7).ipv4();
    vip6 = lab.freeAddress(7).ipv6();
    kubeconfig = lab.host().kubeconfig(lab.host().admin(), "kube-system");
    // As in a static pod: the program is there before any API server is.
    lab.nodes().forEach(this::startManager);
    assertThat(answer(vip4)).isEmpty();
    lab.nodes().forEach(this::startServer);
    awaitAnswers();
    lab.host().apply(servers());
  }

  /// What API servers say of themselves in `default/kubernetes`.
  private String servers() {
    return """
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata:
      name: kubernetes
      namespace: default
      labels: {kubernetes.io/service-name: kubernetes}
    addressType: IPv4
    ports:
      - {name: https, port: 6443, protocol: TCP}
    endpoints:
      - addresses: [%s]
      - addresses: [%s]
      - addresses: [%s]
    """
        .formatted(lab.nodes().stream().map(node -> node.addresses().ipv4()).toArray());
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  @AfterEach
  void everythingRunsAgain() {
    for (Node node : lab.nodes()) {
      if (!server(node).isAlive()) {
        startServer(node);
      }
      if (!manager(node).isAlive()) {
        startManager(node);
      }
    }
    awaitAnswers();
  }

  @Test
  @Order(1)
  void oneNodeHoldsBothFamiliesAndItsServerAnswers() {
    assertThat(answer(vip4)).contains("ok");
    assertThat(answer("[" + vip6 + "]")).contains("ok");
    Node holder = holder();
    assertThat(lab.nodes().stream().filter(node -> has(node, vip4))).containsExactly(holder);
    assertThat(lab.nodes().stream().filter(node -> has(node, vip6))).containsExactly(holder);
    // The holder's own processes reach it, too.
    assertThat(lab.http(holder).get("https://" + vip4 + ":6443/livez", TIMEOUT).status())
        .isEqualTo(200);
  }

  /// The endpoints have IPv4 alone; over IPv6 servers are found by their nodes.
  @Test
  @Order(1)
  void connectionsAreSpreadOverTheServersOfAllNodes() {
    Node holder = holder();
    for (String vip : List.of(vip4, vip6)) {
      boolean v6 = vip.contains(":");
      Await.until(
          "each server to get a connection to " + vip,
          PATIENCE,
          () -> {
            assertThat(answer(v6 ? "[" + vip + "]" : vip)).contains("ok");
            String known =
                holder
                    .namespace()
                    .run(
                        List.of(
                            "conntrack", "-L", "-f", v6 ? "ipv6" : "ipv4", "-p", "tcp", "-d", vip));
            return lab.nodes().stream()
                .map(node -> v6 ? node.addresses().ipv6() : node.addresses().ipv4())
                .allMatch(server -> known.contains(" src=" + server + " "));
          });
    }
  }

  @Test
  @Order(1)
  void aNodeTellsWhatItKnowsAndServersTakeTheManifests() {
    Node holder = holder();
    assertThat(command("status", "--status-socket=" + socket(holder)))
        .contains("ADDRESS")
        .contains(vip4)
        .contains("answered on " + holder.interfaceName())
        .contains("the control plane");
    assertThat(command("explain", vip6, "--status-socket=" + socket(holder)))
        .contains("held by:      " + holder.name())
        .contains("live nodes:   node1 node2 node3");
    for (String kind : List.of("pod", "daemonset")) {
      String manifest =
          command("manifest", kind, "--arp", "--services", "--controlplane", "--address", vip4);
      assertThat(
              lab.host()
                  .namespace()
                  .run(
                      List.of(
                          lab.directory().resolve("bin/kubectl").toString(),
                          "--kubeconfig=" + kubeconfig,
                          "create",
                          "--dry-run=server",
                          "--validate=strict",
                          "-f",
                          "-"),
                      manifest))
          .contains("vip-manager created");
    }
  }

  @Test
  @Order(2)
  void aDeadServerMovesTheAddressThoughItsNodeLives() {
    Node before = holder();
    try (var neighbours = Probe.neighbour(client, client.interfaceName(), vip4, PACE)) {
      String mac = neighbours.await("an answer", PATIENCE, Claim::asked).mac();
      server(before).kill();
      neighbours.await("another holder", PATIENCE, c -> c.asked() && !c.mac().equals(mac));
      Await.until("another server to answer", PATIENCE, () -> answer(vip4).isPresent());
      assertThat(Answers.of(neighbours.lines()).doubleTime()).isZero();
    }
    assertThat(holder()).isNotEqualTo(before);
    assertThat(manager(before).isAlive()).isTrue();
  }

  @Test
  @Order(3)
  void aKilledManagerLosesTheAddressAndNobodyAnswersTwice() {
    Node before = holder();
    try (var neighbours = Probe.neighbour(client, client.interfaceName(), vip6, PACE)) {
      String mac = neighbours.await("an answer", PATIENCE, Claim::asked).mac();
      manager(before).kill();
      neighbours.await("another holder", PATIENCE, c -> c.asked() && !c.mac().equals(mac));
      assertThat(Answers.of(neighbours.lines()).doubleTime()).isZero();
    }
    Await.until("its device to be gone", PATIENCE, () -> !has(before, vip6));
    Await.until("the server to answer", PATIENCE, () -> answer("[" + vip6 + "]").isPresent());
  }

  @Test
  @Order(4)
  void withoutAnyServerThatIsWellTheHolderStays() {
    for (Node node : lab.nodes()) {
      Await.until("its server to be well", PATIENCE, () -> well(node).equals(Optional.of(true)));
    }
    Node before = holder();
    lab.nodes().forEach(node -> server(node).kill());
    for (Node node : lab.nodes()) {
      Await.until("its death to be noticed", PATIENCE, () -> well(node).equals(Optional.of(false)));
    }
    assertThat(has(before, vip4)).isTrue();
    assertThat(holder()).isEqualTo(before);
  }

  /// All nodes go down together, and come back without any API server.
  void theControlPlaneGoesDown() {
    for (Node node : lab.nodes()) {
      server(node).kill();
      manager(node).kill();
    }
    for (Node node : lab.nodes()) {
      Await.until("the device of " + node.name() + " to be gone", PATIENCE, () -> !has(node, vip4));
      startManager(node);
    }
  }

  /// Both addresses are on one node.
  void awaitAHolder() {
    Node holder = holder();
    Await.until("the address of the other family", PATIENCE, () -> has(holder, vip6));
    assertThat(answer(vip4)).as("no server runs").isEmpty();
  }

  /// What the manager that runs said last of its server; the log has what the one before it said,
  /// too.
  private Optional<Boolean> well(Node node) {
    return manager(node)
        .output()
        .substring(begins.getOrDefault(node.name(), 0))
        .lines()
        .filter(line -> line.contains(" well="))
        .map(line -> line.contains(" well=true"))
        .reduce((earlier, later) -> later);
  }

  private void startServer(Node node) {
    servers.put(node.name(), Relay.start(lab, node, lab.host()));
  }

  private void startManager(Node node) {
    LabProcess before = managers.get(node.name());
    begins.put(node.name(), before == null ? 0 : before.output().length());
    managers.put(
        node.name(),
        lab.start(
            node,
            "vip-manager-" + node.name(),
            List.of(Dist.find().program("vip-manager").toString(), "manager"),
            environment(node)));
  }

  private Map<String, String> environment(Node node) {
    Map<String, String> environment = new HashMap<>(right.environment(lab.directory(), node, true));
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("vip_arp", "true");
    environment.put("cp_enable", "true");
    environment.put("address", vip4 + "," + vip6);
    environment.put("lb_enable", "true");
    environment.put("backend_health_check_interval", "1");
    environment.put("vip_interface", node.interfaceName());
    environment.put("vip_nodename", node.name());
    environment.put("k8s_config_file", kubeconfig.toString());
    environment.put("vip_status_socket", socket(node));
    return environment;
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

  private LabProcess server(Node node) {
    return Objects.requireNonNull(servers.get(node.name()));
  }

  private LabProcess manager(Node node) {
    return Objects.requireNonNull(managers.get(node.name()));
  }

  private void awaitAnswers() {
    Await.until("the address to answer over IPv4", PATIENCE, () -> answer(vip4).isPresent());
    Await.until(
        "the address to answer over IPv6", PATIENCE, () -> answer("[" + vip6 + "]").isPresent());
  }

  private Optional<String> answer(String host) {
    Attempt attempt = http.get("https://" + host + ":6443/livez", TIMEOUT);
    return attempt.status() == 200 ? Optional.ofNullable(attempt.body()) : Optional.empty();
  }

  private Node holder() {
    return Await.value(
        "one node with the address",
        PATIENCE,
        () -> {
          List<Node> having = lab.nodes().stream().filter(node -> has(node, vip4)).toList();
          return having.size() == 1 ? Optional.of(having.getFirst()) : Optional.empty();
        });
  }

  private boolean has(Node node, String address) {
    return !node.namespace().run(List.of("ip", "-o", "address", "show", "to", address)).isBlank();
  }
}
