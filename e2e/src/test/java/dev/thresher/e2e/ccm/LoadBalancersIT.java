package dev.thresher.e2e.ccm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.names.LoadBalancerName;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.lab.AuditLog;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// Services as objects on the host, on real control planes and under the roles that are shipped.
/// The test plays the guest's VIP manager.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LoadBalancersIT {

  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String NAMESPACE = "shop";
  private static final String IPS = "kube-vip.io/loadbalancerIPs";
  private static final String PRIMARY = "cloudprovider.harvesterhci.io/primary-service";

  private Lab lab;
  private Cloud cloud;
  private KubeApi guest;
  private HostObjects host;

  @BeforeAll
  void start() {
    lab =
        Lab.builder()
            .hostKubeProxy(false)
            .audit(true)
            .guest(Cloud.GUEST, g -> g.vms(1).kubeProxy(false))
            .start();
    cloud = Cloud.prepare(lab, Placement.GUEST);
    guest = cloud.guest().api();
    host = new HostObjects(cloud.host());
    cloud.startLoadBalancerController("1");
    cloud.startCcm("1");
    Readiness.awaitPrograms(cloud, PATIENCE);
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  private GuestService create(String name, Map<String, String> annotations) {
    return GuestService.create(cloud.guest(), NAMESPACE, name, List.of("IPv4"), annotations);
  }

  private static String path(String name) {
    return "/api/v1/namespaces/" + NAMESPACE + "/services/" + name;
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private static String annotation(JsonObject object, String key) {
    return HostObjects.text(object, "metadata", "annotations", key);
  }

  private String toldAddress(String name) {
    return Await.value(
        "an address told to " + name,
        PATIENCE,
        () ->
            guest
                .find(path(name))
                .map(service -> annotation(service, IPS))
                .filter(ip -> !ip.isEmpty()));
  }

  /// The VIP manager writes nothing but the status.
  private void answer(String name, String address) {
    guest.merge(
        path(name) + "/status",
        json(
            """
            {"status": {"loadBalancer": {"ingress": [{"ip": "%s", "ipMode": "VIP"}]}}}
            """
                .formatted(address)));
  }

  private JsonObject balancer(GuestService service) {
    return Await.value(
        "a LoadBalancer of " + service.name(), PATIENCE, () -> host.loadBalancer(service));
  }

  private void awaitRecorded(GuestService service, String address) {
    Await.until(
        "status.address " + address + " of " + service.name(),
        PATIENCE,
        () ->
            host.loadBalancer(service)
                .filter(b -> HostObjects.text(b, "status", "address").equals(address))
                .isPresent());
  }

  private void awaitNothing() {
    Await.until("no Service", PATIENCE, () -> guest.list(services()).isEmpty());
    Await.until("no LoadBalancer", PATIENCE, () -> host.loadBalancers().isEmpty());
    Await.until("no claim", PATIENCE, () -> host.claims().isEmpty());
    // The pools' status follows within half a second.
    Await.until("nothing given in the pools", PATIENCE, () -> host.allocated().isEmpty());
  }

  private static String services() {
    return "/api/v1/namespaces/" + NAMESPACE + "/services";
  }

  private List<AuditLog.Request> requests(Instant since, String resource) {
    return cloud.host().audit().requests().stream()
        .filter(request -> !request.time().isBefore(since))
        .filter(request -> request.resource().equals(resource))
        .filter(request -> request.userAgent().startsWith("thresher-ccm/"))
        .filter(request -> !request.verb().equals("watch") && !request.verb().equals("list"))
        .toList();
  }

  @Test
  @Order(1)
  void anObjectIsNamedMarkedAndFilledAsHarvesterDoes() {
    GuestService web =
        create("web", Map.of("cloudprovider.harvesterhci.io/project", "local/p-abc"));
    String uid = HostObjects.text(guest.get(path("web")), "metadata", "uid");
    JsonObject made = balancer(web);
    assertThat(HostObjects.name(made))
        .isEqualTo(LoadBalancerName.of(Cloud.GUEST, NAMESPACE, "web", uid));
    assertThat(made.getAsJsonObject("metadata").getAsJsonObject("labels"))
        .isEqualTo(
            json(
                """
                {"cloudprovider.harvesterhci.io/cluster": "g1",
                 "cloudprovider.harvesterhci.io/serviceNamespace": "shop",
                 "cloudprovider.harvesterhci.io/serviceName": "web"}
                """));
    assertThat(annotation(made, "loadbalancer.harvesterhci.io/cluster")).isEqualTo("g1");
    assertThat(annotation(made, "loadbalancer.harvesterhci.io/project")).isEqualTo("local/p-abc");
    assertThat(
            made.getAsJsonObject("metadata")
                .getAsJsonObject("annotations")
                .get("cloudprovider.harvesterhci.io/lb-network")
                .getAsString())
        .isEmpty();
    assertThat(annotation(made, "thresher.dev/service-uid")).isEqualTo(uid);
    assertThat(annotation(made, "thresher.dev/guest-cluster-uid"))
        .isEqualTo(
            HostObjects.text(
                guest.get("/api/v1/namespaces/default/services/kubernetes"), "metadata", "uid"));
    assertThat(made.getAsJsonObject("spec"))
        .isEqualTo(json("{\"ipam\": \"pool\", \"workloadType\": \"cluster\"}"));
    assertThat(
            HostObjects.text(balancer(web), "status", "allocatedAddress", "ip").isEmpty()
                || HostObjects.text(balancer(web), "status", "allocatedAddress", "ip")
                    .equals(toldAddress("web")))
        .isTrue();
  }

  @Test
  @Order(2)
  void aStatusThatChangesAloneIsCopied() {
    GuestService web = create("web", Map.of());
    String address = toldAddress("web");
    answer("web", address);
    awaitRecorded(web, address);
  }

  @Test
  @Order(3)
  void anAddressIsSharedAndTheShareIsUndone() {
    String shared = toldAddress("web");
    GuestService more = create("more", Map.of(PRIMARY, NAMESPACE + "/web"));
    guest.merge(path("more"), json("{\"spec\": {\"ports\": [" + port(8080) + "]}}"));
    assertThat(toldAddress("more")).isEqualTo(shared);
    assertThat(HostObjects.text(guest.get(path("more")), "metadata", "labels", PRIMARY))
        .isEqualTo("shop.web");
    answer("more", shared);

    // A port that is taken changes nothing and is told.
    GuestService clash = create("clash", Map.of(PRIMARY, NAMESPACE + "/web"));
    Await.until(
        "an Event about the port",
        PATIENCE,
        () ->
            guest.list("/api/v1/namespaces/shop/events").stream()
                .anyMatch(event ->
                    HostObjects.text(event, "reason").equals("PortTaken")
                        && HostObjects.text(event, "involvedObject", "name").equals("clash")));
    assertThat(host.loadBalancer(clash)).isEmpty();
    clash.delete();

    // The owner of the address waits for those who share it.
    guest.delete(path("web"));
    Await.until(
        "an Event about the share",
        PATIENCE,
        () ->
            guest.list("/api/v1/namespaces/shop/events").stream()
                .anyMatch(event -> HostObjects.text(event, "reason").equals("AddressShared")));
    Await.until(
        "the shared address alone in the pools' status",
        PATIENCE,
        () -> host.allocated().equals(List.of(shared)));

    guest.merge(
        path("more"), json("{\"metadata\": {\"annotations\": {\"" + PRIMARY + "\": null}}}"));
    JsonObject own = balancer(more);
    Await.until("an address of its own", PATIENCE, () -> !toldAddress("more").equals(shared));
    // The status still shows the shared one, which is not recorded.
    assertThat(HostObjects.text(balancer(more), "status", "address")).isEmpty();
    String address = toldAddress("more");
    answer("more", address);
    awaitRecorded(more, address);
    assertThat(HostObjects.name(balancer(more))).isEqualTo(HostObjects.name(own));
    Await.until("web to be gone", PATIENCE, () -> guest.find(path("web")).isEmpty());
    more.delete();
    awaitNothing();
  }

  private static String port(int number) {
    return "{\"name\": \"http\", \"port\": %d, \"targetPort\": 80}".formatted(number);
  }

  @Test
  @Order(4)
  void aHundredThatComeAndGoLeaveNothingAndCostThreeRequestsEach() {
    int count = 100;
    Instant begin = Instant.now();
    IntStream.range(0, count).parallel().forEach(i -> guest.create(services(), document("s" + i)));
    Await.until(
        "half of the addresses",
        PATIENCE,
        () ->
            guest.list(services()).stream()
                    .filter(service -> !annotation(service, IPS).isEmpty())
                    .count()
                >= count / 2);
    for (JsonObject service : guest.list(services())) {
      String address = annotation(service, IPS);
      if (!address.isEmpty()) {
        answer(HostObjects.name(service), address);
      }
    }
    IntStream.range(0, count).parallel().forEach(i -> guest.delete(path("s" + i)));
    awaitNothing();
    assertThat(
            guest.list("/api/v1/namespaces/shop/events").stream()
                .filter(event -> HostObjects.text(event, "involvedObject", "name").matches("s\\d+"))
                .filter(event -> HostObjects.text(event, "type").equals("Warning"))
                // There is no VIP manager in this lab, and on a slow machine that is told.
                .filter(event -> !HostObjects.text(event, "reason").equals("AddressNotHeld"))
                // Of the API server's own, which looks for what it has just given.
                .filter(event -> !HostObjects.text(event, "reason").startsWith("ClusterIP"))
                .map(event -> HostObjects.text(event, "message")))
        .isEmpty();
    List<AuditLog.Request> made = requests(begin, "loadbalancers");
    // A Service that goes before anybody has looked at it has never had one.
    long created = made.stream().filter(request -> request.verb().equals("create")).count();
    assertThat(created).isBetween(count / 2L, (long) count);
    assertThat(made.stream().filter(r -> r.verb().equals("delete") && r.status() == 200))
        .hasSize((int) created);
    // A conflict with the host's controller costs a read and another update.
    long conflicts = made.stream().filter(request -> request.status() == 409).count();
    assertThat((long) made.size()).isLessThanOrEqualTo(3L * count + 2 * conflicts);
  }

  private static JsonObject document(String name) {
    return json(
        """
        {"apiVersion": "v1", "kind": "Service",
         "metadata": {"name": "%s", "namespace": "shop"},
         "spec": {"type": "LoadBalancer", "ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"],
                  "ports": [%s]}}
        """
            .formatted(name, port(80)));
  }

  @Test
  @Order(5)
  void aRestartWritesNothingAndReclaimsOnlyOrphans() {
    List<GuestService> services = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      GuestService service = create(name, Map.of());
      String address = toldAddress(name);
      answer(name, address);
      awaitRecorded(service, address);
      services.add(service);
    }
    JsonObject known = balancer(services.getFirst());
    String namespace = HostObjects.text(known, "metadata", "namespace");
    JsonObject orphan =
        json(
            """
            {"apiVersion": "loadbalancer.harvesterhci.io/v1beta1", "kind": "LoadBalancer",
             "metadata": {"name": "g1-shop-lost-0badcafe", "namespace": "%s",
               "labels": {
                 "cloudprovider.harvesterhci.io/cluster": "g1",
                 "cloudprovider.harvesterhci.io/serviceNamespace": "shop",
                 "cloudprovider.harvesterhci.io/serviceName": "lost"}},
             "spec": {"ipam": "pool", "workloadType": "cluster"}}
            """
                .formatted(namespace));
    cloud
        .host()
        .api()
        .create(
            "/apis/loadbalancer.harvesterhci.io/v1beta1/namespaces/" + namespace + "/loadbalancers",
            orphan);
    cloud.process("ccm-1").stop(Duration.ofSeconds(15));
    Instant restarted = Instant.now();
    cloud.startCcm("1", List.of("--reclaim-orphans", "--orphan-grace=1s"));
    Await.until(
        "the orphan to be gone",
        PATIENCE,
        () ->
            host.loadBalancers().stream()
                .noneMatch(b -> HostObjects.name(b).equals("g1-shop-lost-0badcafe")));
    assertThat(requests(restarted, "loadbalancers").stream().map(AuditLog.Request::verb))
        .containsExactly("get", "delete");
    assertThat(
            cloud.guest().audit().requests().stream()
                .filter(request -> !request.time().isBefore(restarted))
                .filter(request -> request.userAgent().startsWith("thresher-ccm/"))
                .filter(request -> request.resource().startsWith("services"))
                .map(AuditLog.Request::verb)
                .filter(Set.of("create", "update", "patch", "delete")::contains))
        .isEmpty();
    assertThat(host.loadBalancers()).hasSize(3);
    assertThat(
            guest.list("/api/v1/namespaces/kube-system/events").stream()
                .map(event -> HostObjects.text(event, "reason")))
        .contains("OrphanedLoadBalancer", "OrphanReclaimed");
    services.forEach(GuestService::delete);
    awaitNothing();
  }
}
