package dev.thresher.e2e.ccm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Checkout;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Vm;
import dev.thresher.e2e.soak.ccm.PaperVips;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// The commands of `docs/how-to/move-from-harvester-cloud-provider.md`, run one after the other on
/// a cluster as harvester-cloud-provider leaves it. The test plays Harvester's controller and
/// kube-vip, and looks at every field of every object before, between and after.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MoveFromHarvesterIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final HowTo PAGE = HowTo.read("move-from-harvester-cloud-provider.md");

  /// What the program may add to objects that are there, and harvester-cloud-provider passes over.
  private static final Set<String> ADDITIONS =
      Set.of(
          "/metadata/annotations/thresher.dev/service-uid",
          "/metadata/annotations/thresher.dev/guest-cluster-uid",
          "/metadata/labels/thresher.dev/host-node",
          "/status/conditions");

  /// Fields of a LoadBalancer that harvester-cloud-provider knows; it writes whole objects, so
  /// others would be lost.
  private static final Set<String> SPEC =
      Set.of(
          "description",
          "workloadType",
          "ipam",
          "ipPool",
          "listeners",
          "backendServerSelector",
          "healthCheck");

  private static final Set<String> STATUS =
      Set.of("backendServers", "allocatedAddress", "address", "conditions");

  private Lab lab;
  private ControlPlane guest;
  private GoObjects objects;
  private PaperVips vips;
  private Map<String, JsonObject> before = Map.of();

  @BeforeAll
  void start() {
    lab =
        Lab.builder()
            .hostNodes(1)
            .guest(Cloud.GUEST, g -> g.vms(2).uninitialized(false).kubeProxy(false))
            .start();
    guest = lab.guest(Cloud.GUEST);
    objects = new GoObjects(guest, lab.host(), Cloud.GUEST);
    objects.program();
    lab.vms(Cloud.GUEST).forEach(objects::node);
    objects.service("plain", Map.of(), "192.0.2.1", "192.0.2.1", true);
    objects.service(
        "with-network",
        Map.of("cloudprovider.harvesterhci.io/network", "default/lan"),
        "192.0.2.2",
        "192.0.2.2",
        true);
    objects.service(
        "before-0-2-7",
        Map.of("cloudprovider.harvesterhci.io/network", "default/lan"),
        "192.0.2.3",
        "192.0.2.3",
        false);
    objects.service(
        "dhcp",
        Map.of("cloudprovider.harvesterhci.io/ipam", "dhcp"),
        "192.0.2.77",
        "0.0.0.0",
        true);
    objects.service(
        "a-name-so-long-that-the-name-on-the-host-has-to-be-cut",
        Map.of("cloudprovider.harvesterhci.io/ipam", "pool"),
        "192.0.2.4",
        "192.0.2.4",
        true);
    objects.secondary("secondary", "plain", 81, "192.0.2.1");
    before = all();
    vips = new PaperVips(guest);
  }

  @AfterAll
  void end() {
    if (vips != null) {
      vips.close();
    }
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  @Order(1)
  void movesWithoutChangingAnything() {
    run("Check");
    assertThat(all()).isEqualTo(before);
    run("Swap");
    run("Verify");
    expectUnchanged();
    assertThat(vips.takeFaults()).isEmpty();
  }

  @Test
  @Order(2)
  void whatIsMadeMeanwhileIsAsHarvestersProviderMakesIt() {
    GuestService made =
        GuestService.create(guest, "default", "meanwhile", List.of("IPv4"), Map.of());
    Await.until(
        "an address",
        PATIENCE,
        () -> {
          objects.reserve(free());
          return balancer(made, b -> !HostObjects.text(b, "status", "address").isEmpty());
        });
    JsonObject service = made.object().orElseThrow();
    String address = made.addresses().getFirst();
    assertThat(HostObjects.text(service, "metadata", "annotations", "kube-vip.io/loadbalancerIPs"))
        .isEqualTo(address);
    assertThat(service.getAsJsonObject("metadata").get("finalizers").toString())
        .contains("service.kubernetes.io/load-balancer-cleanup");
    JsonObject balancer = new HostObjects(lab.host()).loadBalancer(made).orElseThrow();
    assertThat(HostObjects.name(balancer))
        .isEqualTo(objects.balancerName("meanwhile", HostObjects.text(service, "metadata", "uid")));
    assertThat(HostObjects.text(balancer, "status", "address")).isEqualTo(address);
    assertThat(balancer.getAsJsonObject("spec"))
        .isEqualTo(object("{\"ipam\": \"pool\", \"workloadType\": \"cluster\"}"));
    assertThat(balancer.getAsJsonObject("metadata").getAsJsonObject("labels"))
        .isEqualTo(
            object(
                """
                {"cloudprovider.harvesterhci.io/cluster": "g1",
                 "cloudprovider.harvesterhci.io/serviceNamespace": "default",
                 "cloudprovider.harvesterhci.io/serviceName": "meanwhile"}
                """));
    assertThat(balancer.getAsJsonObject("metadata").getAsJsonObject("annotations").keySet())
        .contains(
            "loadbalancer.harvesterhci.io/cluster", "cloudprovider.harvesterhci.io/lb-network");
  }

  @Test
  @Order(3)
  void leavesAllAsHarvestersProviderFindsIt() {
    run("Roll back");
    expectUnchanged();
    assertThat(vips.takeFaults()).isEmpty();
    JsonObject lease = guest.api().get(GoObjects.LEASE).getAsJsonObject("spec");
    assertThat(HostObjects.text(lease, "holderIdentity")).isEmpty();
    assertThat(lease.get("leaseTransitions").getAsInt()).isGreaterThan(3);
    assertThat(HostObjects.text(lease, "renewTime")).matches("[-0-9T:]+\\.\\d{6}Z");
    for (JsonObject balancer : lab.host().api().list(GoObjects.BALANCERS)) {
      assertThat(SPEC).containsAll(balancer.getAsJsonObject("spec").keySet());
      assertThat(STATUS).containsAll(balancer.getAsJsonObject("status").keySet());
    }
    assertThat(
            guest.api().list("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings").stream()
                .map(HostObjects::name)
                .filter(name -> name.startsWith("thresher-ccm")))
        .isEmpty();
    assertThat(
            HostObjects.text(
                guest
                    .api()
                    .get(
                        "/apis/apps/v1/namespaces/kube-system/deployments/harvester-cloud-provider"),
                "spec",
                "replicas"))
        .isEqualTo("1");
  }

  /// Runs the commands of a section as its reader would, in one shell.
  private void run(String section) {
    String script =
        "set -euo pipefail\ncd "
            + Checkout.find()
            + "\n"
            + PAGE.commands("Prepare")
            + PAGE.commands(section);
    LabProcess shell =
        lab.start(
            guest,
            "how-to-" + section.toLowerCase(Locale.ROOT).replace(' ', '-'),
            List.of("bash", "-c", script),
            Map.of(
                "KUBECONFIG",
                guest.adminKubeconfig().toString(),
                "CLOUD_CONFIG",
                lab.cloudConfig(Cloud.GUEST).toString(),
                "MOVE",
                lab.directory().resolve("move").toString(),
                "JAVA_HOME",
                System.getProperty("java.home"),
                "PATH",
                lab.directory().resolve("bin") + ":" + System.getenv("PATH")));
    Await.until(
        "the commands of \"" + section + "\" to end; see " + shell.log(),
        PATIENCE,
        () -> {
          objects.reserve(free());
          return !shell.isAlive();
        });
    assertThat(shell.onExit().join()).as(shell.output()).isZero();
  }

  private void expectUnchanged() {
    Map<String, JsonObject> now = all();
    before.forEach((path, was) -> {
      // An empty one differs in everything.
      JsonObject is = now.getOrDefault(path, new JsonObject());
      Shape shape = Shape.between(was, is);
      assertThat(shape.changed()).as(path).isEmpty();
      Set<String> more = new TreeSet<>(shape.added());
      more.removeAll(ADDITIONS);
      if (path.contains("before-0-2-7")) {
        // As harvester-cloud-provider from v0.2.7 on records it.
        more.remove("/metadata/annotations/cloudprovider.harvesterhci.io/lb-network");
      }
      assertThat(more).as(path).isEmpty();
    });
  }

  /// All that harvester-cloud-provider writes, by path.
  private Map<String, JsonObject> all() {
    var all = new TreeMap<String, JsonObject>();
    KubeApi host = lab.host().api();
    host.list(GoObjects.BALANCERS)
        .forEach(b -> all.put(GoObjects.BALANCERS + "/" + HostObjects.name(b), b));
    guest
        .api()
        .list(GoObjects.SERVICES)
        .forEach(s -> all.put(GoObjects.SERVICES + "/" + HostObjects.name(s), s));
    for (Vm vm : lab.vms(Cloud.GUEST)) {
      all.put(vm.name(), guest.api().get("/api/v1/nodes/" + vm.name()));
    }
    all.put(GoObjects.MAPPING, guest.api().get(GoObjects.MAPPING));
    return all;
  }

  private boolean balancer(GuestService service, Predicate<JsonObject> which) {
    return new HostObjects(lab.host()).loadBalancer(service).filter(which).isPresent();
  }

  private static List<String> free() {
    return IntStream.range(5, 60).mapToObj(n -> "192.0.2." + n).collect(Collectors.toList());
  }

  private static JsonObject object(String json) {
    return JsonParser.parseString(json).getAsJsonObject();
  }
}
