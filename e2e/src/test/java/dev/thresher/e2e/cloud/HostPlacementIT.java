package dev.thresher.e2e.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.lab.Attempt;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.Machine;
import dev.thresher.e2e.lab.Node;
import dev.thresher.e2e.lab.Probe;
import dev.thresher.e2e.lab.Vm;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/// The address is held on a host node.
class HostPlacementIT extends MainPath {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String RECORDS = "/apis/net.thresher.dev/v1alpha1/nodenetworks";

  HostPlacementIT() {
    super(Placement.HOST);
  }

  @Test
  @Order(20)
  void everyNodeKeepsARecordOfItsNetwork() {
    for (Node node : lab.nodes()) {
      awaitRecord(
          node,
          node.addresses().ipv4() + "/",
          node.addresses().ipv6() + "/",
          "\"reason\":\"InterfacesReady\"");
      JsonObject owner =
          record(node)
              .orElseThrow()
              .getAsJsonObject("metadata")
              .getAsJsonArray("ownerReferences")
              .get(0)
              .getAsJsonObject();
      assertThat(owner.get("uid")).isEqualTo(uid(node));
    }
    Node node = lab.nodes().getFirst();
    node.namespace().run(List.of("ip", "link", "add", "br-data", "type", "bridge"));
    awaitRecord(node, "\"name\":\"br-data\"");
    node.namespace().run(List.of("ip", "link", "delete", "br-data"));
    Await.until("the bridge to be gone", PATIENCE, () -> !text(node).contains("br-data"));
    api()
        .merge(
            RECORDS + "/" + node.name() + "/status",
            JsonParser.parseString("{\"status\": {\"interfaces\": [], \"conditions\": []}}")
                .getAsJsonObject());
    awaitRecord(node, node.addresses().ipv4() + "/", "\"reason\":\"InterfacesReady\"");
    assertThat(api().delete(RECORDS + "/" + node.name())).isTrue();
    awaitRecord(node, node.addresses().ipv4() + "/");
  }

  @Test
  @Order(21)
  void aSettingChangesTheInterfacesOfTheNodesThatItChooses() {
    Node chosen = lab.nodes().getFirst();
    Node other = lab.nodes().getLast();
    lab.host()
        .apply(
            """
            apiVersion: net.thresher.dev/v1alpha1
            kind: NodeNetworkSetting
            metadata: {name: not-there}
            spec:
              nodeSelector: {kubernetes.io/hostname: %s}
              interfaces: ["bond*", eth99]
            """
                .formatted(chosen.name()));
    awaitRecord(chosen, "\"reason\":\"NoInterface\"", "NodeNetworkSetting not-there");
    assertThat(text(other)).contains("\"reason\":\"InterfacesReady\"");
    assertThat(api().delete("/apis/net.thresher.dev/v1alpha1/nodenetworksettings/not-there"))
        .isTrue();
    awaitRecord(chosen, "\"reason\":\"InterfacesReady\"");
  }

  @Test
  @Order(22)
  void aRecordGoesWithItsNode() {
    GuestService service = create(BOTH);
    List<String> addresses = awaitAnswers(service, 2);
    Machine node = holder(service);
    String path = "/api/v1/nodes/" + node.name();
    JsonObject object = api().get(path);
    try (var watched = new AddressWatch(cloud, addresses)) {
      assertThat(api().delete(path)).isTrue();
      Await.until("the record to be gone", PATIENCE, () -> record(node).isEmpty());
      Await.until(
          "the node's Lease to be made anew, without an owner", PATIENCE, () -> bereft(node));
      watched.seeMoreAnswers(200);
      assertThat(watched.holder()).as("it goes on while it runs").isEqualTo(node.name());
      long ended = System.nanoTime();
      cloud.process(Cloud.vipManager(node)).kill();
      watched.awaitOther(node.name(), ended);
      watched.seeMoreAnswers(200);
      assertThat(watched.saidAfterAnother(node.name(), ended)).isEmpty();
    }
    assertThat(awaitAnswers(service, 2)).isEqualTo(addresses);
    object.getAsJsonObject("metadata").remove("uid");
    object.getAsJsonObject("metadata").remove("resourceVersion");
    api().create("/api/v1/nodes", object);
    api().merge(path + "/status", object);
    cloud.startAgain(Cloud.vipManager(node));
    Await.until(
        "a record of the new Node", PATIENCE, () -> text(node).contains("\"uid\":" + uid(node)));
    deleteAndExpectNothing(service, addresses);
  }

  /// Whether the Lease of a node is one that was made after its Node had gone.
  private boolean bereft(Machine node) {
    return api()
        .find(
            "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/thresher-vip-"
                + node.name())
        .filter(lease -> !lease.getAsJsonObject("metadata").has("ownerReferences"))
        .isPresent();
  }

