package dev.thresher.e2e.ccm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.OpsPort;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.lab.AuditLog.Request;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.User;
import dev.thresher.e2e.lab.Vm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// What ccm may do, and what it does, by the audit log of real API servers. That nothing is refused
/// is told when the lab closes.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RightsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized";
  private static final String ACCOUNT =
      "system:serviceaccount:kube-system:harvester-cloud-provider";

  /// What only a race or a rare change asks for, which no run makes at will.
  private static final Map<String, String> RARE =
      Map.of(
          "get services", "a Service that somebody changed while it was being written",
          "patch events", "an Event that is said again before it is forgotten",
          "update configmaps", "machines that move to other networks");

  /// The same where controllers act as accounts of their own.
  private static final Map<String, String> RARE_OF_ACCOUNTS =
      Map.of(
          "service-controller get services", "as above",
          "service-controller patch events", "as above",
          "node-controller patch events", "as above");

  /// A machine must be missed twice, a period apart.
  private static final List<String> OFTEN = List.of("--node-monitor-period=500ms");

  private Lab lab;
  private Cloud cloud;
  private ControlPlane guest;

  @BeforeAll
  void start() {
    lab = Lab.builder().hostNodes(1).guest(Cloud.GUEST, g -> g.vms(3)).audit(true).start();
    cloud = Cloud.start(lab, Placement.HOST);
    guest = lab.guest(Cloud.GUEST);
    Readiness.awaitAll(cloud, PATIENCE);
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  @Order(1)
  void letsInWhomTheApiServerKnows() throws Exception {
    assertThat(ask("/livez")).isEqualTo(200);
    assertThat(ask("/configz")).isEqualTo(403);
    assertThat(ask("/configz", "--header", "Authorization: Bearer nonsense")).isEqualTo(401);
    User nobody = guest.serviceAccount("default", "nobody");
    assertThat(ask("/configz", bearer(nobody))).isEqualTo(403);
    guest.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: reads-configz}
        rules:
          - nonResourceURLs: [/configz]
            verbs: [get]
        """);
    guest.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: reads-configz}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reads-configz}
        subjects:
          - {kind: ServiceAccount, name: reader, namespace: default}
        """);
    User reader = guest.serviceAccount("default", "reader");
    Await.until("the reader to be let in", PATIENCE, () -> ask("/configz", bearer(reader)) == 200);
    assertThat(ask("/debug/flags/v", bearer(reader))).isEqualTo(403);
    var admin = (User.CertificateUser) guest.certificateUser("somebody", "system:masters");
    Path certificate =
        Files.writeString(lab.directory().resolve("somebody.crt"), admin.certificatePem());
    Path key = Files.writeString(lab.directory().resolve("somebody.key"), admin.keyPem());
    assertThat(ask("/debug/flags/v", "--cert", certificate.toString(), "--key", key.toString()))
        .isEqualTo(200);
  }

  @Test
  @Order(2)
  void worksUnderTheShippedRoleAndUsesEveryRuleOfIt() {
    GuestService service =
        GuestService.create(guest, "default", "web", List.of("IPv4", "IPv6"), Map.of());
    Await.until("addresses", PATIENCE, () -> service.addresses().size() == 2);
    Vm changed = lab.vms(Cloud.GUEST).getFirst();
    changed.report(
        0, List.of(changed.addresses().ipv4(), changed.addresses().ipv6(), "198.51.100.7"));
    Await.until(
        "the node to have the machine's new address",
        PATIENCE,
        () ->
            guest.api().get("/api/v1/nodes/" + changed.name()).toString().contains("198.51.100.7"));
    cloud.startCcm("2", OFTEN);
    Await.until("the second ccm to be ready", PATIENCE, OpsPort.ccm(cloud, "2")::ready);
    assertThat(cloud.process("ccm-1").stop(Duration.ofSeconds(15))).isZero();
    service.delete();
    Await.until("the Service to be gone", PATIENCE, () -> service.object().isEmpty());
    Await.until(
        "nothing to be left on the host",
        PATIENCE,
        () -> new HostObjects(lab.host()).leftovers().isEmpty());
    Vm gone = lab.vms(Cloud.GUEST).getLast();
    gone.remove();
    notReady(gone.name());
    Await.until(
        "the node of the machine to be gone",
        PATIENCE,
        () -> guest.api().find("/api/v1/nodes/" + gone.name()).isEmpty());
    assertThat(cloud.process("ccm-2").stop(Duration.ofSeconds(15))).isZero();

    List<Request> asked =
        guest.audit().requests().stream().filter(r -> r.user().equals(ACCOUNT)).toList();
    String provider = lab.cloudProvider(Cloud.GUEST).name();
    assertThat(lab.host().audit().requests()).anyMatch(r -> r.user().equals(provider));

    Set<String> unused = new TreeSet<>(ShippedRules.of("rbac-guest.yaml"));
    assertThat(unused).containsAll(RARE.keySet());
    asked.forEach(r -> unused.remove(r.verb() + " " + r.resource()));
    unused.removeAll(RARE.keySet());
    assertThat(unused).as("rules of charts/ccm/files/rbac-guest.yaml that nothing uses").isEmpty();
  }

  @Test
  @Order(3)
  void worksUnderTheRoleOfTheGoChart() {
    guest.apply(GoChart.role("go-chart"));
    User account = guest.serviceAccount("kube-system", "go-chart");
    lab.expectRefusals(
        account.name(),
        "watch leases",
        "create tokenreviews",
        "create subjectaccessreviews",
        "delete nodes");
    guest.apply(GoChart.binding("go-chart"));
    LabProcess first = underGoChart(account, "7");
    Await.until("the first ccm to be ready", PATIENCE, OpsPort.ccm(cloud, "7")::ready);
    GuestService service = GuestService.create(guest, "default", "old", List.of("IPv4"), Map.of());
    Await.until("an address", PATIENCE, () -> service.addresses().size() == 1);
    LabProcess second = underGoChart(account, "8");
    Await.until("the second ccm to be ready", PATIENCE, OpsPort.ccm(cloud, "8")::ready);
    Await.until(
        "the standby to say that it looks",
        PATIENCE,
        () -> second.output().contains("the role does not allow to watch the lease"));
    // Only this machine is asked, so without rights the port lets it in, and says so once.
    assertThat(askAt(10258 + 80, "/configz")).isEqualTo(200);
    assertThat(askAt(10258 + 80, "/configz")).isEqualTo(200);
    assertThat(
            second.output().lines().filter(l -> l.contains("only clients on this machine")).count())
        .isEqualTo(1);

    String before = holder();
    assertThat(before).isNotEmpty();
    long stopping = System.nanoTime();
    first.terminate();
    Await.until(
        "the standby to lead", PATIENCE, () -> !holder().isEmpty() && !holder().equals(before));
    Duration handOver = Duration.ofNanos(System.nanoTime() - stopping);
    System.out.println("hand-over under the Go chart's role: " + handOver.toMillis() + " ms");
    // The retry period of 2 s and the end of the leader, on any machine; without the release it
    // would be the lease's 15 s.
    assertThat(handOver).isLessThan(Duration.ofSeconds(12));
    assertThat(first.onExit().join()).isZero();
    service.delete();
    Await.until("the Service to be gone", PATIENCE, () -> service.object().isEmpty());

    Vm gone = lab.vms(Cloud.GUEST).get(1);
    gone.remove();
    notReady(gone.name());
    Await.until(
        "the refusal to delete the node to be said",
        PATIENCE,
        () -> second.output().contains("nodes") && second.output().contains("forbidden"));
    assertThat(guest.api().find("/api/v1/nodes/" + gone.name())).isPresent();
    assertThat(second.isAlive()).isTrue();
    assertThat(second.stop(Duration.ofSeconds(15))).isZero();
  }

  @Test
  @Order(4)
  void controllersActAsAccountsOfTheirOwn() {
    guest.apply(Dist.find().chartFile("ccm", "rbac-guest-accounts.yaml"));
    Instant from = Instant.now();
    cloud.startCcm("9", List.of("--use-service-account-credentials", OFTEN.getFirst()));
    Await.until("ccm to be ready", PATIENCE, OpsPort.ccm(cloud, "9")::ready);
    GuestService service = GuestService.create(guest, "default", "own", List.of("IPv4"), Map.of());
    Await.until("an address", PATIENCE, () -> service.addresses().size() == 1);
    service.delete();
    Await.until("the Service to be gone", PATIENCE, () -> service.object().isEmpty());
    Vm changed = lab.vms(Cloud.GUEST).getFirst();
    changed.report(0, List.of(changed.addresses().ipv4(), "198.51.100.8"));
    Await.until(
        "the node to have the machine's new address",
        PATIENCE,
        () ->
            guest.api().get("/api/v1/nodes/" + changed.name()).toString().contains("198.51.100.8"));
    askForInitialisation(changed.name());
    Vm gone = lab.vms(Cloud.GUEST).get(1);
    Await.until(
        "the node to go that could not be deleted before",
        PATIENCE,
        () -> guest.api().find("/api/v1/nodes/" + gone.name()).isEmpty());
    Await.until(
        "the end of the taint",
        PATIENCE,
        () ->
            !guest
                .api()
                .get("/api/v1/nodes/" + changed.name())
                .getAsJsonObject("spec")
                .toString()
                .contains(UNINITIALIZED));
    // The last machine of all: whether a person confirms that is on the lease.
    changed.remove();
    notReady(changed.name());
    Await.until(
        "the deletion to be held back",
        PATIENCE,
        () -> guest.api().list("/api/v1/events").toString().contains("NodeDeletionHeld"));
    assertThat(cloud.process("ccm-9").stop(Duration.ofSeconds(15))).isZero();

    List<Request> asked =
        guest.audit().requests().stream()
            .filter(r -> !r.time().isBefore(from))
            .filter(r -> r.userAgent().startsWith("thresher-ccm/"))
            .toList();
    Map<String, Set<String>> users =
        asked.stream()
            .collect(
                Collectors.groupingBy(
                    r -> r.verb() + " " + r.resource(),
                    Collectors.mapping(Request::user, Collectors.toSet())));
    assertThat(users)
        .containsEntry("patch services", Set.of(account("service-controller")))
        .containsEntry("patch services/status", Set.of(account("service-controller")))
        .containsEntry("patch nodes/status", Set.of(account("node-controller")))
        .containsEntry("list nodes", Set.of(account("shared-informers")))
        .containsEntry("list services", Set.of(account("shared-informers")))
        .containsEntry("update leases", Set.of(ACCOUNT))
        .containsEntry("create serviceaccounts/token", Set.of(ACCOUNT));
    Set<String> unused = new TreeSet<>(ShippedRules.ofAccounts("rbac-guest-accounts.yaml"));
    assertThat(unused).hasSizeGreaterThan(15).containsAll(RARE_OF_ACCOUNTS.keySet());
    unused.removeAll(RARE_OF_ACCOUNTS.keySet());
    asked.forEach(r ->
        unused.remove(
            r.user().substring(r.user().lastIndexOf(':') + 1)
                + " "
                + r.verb()
                + " "
                + r.resource()));
    assertThat(unused)
        .as("rules of charts/ccm/files/rbac-guest-accounts.yaml that nothing uses")
        .isEmpty();
  }

  private void askForInitialisation(String node) {
    JsonObject taint = new JsonObject();
    taint.addProperty("key", UNINITIALIZED);
    taint.addProperty("value", "true");
    taint.addProperty("effect", "PreferNoSchedule");
    var taints = new JsonArray();
    taints.add(taint);
    JsonObject spec = new JsonObject();
    spec.add("taints", taints);
    JsonObject patch = new JsonObject();
    patch.add("spec", spec);
    var _ = guest.api().merge("/api/v1/nodes/" + node, patch);
  }

  private static String account(String name) {
    return "system:serviceaccount:kube-system:" + name;
  }

  private LabProcess underGoChart(User account, String replica) {
    return lab.start(
        guest,
        "go-chart-" + replica,
        List.of(
            Dist.find().program("ccm").toString(),
            "--cloud-provider=harvester",
            "--cloud-config=" + lab.cloudConfig(Cloud.GUEST),
            "--kubeconfig=" + guest.kubeconfig(account, "kube-system"),
            "--cluster-name=" + Cloud.GUEST,
            "--vip-placement=host",
            OFTEN.getFirst(),
            "--bind-address=127.0.0.1",
            "--secure-port=" + (10258 + 10 * Integer.parseInt(replica)),
            "--v=2"),
        Map.of("JAVA_HOME", System.getProperty("java.home")));
  }

  private String holder() {
    return guest
        .api()
        .find("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/cloud-controller-manager")
        .map(lease -> HostObjects.text(lease, "spec", "holderIdentity"))
        .orElse("");
  }

  /// As the node lifecycle of kube-controller-manager leaves it when the kubelet is silent.
  private void notReady(String node) {
    JsonObject condition = new JsonObject();
    condition.addProperty("type", "Ready");
    condition.addProperty("status", "Unknown");
    var conditions = new JsonArray();
    conditions.add(condition);
    JsonObject status = new JsonObject();
    status.add("conditions", conditions);
    JsonObject patch = new JsonObject();
    patch.add("status", status);
    var _ = guest.api().merge("/api/v1/nodes/" + node + "/status", patch);
  }

  private static String[] bearer(User user) {
    return new String[] {"--header", "Authorization: Bearer " + ((User.TokenUser) user).token()};
  }

  private int ask(String path, String... more) {
    return askAt(10258 + 10, path, more);
  }

  /// From the machine that ccm runs on.
  private int askAt(int port, String path, String... more) {
    var command =
        new ArrayList<>(
            List.of(
                "curl",
                "--silent",
                "--insecure",
                "--max-time",
                "10",
                "--output",
                "/dev/null",
                "--write-out",
                "%{http_code}"));
    command.addAll(List.of(more));
    command.add("https://127.0.0.1:" + port + path);
    return Integer.parseInt(guest.namespace().run(command).strip());
  }
}
