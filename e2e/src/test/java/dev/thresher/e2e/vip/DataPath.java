package dev.thresher.e2e.vip;

import static dev.thresher.e2e.lab.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.Machine;
import dev.thresher.e2e.lab.Pod;
import dev.thresher.e2e.lab.ProxyMode;
import dev.thresher.e2e.lab.Router;
import dev.thresher.e2e.lab.Vm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What becomes of packets for addresses that are on no interface, next to a real service proxy:
/// from everywhere a client can be, over both families. Two nodes, with pods on each; one of them
/// holds the addresses.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class DataPath {

  /// Where a client is.
  enum From {
    LINK,
    ROUTED,
    HOLDER,
    OTHER_NODE,
    POD_OF_HOLDER,
    POD_OF_OTHER_NODE
  }

  private static final String GUEST = "g1";
  private static final String FAR = "far";
  private static final int FILES = 8081;
  private static final int LESS = 1300;

  /// Bytes of a page that fills many packets.
  private static final int LARGE = 128 * 1024;

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final ProxyMode mode;
  private Lab lab;
  private ControlPlane cluster;
  private Client near;
  private Client far;
  private Router router;
  private Vm holder;
  private Vm other;
  private Map<Vm, Pod> asking;
  private Pod local;
  private List<String> web;
  private List<String> kept;

  DataPath(ProxyMode mode) {
    this.mode = mode;
  }

  @BeforeAll
  void start() throws IOException {
    lab =
        Lab.builder()
            .hostKubeProxy(false)
            .network(FAR)
            .kubeProxyMode(mode)
            .guest(GUEST, g -> g.vms(2).uninitialized(false))
            .start();
    cluster = lab.guest(GUEST);
    router = lab.router("r1", "lan", FAR);
    near = lab.client("c1");
    far = lab.client("c2", FAR);
    List<Vm> vms = lab.vms(GUEST);
    asking =
        Map.of(
            vms.get(0), vms.get(0).pod("ask-1", Map.of("app", "ask")),
            vms.get(1), vms.get(1).pod("ask-2", Map.of("app", "ask")));
    Path kubeconfig = cluster.kubeconfig(cluster.admin(), "kube-system");
    vms.forEach(vm -> startManager(vm, kubeconfig));
    web = addresses(7);
    service("web", "Cluster", web);
    vms.forEach(vm -> serveFiles(vm.pod(vm.name() + "-web", Map.of("app", "web"))));
    holder = holder("web");
    other = vms.get(0).equals(holder) ? vms.get(1) : vms.get(0);
    // On the other node: its addresses cannot be where those of the other Service are.
    local = other.pod("kept-1", Map.of("app", "kept"));
    kept = addresses(8);
    service("kept", "Local", kept);
    for (From from : From.values()) {
      web.forEach(address ->
          await("answers for " + from, () -> ask(machine(from), address).startsWith("g1-vm")));
    }
    assertThat(holder("kept")).isEqualTo(other);
    watch(holder, web);
    watch(other, kept);
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  @Order(1)
  void whatIsTranslatedArrivesAndTheRestIsRefusedAtOnce(From from) {
    Machine client = machine(from);
    SoftAssertions all = new SoftAssertions();
    for (String address : web) {
      all.assertThat(ask(client, address)).as("TCP %s", address).startsWith("g1-vm");
      all.assertThat(datagram(client, address, 81))
          .as("UDP %s", address)
          .startsWith("g1-vm")
          .contains("hello");
      all.assertThat(connect(client, address, 83)).as("closed TCP %s", address).contains("refused");
      all.assertThat(refusedDatagram(client, address))
          .as("closed UDP %s", address)
          .contains("refused");
      all.assertThat(ping(client, address)).as("ping %s", address).contains("1 received");
    }
    all.assertAll();
  }

  @Test
  @Order(2)
  void aServiceOfPolicyLocalIsAnsweredWhereItsPodIsAndSeesWhoAsks() {
    for (String address : kept) {
      for (Client client : List.of(near, far)) {
        String own = address.contains(":") ? client.addresses().ipv6() : client.addresses().ipv4();
        assertThat(get(client, address, 80, "peer")).contains(own);
      }
      for (From from : List.of(From.HOLDER, From.OTHER_NODE, From.POD_OF_HOLDER)) {
        assertThat(ask(machine(from), address)).as("%s from %s", address, from).isEqualTo("kept-1");
      }
    }
  }

  @Test
  @Order(3)
  void aPodReachesItsOwnService() {
    for (String address : kept) {
      assertThat(ask(local, address)).isEqualTo("kept-1");
      assertThat(datagram(local, address, 81)).startsWith("kept-1");
    }
  }

  @Test
  @Order(4)
  void fullPacketsPassAndNarrowLinksAreFound() {
    for (String address : web) {
      int headers = address.contains(":") ? 48 : 28;
      assertThat(ping(near, address, "-M", "do", "-s", String.valueOf(1500 - headers)))
          .contains("1 received");
    }
    // Only the router knows; the pod must hear of it, though it is the address that is told.
    router.namespace().run(List.of("ip", "link", "set", "eth1", "mtu", String.valueOf(LESS)));
    for (String address : web) {
      assertThat(get(far, address, 82, "large").length())
          .as("over the narrow link, %s", address)
          .isEqualTo(LARGE);
      assertThat(get(near, address, 82, "large").length()).isEqualTo(LARGE);
    }
  }

  @Test
  @Order(5)
  void nothingWasForwardedAndNothingIsOnAnInterface() {
    for (Vm vm : List.of(holder, other)) {
      assertThat(run(vm, "nft", "list", "chain", "inet", "watch", "out"))
          .as("packets for held addresses that left %s", vm.name())
          .contains("packets 0 bytes 0")
          .doesNotContainPattern("packets [1-9]");
      assertThat(run(vm, "ip", "address")).doesNotContain(web).doesNotContain(kept);
    }
  }

  private Machine machine(From from) {
    return switch (from) {
      case LINK -> near;
      case ROUTED -> far;
      case HOLDER -> holder;
      case OTHER_NODE -> other;
      case POD_OF_HOLDER -> Objects.requireNonNull(asking.get(holder));
      case POD_OF_OTHER_NODE -> Objects.requireNonNull(asking.get(other));
    };
  }

  private List<String> addresses(int number) {
    return List.of(
        lab.freeRange().ipv4().replace(".0/21", "." + number),
        lab.freeRange().ipv6().replace("8:0/112", "8:" + number));
  }

  private void startManager(Vm vm, Path kubeconfig) {
    lab.start(
        vm,
        "vip-manager-" + vm.name(),
        List.of(Dist.find().program("vip-manager").toString(), "manager"),
        Map.of(
            "JAVA_HOME",
            System.getProperty("java.home"),
            "vip_profile",
            "full",
            "vip_arp",
            "true",
            "svc_enable",
            "true",
            "vip_interface",
            vm.interfaceName(),
            "vip_nodename",
            vm.name(),
            "k8s_config_file",
            kubeconfig.toString(),
            "vip_status_socket",
            lab.directory().resolve("vip-" + vm.name() + ".sock").toString()));
  }

  private void service(String name, String policy, List<String> addresses) {
    cluster
        .api()
        .apply(
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: %1$s
              namespace: default
              annotations:
                kube-vip.io/loadbalancerIPs: "%3$s"
            spec:
              type: LoadBalancer
              ipFamilyPolicy: RequireDualStack
              externalTrafficPolicy: %2$s
              selector: {app: %1$s}
              ports:
                - {name: http, port: 80, protocol: TCP, targetPort: %4$d}
                - {name: echo, port: 81, protocol: UDP, targetPort: %4$d}
                - {name: files, port: 82, protocol: TCP, targetPort: %5$d}
            """
                .formatted(name, policy, String.join(",", addresses), Pod.PORT, FILES));
  }

  private Vm holder(String service) {
    return await(
            "a holder of " + service,
            () -> {
              JsonObject object =
                  cluster.api().get("/api/v1/namespaces/default/services/" + service);
              String node =
                  HostObjects.text(object, "metadata", "annotations", "kube-vip.io/vipHost");
              return lab.vms(GUEST).stream().filter(vm -> vm.name().equals(node)).toList();
            },
            found -> !found.isEmpty())
        .getFirst();
  }

  private void serveFiles(Pod pod) {
    Path files = lab.directory().resolve("www");
    try {
      Files.createDirectories(files);
      Files.writeString(files.resolve("large"), "0123456789abcdef".repeat(LARGE / 16));
    } catch (IOException e) {
      throw new IllegalStateException("cannot write " + files, e);
    }
    lab.start(
        pod,
        "files",
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "jwebserver").toString(),
            "-b",
            "::",
            "-p",
            String.valueOf(FILES),
            "-d",
            files.toString()),
        Map.of());
  }

  /// Counts what leaves a node for addresses that it holds, by any interface.
  private void watch(Vm vm, List<String> addresses) {
    run(vm, "nft", "add table inet watch");
    run(vm, "nft", "add chain inet watch out { type filter hook postrouting priority 300; }");
    for (String address : addresses) {
      String family = address.contains(":") ? "ip6" : "ip";
      run(vm, "nft", "add rule inet watch out " + family + " daddr " + address + " counter");
    }
  }

  private String ask(Machine from, String address) {
    return get(from, address, 80, "");
  }

  private String get(Machine from, String address, int port, String path) {
    String host = address.contains(":") ? "[" + address + "]" : address;
    var attempt = lab.http(from).get("http://" + host + ":" + port + "/" + path, TIMEOUT);
    return attempt.body() == null ? "" + attempt.error() : attempt.body().strip();
  }

  private static String connect(Machine from, String address, int port) {
    return shell(from, "exec 3<>/dev/tcp/" + address + "/" + port);
  }

  private static String datagram(Machine from, String address, int port) {
    return shell(
        from, "exec 3<>/dev/udp/" + address + "/" + port + "; echo hello >&3; head -n1 <&3");
  }

  /// The kernel keeps "port unreachable" back from a client that it has sent a redirect within the
  /// last second, as it does on the way to a pod behind the interface that the request came by.
  private static String refusedDatagram(Machine from, String address) {
    return shell(
        from,
        "for i in 1 2; do timeout 2 bash -c \"exec 3<>/dev/udp/"
            + address
            + "/83; echo hello >&3; head -n1 <&3\" 2>&1 | grep refused && exit; done");
  }

  private static String ping(Machine from, String address, String... options) {
    return shell(from, "ping -c1 -W3 " + String.join(" ", options) + " " + address);
  }

  /// What the script prints, whether it succeeds or not.
  private static String shell(Machine on, String script) {
    return run(on, "bash", "-c", "timeout 5 bash -c '" + script + "' 2>&1 || true");
  }

  private static String run(Machine on, String... command) {
    return on.namespace().run(List.of(command));
  }
}