  /// With policy Cluster any node forwards, so what is checked is the way to it.
  @Test
  @Order(23)
  void ofNodesThatTheHostCannotReachTheOwnerHears() {
    GuestService service = create(BOTH);
    List<String> addresses = awaitAnswers(service, 2);
    List<Vm> nodes = lab.vms(Cloud.GUEST);
    Vm first = nodes.getFirst();
    route("add", first);
    awaitBackEnds("one to be left out", first, false);
    nodes.stream().skip(1).forEach(node -> route("add", node));
    Await.until(
        "the Service to say it",
        PATIENCE,
        () -> service.conditions().contains("BackendsUnreachable"));
    // The hosts themselves still have a way, which is why all take part now.
    awaitBackEnds("all to take part", first, true);
    assertThat(awaitAnswers(service, 2)).isEqualTo(addresses);
    nodes.forEach(node -> route("del", node));
    Await.until(
        "nothing to be in the way",
        PATIENCE,
        () -> !service.conditions().contains("BackendsUnreachable"));
    deleteAndExpectNothing(service, addresses);
  }

  /// Every question comes from a port of its own, so each is a connection that the proxies forward
  /// anew.
  @Test
  @Order(24)
  void aPortAndAPodMoreCostNobodyADatagram() {
    GuestService service =
        GuestService.create(
            lab.guest(Cloud.GUEST), "default", "echo", "web", "UDP", 80, BOTH, Map.of());
    String address =
        Await.value(
                "addresses",
                PATIENCE,
                () -> Optional.of(service.addresses()).filter(found -> found.size() == 2))
            .getFirst();
    try (var datagrams =
        Probe.udpFresh(client, address + ":80", Duration.ofMillis(1), Duration.ofSeconds(2))) {
      long first = awaitEveryNode(datagrams);
      ports(
          service,
          "[{\"name\": \"first\", \"protocol\": \"UDP\", \"port\": 80, \"targetPort\": 8080},"
              + " {\"name\": \"second\", \"protocol\": \"UDP\", \"port\": 81, \"targetPort\": 8080}]");
      try (var second =
          Probe.udpFresh(client, address + ":81", Duration.ofMillis(50), Duration.ofSeconds(1))) {
        second.await("the second port to answer", PATIENCE, Attempt::ok);
      }
      lab.vms(Cloud.GUEST).getFirst().pod("web-more", Map.of("app", "web"));
      datagrams.await("the new pod to answer", PATIENCE, line -> "web-more".equals(line.backend()));
      ports(
          service,
          "[{\"name\": \"first\", \"protocol\": \"UDP\", \"port\": 80, \"targetPort\": 8080}]");
      Await.until(
          "the host's Service to have one port",
          PATIENCE,
          () ->
              new HostObjects(lab.host())
                  .services().stream()
                      .allMatch(
                          one -> one.getAsJsonObject("spec").getAsJsonArray("ports").size() == 1));
      long now = datagrams.lines().getLast().id();
      datagrams.await("a second more of them", PATIENCE, line -> line.id() > now + 1000);
      assertThat(datagrams.lines())
          .filteredOn(line -> line.id() >= first && !line.ok())
          .as("datagrams without an answer, of those from %d on", first)
          .isEmpty();
    }
    deleteAndExpectNothing(service, List.of());
  }

  /// The first of many answered datagrams in a row: each goes to a node by chance, and a node whose
  /// own proxy does not know the new Service yet answers none.
  private static long awaitEveryNode(Probe<Attempt> datagrams) {
    int many = 300;
    return Await.value(
        many + " answered datagrams in a row",
        PATIENCE,
        () -> {
          long[] answered =
              datagrams.lines().stream()
                  .filter(Attempt::ok)
                  .mapToLong(Attempt::id)
                  .sorted()
                  .toArray();
          int last = answered.length - 1;
          return last >= many && answered[last] - answered[last - many] == many
              ? Optional.of(answered[last - many])
              : Optional.empty();
        });
  }

  private void ports(GuestService service, String ports) {
    var _ =
        lab.guest(Cloud.GUEST)
            .api()
            .merge(
                "/api/v1/namespaces/" + service.namespace() + "/services/" + service.name(),
                JsonParser.parseString("{\"spec\": {\"ports\": " + ports + "}}").getAsJsonObject());
  }

  /// Of the machine that the controller runs on.
  private void route(String verb, Vm node) {
    for (String address : List.of(node.addresses().ipv4(), node.addresses().ipv6())) {
      lab.host().namespace().run(List.of("ip", "route", verb, "unreachable", address));
    }
  }

  private void awaitBackEnds(String what, Vm node, boolean ready) {
    String address = node.addresses().ipv4();
    Await.until(
        what,
        PATIENCE,
        () ->
            new HostObjects(lab.host())
                .slices().stream()
                    .flatMap(slice -> slice.getAsJsonArray("endpoints").asList().stream())
                    .map(JsonElement::getAsJsonObject)
                    .filter(end -> end.getAsJsonArray("addresses").toString().contains(address))
                    .anyMatch(end ->
                        end.getAsJsonObject("conditions").get("ready").getAsBoolean() == ready));
  }

  private void awaitRecord(Machine node, String... parts) {
    Await.until(
        "the record of " + node.name() + " to say " + List.of(parts),
        PATIENCE,
        () -> List.of(parts).stream().allMatch(text(node)::contains));
  }

  private String text(Machine node) {
    return record(node).map(JsonObject::toString).orElse("");
  }

  private JsonElement uid(Machine node) {
    return api().get("/api/v1/nodes/" + node.name()).getAsJsonObject("metadata").get("uid");
  }

  private Optional<JsonObject> record(Machine node) {
    return api().find(RECORDS + "/" + node.name());
  }

  private KubeApi api() {
    return lab.host().api();
  }
}
