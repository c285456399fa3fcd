package dev.thresher.e2e.lbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.ccm.HowTo;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// Addresses on a real API server, under the role that is shipped: a host that the Go controller
/// and kube-vip's cloud provider left, and the pages of `docs/how-to` about pools.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AllocationIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String SYSTEM = "harvester-system";
  private static final String POOLS = "/apis/loadbalancer.harvesterhci.io/v1beta1/ippools/";
  private static final String BALANCERS =
      "/apis/loadbalancer.harvesterhci.io/v1beta1/namespaces/vms/loadbalancers/";

  private Lab lab;
  private ControlPlane host;
  private HostObjects objects;
  private int shells;

  @BeforeAll
  void start() {
    lab = Lab.builder().hostNodes(1).start();
    host = lab.host();
    objects = new HostObjects(host);
    host.ensureNamespace(SYSTEM);
    host.ensureNamespace("vms");
    host.apply(Dist.find().chartFile("loadbalancer-controller", "rbac.yaml"));
    leftByOthers();
    String kubeconfig =
        host.kubeconfig(host.serviceAccount(SYSTEM, "harvester-load-balancer"), SYSTEM).toString();
    lab.start(
        host,
        "loadbalancer-controller",
        List.of(
            Dist.find().program("loadbalancer-controller").toString(),
            "--kubeconfig=" + kubeconfig,
            "--bind-address=127.0.0.1",
            "--secure-port=10271",
            "--webhook=false",
            "--v=2"),
        Map.of("JAVA_HOME", System.getProperty("java.home")));
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  /// What is there before the controller starts for the first time.
  private void leftByOthers() {
    host.apply(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: kubevip, namespace: kube-system}
        data: {range-old: 203.0.113.10-203.0.113.20}
        """);
    host.apply(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: kubevip, namespace: vms}
        data:
          kubevip-services: '{"services": [{"vip": "203.0.113.12", "serviceName": "x"}]}'
        """);
    host.apply(
        """
        apiVersion: loadbalancer.harvesterhci.io/v1beta1
        kind: IPPool
        metadata: {name: go}
        spec:
          ranges: [{subnet: 198.51.100.0/24}]
        status:
          total: 253
          available: 251
          lastAllocated: 198.51.100.11
          allocated: {198.51.100.10: vms/second, 198.51.100.11: vms/gone}
          conditions: [{type: Ready, status: "True"}]
        """);
    for (String name : List.of("first", "second")) {
      host.apply(
          balancer(name, "", "go")
              + """
              status:
                allocatedAddress: {ipPool: go, ip: 198.51.100.10, mask: 255.255.255.0, gateway: 198.51.100.1}
              """);
    }
  }

  private static String balancer(String name, String annotations, String pool) {
    return """
    apiVersion: loadbalancer.harvesterhci.io/v1beta1
    kind: LoadBalancer
    metadata: {name: %s, namespace: vms, annotations: {%s}}
    spec:
      workloadType: vm
      ipPool: %s
      listeners: [{name: http, port: %d, protocol: TCP, backendPort: 80}]
    """
        .formatted(name, annotations, pool, 8000 + Math.floorMod(name.hashCode(), 1000));
  }

  private JsonObject balancer(String name) {
    return host.api().get(BALANCERS + name);
  }

  private String address(String name) {
    return HostObjects.text(balancer(name), "status", "allocatedAddress", "ip");
  }

  private void awaitAddress(String name, String address) {
    Await.until(name + " to have " + address, PATIENCE, () -> address(name).equals(address));
  }

  /// Empty while there is no such object, or nothing is said.
  private String message(String path, String type) {
    return host.api().find(path).map(object -> object.getAsJsonObject("status")).stream()
        .filter(status -> status.has("conditions"))
        .flatMap(status -> status.getAsJsonArray("conditions").asList().stream())
        .map(condition -> condition.getAsJsonObject())
        .filter(condition -> condition.get("type").getAsString().equals(type))
        .map(condition ->
            HostObjects.text(condition, "reason") + " " + HostObjects.text(condition, "message"))
        .findFirst()
        .orElse("");
  }

  /// Address to owner.
  private Map<String, String> claims() {
    var claims = new TreeMap<String, String>();
    for (JsonObject claim : objects.claims()) {
      claims.put(
          HostObjects.text(claim, "spec", "address"),
          HostObjects.text(claim, "spec", "owner", "name"));
    }
    return claims;
  }

  @Test
  @Order(1)
  void listsWhatTheGoControllerLeftInDisorderAndFreesNothing() {
    Await.until(
        "the conflict to be listed",
        PATIENCE,
        () -> message(POOLS + "go", "AddressConflicts").contains("198.51.100.10"));

    assertThat(message(POOLS + "go", "AddressConflicts"))
        .contains("of vms/second, also in the status of vms/first");
    assertThat(message(POOLS + "go", "UnclaimedAddresses")).contains("198.51.100.11 vms/gone");
    assertThat(message(BALANCERS + "first", "Ready")).startsWith("AddressConflict ");
    assertThat(address("first")).isEqualTo("198.51.100.10");
    Await.until(
        "the claim of the one that has it",
        PATIENCE,
        () -> claims().equals(Map.of("198.51.100.10", "second")));

    // The line for a person that the reference has.
    String[] table =
        run(
                HowTo.reference("loadbalancer-controller.md"),
                "Coming from Harvester's controller, or from kube-vip",
                Map.of())
            .lines()
            .filter(line -> line.startsWith("POOL ") || line.startsWith("go "))
            .toArray(String[]::new);
    assertThat(table).hasSize(2);
    int unclaimed = table[0].indexOf("NO CLAIM");
    int twice = table[0].indexOf("TWICE");
    assertThat(table[1].substring(unclaimed, twice)).contains("198.51.100.11 vms/gone");
    assertThat(table[1].substring(twice))
        .contains("198.51.100.10", "of vms/second, also in the status of vms/first");

    host.api().delete(BALANCERS + "first");
    Await.until(
        "the conflict to end", PATIENCE, () -> message(POOLS + "go", "AddressConflicts").isBlank());
    assertThat(address("second")).isEqualTo("198.51.100.10");
  }

  @Test
  @Order(2)
  void makesAPoolOfTheConfigurationOfKubeVip() {
    Await.until("the pool", PATIENCE, () -> message(POOLS + "old", "Ready").equals(" "));

    JsonObject pool = host.api().get(POOLS + "old");
    assertThat(pool.getAsJsonObject("spec").toString())
        .contains("203.0.113.0/27", "203.0.113.10", "203.0.113.20", "\"namespace\":\"old\"");
    Await.until(
        "the mark",
        PATIENCE,
        () ->
            HostObjects.text(
                    host.api().get("/api/v1/namespaces/kube-system/configmaps/kubevip"),
                    "metadata",
                    "annotations",
                    "loadbalancer.harvesterhci.io/after-conversion")
                .equals("true"));
  }

  @Test
  @Order(3)
  void aSharedAddressGoesToTheNextWhenItsOwnerIsDeleted() {
    String group = "thresher.dev/share-group: together";
    host.apply(balancer("one", group, "go"));
    Await.until("an address", PATIENCE, () -> !address("one").isEmpty());
    String address = address("one");
    host.apply(balancer("two", group, "go"));
    awaitAddress("two", address);
    assertThat(claims()).containsEntry(address, "one");

    host.api().delete(BALANCERS + "one");
    Await.until("another owner", PATIENCE, () -> "two".equals(claims().get(address)));
    assertThat(address("two")).isEqualTo(address);
  }

  @Test
  @Order(4)
  void thePageAboutReservationsIsTrue() {
    HowTo page = HowTo.read("reserve-an-address.md");
    var values = new HashMap<>(Map.of("POOL", "go", "NAMESPACE", "vms"));
    values.put("ADDRESS", "198.51.100.77");
    values.put("NAME", "reserved");
    run(page, "For a LoadBalancer", values);
    host.apply(balancer("reserved", "", "go"));
    awaitAddress("reserved", "198.51.100.77");

    values.put("ADDRESS", "198.51.100.78");
    values.putAll(Map.of("CLUSTER", "g1", "SERVICE_NAMESPACE", "default", "SERVICE", "web"));
    run(page, "For a Service of a guest cluster", values);
    host.apply(
        """
        apiVersion: loadbalancer.harvesterhci.io/v1beta1
        kind: LoadBalancer
        metadata:
          name: g1-default-web-0a1b2c3d
          namespace: vms
          labels:
            cloudprovider.harvesterhci.io/cluster: g1
            cloudprovider.harvesterhci.io/serviceNamespace: default
            cloudprovider.harvesterhci.io/serviceName: web
        spec: {workloadType: cluster, ipPool: go}
        """);
    awaitAddress("g1-default-web-0a1b2c3d", "198.51.100.78");
    assertThat(run(page, "Look", values)).contains("198.51.100.78 vms/web");
    run(page, "Give it back", values);
    assertThat(address("reserved")).isEqualTo("198.51.100.77");
  }

  @Test
  @Order(5)
  void thePageAboutMovingAPoolIsTrue() {
    HowTo page = HowTo.read("move-a-pool.md");
    var values =
        Map.of(
            "OLD", "go",
            "NEW", "new",
            "NETWORK", "192.0.2.0/24",
            "SCOPES", lab.directory().resolve("scopes").toString());
    for (String section :
        List.of("Make the new pool", "Close the old pool", "Open the new pool", "Move")) {
      run(page, section, values);
    }
    for (String name : List.of("second", "two", "reserved", "g1-default-web-0a1b2c3d")) {
      Await.until(name + " to have moved", PATIENCE, () -> address(name).startsWith("192.0.2."));
    }
    Await.until(
        "the old addresses to be free",
        PATIENCE,
        () -> claims().keySet().stream().allMatch(address -> address.startsWith("192.0.2.")));
    run(page, "Check", values);
    // Nobody claims it, and nobody has decided about it.
    assertThat(message(POOLS + "go", "UnclaimedAddresses")).contains("198.51.100.11 vms/gone");
    run(page, "Delete the old pool", values);
    host.api()
        .merge(
            POOLS + "go",
            JsonParser.parseString(
                    """
                    {"metadata": {"annotations": {"loadbalancer.harvesterhci.io/manuallyReleaseIP":
                      "198.51.100.11: vms/gone"}}}
                    """)
                .getAsJsonObject());
    Await.until("the old pool to be gone", PATIENCE, () -> host.api().find(POOLS + "go").isEmpty());
  }

  @Test
  @Order(6)
  void aMachineInAnotherVlanThanThePoolIsSaid() {
    network("seven", 7);
    network("eight", 8);
    host.apply(
        """
        apiVersion: loadbalancer.harvesterhci.io/v1beta1
        kind: IPPool
        metadata: {name: lan}
        spec:
          selector: {network: vms/seven}
          ranges: [{subnet: 203.0.113.64/27}]
        """);
    host.apply(
        """
        apiVersion: kubevirt.io/v1
        kind: VirtualMachineInstance
        metadata: {name: web-1, namespace: vms, labels: {app: web}}
        spec:
          domain: {devices: {}}
          networks: [{name: nic-0, multus: {networkName: vms/eight}}]
        status:
          phase: Running
          interfaces: [{name: nic-0, ipAddress: 203.0.113.130, ipAddresses: [203.0.113.130]}]
        """);
    host.apply(balancer("crossing", "", "lan") + "  backendServerSelector: {app: [web]}\n");
    String path = BALANCERS + "crossing";
    Await.until(
        "it to be said",
        PATIENCE,
        () -> message(path, "BackendsInOtherVlan").startsWith("VlansDiffer "));
    assertThat(message(path, "BackendsInOtherVlan"))
        .contains("\"lan\"", "vms/seven (VLAN 7 ", "web-1", "vms/eight (VLAN 8 ");
    assertThat(address("crossing")).startsWith("203.0.113.");

    network("eight", 7);
    Await.until(
        "its end to be said",
        PATIENCE,
        () -> message(path, "BackendsInOtherVlan").startsWith("NoOtherVlan "));
  }

  /// By its own right to follow the one ConfigMap, and sooner than anybody who looks now and then.
  @Test
  @Order(7)
  void theVirtualAddressOfTheHostIsGivenToNobodyFromTheMomentThatItStandsThere() {
    host.apply(
        """
        apiVersion: loadbalancer.harvesterhci.io/v1beta1
        kind: IPPool
        metadata: {name: own}
        spec:
          ranges: [{subnet: 203.0.113.96/27, rangeStart: 203.0.113.100, rangeEnd: 203.0.113.100}]
        """);
    virtual("203.0.113.100");
    Await.until(
        "the pool to say it",
        PATIENCE,
        () ->
            message(POOLS + "own", "AgainstRules")
                .contains("203.0.113.100 of the host as its virtual address"));
    host.apply(balancer("waiting", "", "own"));
    Await.until(
        "it to wait",
        PATIENCE,
        () -> message(BALANCERS + "waiting", "Ready").startsWith("PoolExhausted "));

    virtual("203.0.113.101");
    Await.until(
        "it to be woken", Duration.ofSeconds(10), () -> address("waiting").equals("203.0.113.100"));
  }

  private void virtual(String address) {
    host.apply(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: vip, namespace: harvester-system}
        data: {enabled: "true", mode: static, ip: %s, hwAddress: ""}
        """
            .formatted(address));
  }

  private void network(String name, int vlan) {
    host.apply(
        """
        apiVersion: k8s.cni.cncf.io/v1
        kind: NetworkAttachmentDefinition
        metadata:
          name: %s
          namespace: vms
          labels:
            network.harvesterhci.io/type: L2VlanNetwork
            network.harvesterhci.io/clusternetwork: mgmt
            network.harvesterhci.io/vlan-id: "%d"
        spec: {config: '{"type": "bridge", "bridge": "mgmt-br", "vlan": %d}'}
        """
            .formatted(name, vlan, vlan));
  }

  /// Runs the commands of a section as its reader would.
  private String run(HowTo page, String section, Map<String, String> values) {
    var environment = new HashMap<>(values);
    environment.put("KUBECONFIG", host.adminKubeconfig().toString());
    environment.put("PATH", lab.directory().resolve("bin") + ":" + System.getenv("PATH"));
    LabProcess shell =
        lab.start(
            host,
            "how-to-" + ++shells,
            List.of("bash", "-c", "set -euo pipefail\n" + page.commands(section)),
            environment);
    assertThat(shell.onExit().join()).as(shell.output()).isZero();
    return shell.output();
  }
}
