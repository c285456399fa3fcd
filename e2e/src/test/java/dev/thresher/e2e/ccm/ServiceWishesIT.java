package dev.thresher.e2e.ccm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What Services may ask for, and what they are told if it cannot be, on real control planes. No
/// packet is sent: the test plays the guest's VIP manager.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServiceWishesIT {

  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String NAMESPACE = "telco";
  private static final String SERVICES = "/api/v1/namespaces/" + NAMESPACE + "/services";
  private static final String CONDITION = "thresher.dev/LoadBalancerReady";

  private Lab lab;
  private KubeApi guest;
  private HostObjects host;

  @BeforeAll
  void start() {
    lab =
        Lab.builder()
            .hostKubeProxy(false)
            .guest(Cloud.GUEST, g -> g.vms(1).kubeProxy(false))
            .start();
    Cloud cloud = Cloud.prepare(lab, Placement.GUEST);
    guest = cloud.guest().api();
    cloud.guest().ensureNamespace(NAMESPACE);
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

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private void create(String name, String annotations, String ports) {
    guest.create(
        SERVICES,
        json(
            """
            {"apiVersion": "v1", "kind": "Service",
             "metadata": {"name": "%s", "namespace": "telco", "annotations": {%s}},
             "spec": {"type": "LoadBalancer", "ipFamilyPolicy": "SingleStack",
                      "ipFamilies": ["IPv4"], "ports": [%s]}}
            """
                .formatted(name, annotations, ports)));
  }

  private static String port(String name, int number, String protocol) {
    return """
    {"name": "%s", "port": %d, "nodePort": %d, "protocol": "%s", "targetPort": %d}
    """
        .formatted(name, number, number, protocol, number);
  }

  /// The list at a path, each entry as the values of these fields.
  private static List<String> entries(JsonObject object, String list, String... fields) {
    JsonArray all = object.getAsJsonObject("spec").getAsJsonArray(list);
    return all == null
        ? List.of()
        : all.asList().stream()
            .map(JsonElement::getAsJsonObject)
            .map(entry ->
                String.join(
                    " ", Stream.of(fields).map(field -> HostObjects.text(entry, field)).toList()))
            .toList();
  }

  private List<String> listeners() {
    return host.loadBalancers().stream()
        .findFirst()
        .map(balancer -> entries(balancer, "listeners", "name", "port", "protocol", "backendPort"))
        .orElse(List.of());
  }

  private List<String> hostPorts() {
    return host.services().stream()
        .findFirst()
        .map(service -> entries(service, "ports", "name", "port", "protocol", "targetPort"))
        .orElse(List.of());
  }

  private Map<String, String> hostNodePorts() {
    var all = new TreeMap<String, String>();
    JsonObject service = host.services().getFirst();
    for (JsonElement port : service.getAsJsonObject("spec").getAsJsonArray("ports")) {
      JsonObject entry = port.getAsJsonObject();
      all.put(HostObjects.text(entry, "name"), HostObjects.text(entry, "nodePort"));
    }
    return all;
  }

  private void awaitNothing() {
    Await.until("no Service", PATIENCE, () -> guest.list(SERVICES).isEmpty());
    Await.until("nothing on the host", PATIENCE, () -> host.leftovers().isEmpty());
  }

  @Test
  void sctpTcpAndUdpReachTheHostAsTheyAre() {
    create(
        "mixed",
        "\"thresher.dev/placement\": \"host\"",
        String.join(
            ",", port("s", 32000, "SCTP"), port("t", 32001, "TCP"), port("u", 32002, "UDP")));
    List<String> all = List.of("s 32000 SCTP 32000", "t 32001 TCP 32001", "u 32002 UDP 32002");
    Await.until("all three listeners", PATIENCE, () -> listeners().equals(all));
    Await.until("all three ports of the host Service", PATIENCE, () -> hostPorts().equals(all));
    Map<String, String> before = hostNodePorts();

    guest.merge(
        SERVICES + "/mixed",
        json(
            "{\"spec\": {\"ports\": [%s]}}"
                .formatted(port("s", 32000, "SCTP") + "," + port("u", 32002, "UDP"))));
    List<String> others = List.of("s 32000 SCTP 32000", "u 32002 UDP 32002");
    Await.until("two listeners", PATIENCE, () -> listeners().equals(others));
    Await.until("two ports of the host Service", PATIENCE, () -> hostPorts().equals(others));
    before.remove("t");
    assertThat(hostNodePorts()).isEqualTo(before);

    guest.delete(SERVICES + "/mixed");
    awaitNothing();
  }

  private Optional<JsonObject> condition(String name) {
    return guest
        .find(SERVICES + "/" + name)
        .map(service -> service.getAsJsonObject("status").getAsJsonArray("conditions"))
        .flatMap(conditions ->
            conditions.asList().stream()
                .map(JsonElement::getAsJsonObject)
                .filter(condition -> HostObjects.text(condition, "type").equals(CONDITION))
                .findFirst());
  }

  private void awaitCondition(String name, String status, String reason) {
    Await.until(
        "condition " + status + " " + reason + " of " + name,
        PATIENCE,
        () ->
            condition(name)
                .filter(c -> HostObjects.text(c, "status").equals(status))
                .filter(c -> HostObjects.text(c, "reason").equals(reason))
                .isPresent());
  }

  private void awaitEvent(String reason) {
    Await.until(
        "an Event " + reason,
        PATIENCE,
        () ->
            guest.list("/api/v1/namespaces/telco/events").stream()
                .anyMatch(event -> HostObjects.text(event, "reason").equals(reason)));
  }

  @Test
  void whatTheHostSaysIsAnEventAndACondition() {
    create("web", "\"thresher.dev/pool\": \"nowhere\"", port("http", 30080, "TCP"));
    awaitCondition("web", "False", "PoolUnusable");
    awaitEvent("PoolUnusable");
    assertThat(HostObjects.text(condition("web").orElseThrow(), "message")).contains("nowhere");
    assertThat(host.claims()).isEmpty();

    // Somebody else's condition stays beside it.
    guest.merge(
        SERVICES + "/web/status",
        json(
            """
            {"status": {"conditions": [%s, {"type": "example.com/Seen", "status": "True",
              "reason": "Seen", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}
            """
                .formatted(condition("web").orElseThrow())));
    guest.merge(
        SERVICES + "/web",
        json(
            """
            {"metadata": {"annotations": {"thresher.dev/pool": null,
              "thresher.dev/pool-selector": "tier in (gold,lab)"}}}
            """));
    awaitCondition("web", "False", "NoMatchingPool");
    lab.host()
        .api()
        .merge(
            "/apis/loadbalancer.harvesterhci.io/v1beta1/ippools/lab-v4",
            json("{\"metadata\": {\"labels\": {\"tier\": \"lab\"}}}"));
    String address =
        Await.value(
            "an address",
            PATIENCE,
            () ->
                guest
                    .find(SERVICES + "/web")
                    .map(service ->
                        HostObjects.text(
                            service, "metadata", "annotations", "kube-vip.io/loadbalancerIPs"))
                    .filter(ip -> !ip.isEmpty()));
    awaitCondition("web", "False", "Pending");
    // There is no VIP manager in this guest.
    awaitCondition("web", "False", "AddressNotHeld");
    awaitEvent("AddressNotHeld");
    assertThat(HostObjects.text(condition("web").orElseThrow(), "message")).contains(address);
    guest.merge(
        SERVICES + "/web/status",
        json(
            "{\"status\": {\"loadBalancer\": {\"ingress\": [{\"ip\": \"%s\", \"ipMode\": \"VIP\"}]}}}"
                .formatted(address)));
    awaitCondition("web", "True", "Ensured");

    guest.merge(SERVICES + "/web", json("{\"spec\": {\"type\": \"ClusterIP\"}}"));
    Await.until("the condition to go", PATIENCE, () -> condition("web").isEmpty());
    assertThat(guest.get(SERVICES + "/web").getAsJsonObject("status").toString())
        .contains("example.com/Seen");
    guest.delete(SERVICES + "/web");
    awaitNothing();
  }

  @Test
  void whatCannotBePlacedOnTheHostIsRefusedWithTheRemedyAndNothingIsMade() {
    guest.create(
        SERVICES,
        json(
            """
            {"apiVersion": "v1", "kind": "Service",
             "metadata": {"name": "portless", "namespace": "telco",
                          "annotations": {"thresher.dev/placement": "host"}},
             "spec": {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": false,
                      "ports": [{"name": "sig", "port": 36412, "protocol": "SCTP"}]}}
            """));
    awaitCondition("portless", "False", "NodePortMissing");
    awaitEvent("NodePortMissing");
    assertThat(HostObjects.text(condition("portless").orElseThrow(), "message"))
        .contains("36412", "spec.allocateLoadBalancerNodePorts");
    assertThat(host.loadBalancers()).isEmpty();
    guest.delete(SERVICES + "/portless");
    awaitNothing();
  }
}
