package dev.thresher.e2e.vip;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.cloud.Relay;
import dev.thresher.e2e.lab.Attempt;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Checkout;
import dev.thresher.e2e.lab.Claim;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Node;
import dev.thresher.e2e.lab.Probe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The pod that `vip-manager manifest pod` prints does all of its work with what it is given there:
/// two capabilities, and nothing writable but its volumes. Where the program lies is what
/// `hack/Containerfile` says.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrintedPodIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration PACE = Duration.ofMillis(20);
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  /// Numbers of NET_ADMIN and NET_RAW, `linux/capability.h`.
  private static final String NET_ADMIN_AND_NET_RAW = "%016x".formatted(1L << 12 | 1L << 13);

  private Lab lab;
  private Node node;
  private Client client;
  private Path files;
  private List<String> controlPlane;
  private List<String> service;
  private PrintedPod pod;
  private Containerfile containerfile;

  @BeforeAll
  void start() throws IOException {
    containerfile = Containerfile.read(Checkout.find());
    lab = Lab.builder().hostNodes(1).start();
    node = lab.node(1);
    client = lab.client("c1");
    files = lab.directory().resolve("files-of-" + node.name());
    controlPlane = List.of(lab.freeAddress(1).ipv4(), lab.freeAddress(1).ipv6());
    service = List.of(lab.freeAddress(2).ipv4(), lab.freeAddress(2).ipv6());
    pod =
        PrintedPod.parse(
            manifest(
                "pod",
                "--arp",
                "--controlplane",
                "--services",
                "--address",
                String.join(",", controlPlane),
                "--interface",
                node.interfaceName()));
    Path kubeconfig = lab.host().kubeconfig(lab.host().admin(), "kube-system");
    Files.createDirectories(files.resolve("etc/kubernetes"));
    Files.copy(kubeconfig, files.resolve("etc/kubernetes/admin.conf"));
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    Files.createDirectories(files.resolve("etc/vip-manager/mesh"));
    Files.write(files.resolve("etc/vip-manager/mesh/1"), key);
    Relay.start(lab, node, lab.host());
    lab.host().apply(apiServersAsAService());
  }

  /// The API server answers for the Service, so that no other server is needed.
  private String apiServersAsAService() {
    return """
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      namespace: default
      annotations: {kube-vip.io/loadbalancerIPs: "%s,%s"}
    spec:
      type: LoadBalancer
      ipFamilyPolicy: RequireDualStack
      ports: [{name: https, port: 443, protocol: TCP, targetPort: 6443}]
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: web-4, namespace: default, labels: {kubernetes.io/service-name: web}}
    addressType: IPv4
    ports: [{name: https, port: 6443, protocol: TCP}]
    endpoints: [{addresses: ["%s"], conditions: {ready: true}}]
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: web-6, namespace: default, labels: {kubernetes.io/service-name: web}}
    addressType: IPv6
    ports: [{name: https, port: 6443, protocol: TCP}]
    endpoints: [{addresses: ["%s"], conditions: {ready: true}}]
    """
        .formatted(
            service.getFirst(),
            service.getLast(),
            lab.host().addresses().ipv4(),
            lab.host().addresses().ipv6());
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void bothKindsOfManifestAskForTheSame() {
    String address = controlPlane.getFirst();
    String daemonSet =
        manifest("daemonset", "--arp", "--controlplane", "--services", "--address", address);
    JsonObject wanted =
        JsonParser.parseString(
                """
                {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                 "capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN", "NET_RAW"]},
                 "seccompProfile": {"type": "RuntimeDefault"}}
                """)
            .getAsJsonObject();
    for (PrintedPod printed : List.of(pod, PrintedPod.parse(daemonSet))) {
      assertThat(printed.security()).isEqualTo(wanted);
      assertThat(printed.spec().has("securityContext")).isFalse();
      assertThat(printed.spec().getAsJsonArray("containers")).hasSize(1);
      assertThat(printed.spec().has("initContainers")).isFalse();
      assertThat(printed.writablePaths())
          .containsExactly("/dev/net/tun", "/run/thresher", "/tmp", "/var/lib/vip-manager");
    }
  }

  /// That an image can be made of it no test shows.
  @Test
  void theContainerfileHasEachProgramWithTheRightsThatItNeeds() {
    assertThat(containerfile.targets())
        .containsOnlyKeys("ccm", "loadbalancer-controller", "vip-manager");
    containerfile
        .targets()
        .forEach((name, target) -> {
          assertThat(containerfile.source(target.entryPoint()))
              .isEqualTo(Dist.find().program(name))
              .isExecutable();
          // Only root gets the capabilities that a pod adds.
          assertThat(target.user())
              .isEqualTo(
                  name.equals("vip-manager") ? Optional.empty() : Optional.of("65532:65532"));
        });
    assertThat(containerfile.copies().values()).allSatisfy(from -> assertThat(from).isDirectory());
    assertThat(Checkout.find().resolve("dist/lib")).isDirectoryContaining("glob:**/e2e*");
  }

  @Test
  void holdsAddressesOfBothKindsAndLetsThemGo() throws IOException {
    // The second one finds what the first one wrote.
    for (int run = 1; run <= 2; run++) {
      LabProcess manager = launch(run);
      List<Probe<Claim>> probes = new ArrayList<>();
      try {
        Stream.concat(controlPlane.stream(), service.stream())
            .map(address -> Probe.neighbour(client, client.interfaceName(), address, PACE))
            .forEach(probes::add);
        for (Probe<Claim> probe : probes) {
          probe.await("an answer", PATIENCE, Claim::asked);
        }
        controlPlane.forEach(address -> awaitServer(address, 6443));
        service.forEach(address -> awaitServer(address, 443));
        Await.until("it to be ready", PATIENCE, this::ready);
        expectConfined(manager);
        for (String address : controlPlane) {
          assertThat(ours())
              .as("the device of the control plane's addresses")
              .anyMatch(line -> line.contains(" " + address + "/"))
              .anyMatch(line -> line.contains("thresher-cp: "));
        }
        assertThat(manager.stop(PATIENCE)).isZero();
        long ended = System.nanoTime();
        // A hundred questions more, one after the other.
        Await.pass(PACE.multipliedBy(100));
        for (Probe<Claim> probe : probes) {
          assertThat(probe.lines()).noneMatch(claim -> claim.timeNanos() > ended);
        }
      } finally {
        probes.forEach(Probe::close);
      }
      assertThat(ours()).isEmpty();
    }
  }

  private LabProcess launch(int run) throws IOException {
    String java = System.getProperty("java.home");
    Map<String, Path> image = new HashMap<>(containerfile.copies());
    image.put(java, Path.of(java));
    Map<String, String> environment = new HashMap<>(pod.environment(node.name()));
    environment.put("JAVA_HOME", java);
    String program =
        Objects.requireNonNull(containerfile.targets().get("vip-manager")).entryPoint();
    return lab.start(node, "pod-" + run, pod.command(files, image, List.of(program)), environment);
  }

  private static void expectConfined(LabProcess manager) throws IOException {
    Path process = Path.of("/proc", String.valueOf(manager.pid()));
    assertThat(Files.readAllLines(process.resolve("status")))
        .contains(
            "CapPrm:\t" + NET_ADMIN_AND_NET_RAW,
            "CapEff:\t" + NET_ADMIN_AND_NET_RAW,
            "CapBnd:\t" + NET_ADMIN_AND_NET_RAW,
            "CapAmb:\t" + "0".repeat(16),
            "NoNewPrivs:\t1");
    var writable = new TreeSet<String>();
    for (String line : Files.readAllLines(process.resolve("mounts"))) {
      String[] words = line.split(" ", -1);
      String path = words[1];
      if (words[3].startsWith("rw") && !path.startsWith("/proc")) {
        writable.add(path);
      }
    }
    assertThat(writable)
        .containsExactly(
            "/dev/full",
            "/dev/net/tun",
            "/dev/null",
            "/dev/random",
            "/dev/urandom",
            "/dev/zero",
            "/run/thresher",
            "/tmp",
            "/var/lib/vip-manager");
  }

  private void awaitServer(String address, int port) {
    String host = address.contains(":") ? "[" + address + "]" : address;
    String url = "https://" + host + ":" + port + "/livez";
    Await.until(url, PATIENCE, () -> lab.http(client).get(url, TIMEOUT).status() == 200);
  }

  /// As the manifest's probe asks.
  private boolean ready() {
    JsonObject probe = pod.container().getAsJsonObject("readinessProbe").getAsJsonObject("httpGet");
    Attempt attempt =
        lab.http(node)
            .get(
                "http://%s:%s%s"
                    .formatted(
                        probe.get("host").getAsString(),
                        probe.get("port").getAsInt(),
                        probe.get("path").getAsString()),
                TIMEOUT);
    return attempt.status() == 200;
  }

  /// Of the node's kernel, what a manager that runs has there and one that ended has not.
  private List<String> ours() {
    List<String> ours = new ArrayList<>();
    node.namespace()
        .run(List.of("nft", "list", "tables"))
        .lines()
        .filter(line -> line.contains("thresher"))
        .forEach(ours::add);
    for (String address : controlPlane) {
      node.namespace()
          .run(List.of("ip", "-o", "-d", "address", "show", "to", address))
          .lines()
          .forEach(ours::add);
    }
    node.namespace()
        .run(List.of("ip", "-o", "link", "show", "type", "tun"))
        .lines()
        .forEach(ours::add);
    return ours;
  }

  private String manifest(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add("env");
    command.add("JAVA_HOME=" + System.getProperty("java.home"));
    command.add(Dist.find().program("vip-manager").toString());
    command.add("manifest");
    command.addAll(List.of(arguments));
    return node.namespace().run(command);
  }
}
