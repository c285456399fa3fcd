package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.ccm.harvester.loadbalancer.RequestReader.Reading;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadBalancerDocumentTest {

  private static final LoadBalancerSettings SETTINGS =
      new LoadBalancerSettings("vms", "", Placement.GUEST);

  private static V1Service service(Map<String, String> annotations) {
    return new V1Service()
        .metadata(
            new V1ObjectMeta()
                .name("web")
                .namespace("default")
                .uid("0b7c1f1e-8d0f-4c1e-9d9b-3c1f5a7e9b11")
                .annotations(annotations))
        .spec(
            new V1ServiceSpec()
                .type("LoadBalancer")
                .ipFamilies(List.of("IPv4"))
                .ipFamilyPolicy("SingleStack")
                .addPortsItem(
                    new V1ServicePort().name("http").port(80).protocol("TCP").nodePort(30080))
                .addPortsItem(
                    new V1ServicePort().name("dns").port(53).protocol("UDP").nodePort(30053)));
  }

  private static ServiceRequest request(V1Service service) {
    return ((Reading.Accepted) RequestReader.read(service)).request();
  }

  private static JsonObject create(
      V1Service service, LoadBalancerSettings settings, Placement placement) {
    return new LoadBalancerDocument("gc1", settings, "")
        .create(request(service), placement, List.of(), "service-1");
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  @Test
  void aPlainServiceLooksAsHarvesterMakesIt() {
    assertThat(create(service(Map.of()), SETTINGS, Placement.GUEST))
        .isEqualTo(
            json(
                """
                {
                  "apiVersion": "loadbalancer.harvesterhci.io/v1beta1",
                  "kind": "LoadBalancer",
                  "metadata": {
                    "name": "gc1-default-web-72a50585",
                    "namespace": "vms",
                    "labels": {
                      "cloudprovider.harvesterhci.io/cluster": "gc1",
                      "cloudprovider.harvesterhci.io/serviceNamespace": "default",
                      "cloudprovider.harvesterhci.io/serviceName": "web"
                    },
                    "annotations": {
                      "loadbalancer.harvesterhci.io/cluster": "gc1",
                      "cloudprovider.harvesterhci.io/lb-network": "",
                      "thresher.dev/service-uid": "0b7c1f1e-8d0f-4c1e-9d9b-3c1f5a7e9b11"
                    }
                  },
                  "spec": {"ipam": "pool", "workloadType": "cluster"}
                }
                """));
  }

  @Test
  void handsOnWhatTheServiceAsksFor() {
    V1Service service =
        service(
            Map.of(
                "cloudprovider.harvesterhci.io/ipam", "dhcp",
                "cloudprovider.harvesterhci.io/network", "default/vlan1",
                "cloudprovider.harvesterhci.io/project", "local/p-1",
                "cloudprovider.harvesterhci.io/namespace", "team"));
    JsonObject document =
        create(
            service,
            new LoadBalancerSettings("vms", "default/mgmt", Placement.GUEST),
            Placement.GUEST);
    assertThat(document.getAsJsonObject("metadata").getAsJsonObject("annotations"))
        .isEqualTo(
            json(
                """
                {
                  "loadbalancer.harvesterhci.io/cluster": "gc1",
                  "loadbalancer.harvesterhci.io/network": "default/vlan1",
                  "loadbalancer.harvesterhci.io/project": "local/p-1",
                  "loadbalancer.harvesterhci.io/namespace": "team",
                  "cloudprovider.harvesterhci.io/lb-network": "default/vlan1",
                  "cloudprovider.harvesterhci.io/managementNetwork": "default/mgmt",
                  "thresher.dev/service-uid": "0b7c1f1e-8d0f-4c1e-9d9b-3c1f5a7e9b11"
                }
                """));
    assertThat(document.getAsJsonObject("spec"))
        .isEqualTo(json("{\"ipam\": \"dhcp\", \"workloadType\": \"cluster\"}"));
  }

  @Test
  void placesOnTheHostWithListenersAndSelector() {
    JsonObject document = create(service(Map.of()), SETTINGS, Placement.HOST);
    assertThat(document.getAsJsonObject("spec"))
        .isEqualTo(
            json(
                """
                {
                  "ipam": "pool",
                  "workloadType": "cluster",
                  "placement": "host",
                  "listeners": [
                    {"name": "http", "port": 80, "protocol": "TCP", "backendPort": 30080},
                    {"name": "dns", "port": 53, "protocol": "UDP", "backendPort": 30053}
                  ],
                  "backendServerSelector": {"guestcluster.harvesterhci.io/name": ["gc1"]},
                  "healthCheck": {
                    "port": 30080, "type": "REACH", "successThreshold": 1, "failureThreshold": 2,
                    "periodSeconds": 5, "timeoutSeconds": 2, "whenAllDown": "all-open"
                  }
                }
                """));
    assertThat(
            document
                .getAsJsonObject("metadata")
                .getAsJsonObject("annotations")
                .get("thresher.dev/placement")
                .getAsString())
        .isEqualTo("host");
  }

  private static JsonObject withFamilies(String policy, String... families) {
    V1Service service = service(Map.of());
    service.getSpec().ipFamilyPolicy(policy).ipFamilies(List.of(families));
    return create(service, SETTINGS, Placement.GUEST);
  }

  @Test
  void asksForTheFamiliesInTheirOrder() {
    JsonObject dual = withFamilies("RequireDualStack", "IPv6", "IPv4");
    assertThat(dual.getAsJsonObject("spec").get("ipFamilyPolicy").getAsString())
        .isEqualTo("RequireDualStack");
    assertThat(families(dual)).isEqualTo("IPv6,IPv4");

    JsonObject six = withFamilies("SingleStack", "IPv6");
    assertThat(six.getAsJsonObject("spec").get("ipFamilyPolicy").getAsString())
        .isEqualTo("SingleStack");
    assertThat(families(six)).isEqualTo("IPv6");

    JsonObject four = withFamilies("PreferDualStack", "IPv4");
    assertThat(four.getAsJsonObject("spec").has("ipFamilyPolicy")).isFalse();
    assertThat(families(four)).isEqualTo("none");
  }

  /// A field that vanishes moves nothing on the host: who asks for less must say so.
  @Test
  void whoGoesBackToIpv4SaysSo() {
    JsonObject document = withFamilies("RequireDualStack", "IPv4", "IPv6");
    V1Service plain = service(Map.of());
    plain.getSpec().ipFamilyPolicy("SingleStack").ipFamilies(List.of("IPv4"));
    for (int i = 0; i < 2; i++) {
      new LoadBalancerDocument("gc1", SETTINGS, "")
          .update(document, request(plain), Placement.GUEST, List.of());
      assertThat(document.getAsJsonObject("spec").get("ipFamilyPolicy").getAsString())
          .isEqualTo("SingleStack");
      assertThat(families(document)).isEqualTo("IPv4");
    }
  }

  private static String families(JsonObject document) {
    var value =
        document
            .getAsJsonObject("metadata")
            .getAsJsonObject("annotations")
            .get("thresher.dev/ip-families");
    return value == null ? "none" : value.getAsString();
  }

  @Test
  void updateChangesNothingInWhatItMade() {
    for (Placement placement : Placement.values()) {
      JsonObject made = create(service(Map.of()), SETTINGS, placement);
      JsonObject again = made.deepCopy();
      new LoadBalancerDocument("gc1", SETTINGS, "")
          .update(again, request(service(Map.of())), placement, List.of());
      assertThat(again).isEqualTo(made);
    }
  }

  @Test
  void updateKeepsWhatItDoesNotKnowAndWhatTheHostFilledIn() {
    JsonObject document =
        json(
            """
            {
              "metadata": {
                "name": "x", "resourceVersion": "7", "finalizers": ["a/b"],
                "labels": {"theirs": "1"},
                "annotations": {
                  "loadbalancer.harvesterhci.io/network": "mgmt/net",
                  "loadbalancer.harvesterhci.io/project": "local/p-9",
                  "theirs": "2"
                }
              },
              "spec": {"ipam": "pool", "workloadType": "cluster", "ipPool": "p", "future": {"a": [1]}},
              "status": {"allocatedAddress": {"ip": "192.0.2.1", "future": true}}
            }
            """);
    new LoadBalancerDocument("gc1", SETTINGS, "")
        .update(
            document,
            request(
                service(
                    Map.of(
                        "cloudprovider.harvesterhci.io/network", "default/vlan1",
                        "cloudprovider.harvesterhci.io/project", "local/p-1"))),
            Placement.GUEST,
            List.of());
    assertThat(document.getAsJsonObject("metadata").getAsJsonObject("annotations"))
        .isEqualTo(
            json(
                """
                {
                  "loadbalancer.harvesterhci.io/cluster": "gc1",
                  "loadbalancer.harvesterhci.io/network": "mgmt/net",
                  "loadbalancer.harvesterhci.io/project": "local/p-9",
                  "cloudprovider.harvesterhci.io/lb-network": "default/vlan1",
                  "thresher.dev/service-uid": "0b7c1f1e-8d0f-4c1e-9d9b-3c1f5a7e9b11",
                  "theirs": "2"
                }
                """));
    assertThat(document.getAsJsonObject("metadata").getAsJsonObject("labels").has("theirs"))
        .isTrue();
    assertThat(document.getAsJsonObject("spec"))
        .isEqualTo(
            json(
                """
                {"ipam": "pool", "workloadType": "cluster", "ipPool": "p", "future": {"a": [1]}}
                """));
    assertThat(document.getAsJsonObject("status"))
        .isEqualTo(json("{\"allocatedAddress\": {\"ip\": \"192.0.2.1\", \"future\": true}}"));
  }

  @Test
  void updateFollowsPortsAndManagementNetwork() {
    JsonObject document =
        create(
            service(Map.of()),
            new LoadBalancerSettings("vms", "default/mgmt", Placement.GUEST),
            Placement.HOST);
    V1Service changed = service(Map.of());
    changed.getSpec().getPorts().getFirst().nodePort(31080);
    new LoadBalancerDocument("gc1", SETTINGS, "")
        .update(document, request(changed), Placement.HOST, List.of());
    assertThat(
            document
                .getAsJsonObject("spec")
                .getAsJsonArray("listeners")
                .get(0)
                .getAsJsonObject()
                .get("backendPort")
                .getAsInt())
        .isEqualTo(31080);
    assertThat(
            document
                .getAsJsonObject("metadata")
                .getAsJsonObject("annotations")
                .has("cloudprovider.harvesterhci.io/managementNetwork"))
        .isFalse();
  }

  private static List<V1ServicePort> ports(String... namesNumbersProtocols) {
    return Arrays.stream(namesNumbersProtocols)
        .map(text -> text.split(" ", -1))
        .map(parts ->
            new V1ServicePort()
                .name(parts[0])
                .port(Integer.parseInt(parts[1]))
                .protocol(parts[2])
                .nodePort(Integer.parseInt(parts[3])))
        .toList();
  }

  private static List<String> listeners(JsonObject document) {
    return document.getAsJsonObject("spec").getAsJsonArray("listeners").asList().stream()
        .map(JsonElement::getAsJsonObject)
        .map(listener ->
            String.join(
                " ",
                listener.get("name").getAsString(),
                listener.get("port").getAsString(),
                listener.get("protocol").getAsString(),
                listener.get("backendPort").getAsString()))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sctp 32000 SCTP 32000,tcp 32001 TCP 32001,udp 32002 UDP 32002",
        "a 5060 SCTP 30001,b 5060 TCP 30002,c 5060 UDP 30003",
        "only 36412 SCTP 30001",
      })
  void protocolsStandSideBySideAndOneGoesAlone(String wanted) {
    String[] all = wanted.split(",", -1);
    V1Service service = service(Map.of());
    service.getSpec().ports(ports(all));
    JsonObject document = create(service, SETTINGS, Placement.HOST);
    assertThat(listeners(document)).containsExactly(all);
    for (int i = 0; i < all.length; i++) {
      List<String> others = new ArrayList<>(List.of(all));
      others.remove(i);
      service.getSpec().ports(ports(others.toArray(String[]::new)));
      JsonObject changed = document.deepCopy();
      new LoadBalancerDocument("gc1", SETTINGS, "")
          .update(changed, request(service), Placement.HOST, List.of());
      assertThat(listeners(changed)).isEqualTo(others);
    }
  }

  @Test
  void announcesInPlace() {
    JsonObject document = json("{\"status\": {\"conditions\": []}}");
    LoadBalancerDocument.announce(document, "192.0.2.1");
    assertThat(document)
        .isEqualTo(json("{\"status\": {\"conditions\": [], \"address\": \"192.0.2.1\"}}"));
  }

  @Test
  void handsOnToTheHostWhoMayComeAndWhereNodePortsAre() {
    V1Service service = service(Map.of());
    service
        .getSpec()
        .loadBalancerSourceRanges(List.of("10.0.0.0/8", "2001:db8::/32"))
        .externalTrafficPolicy("Local")
        .healthCheckNodePort(32000);
    JsonObject document =
        new LoadBalancerDocument("gc1", SETTINGS, "guest-1")
            .create(request(service), Placement.HOST, List.of("10.0.0.1", "10.0.0.2"), "service-1");
    JsonObject annotations =
        document.getAsJsonObject("metadata").getAsJsonObject("annotations").deepCopy();
    assertThat(annotations.get("thresher.dev/source-ranges").getAsString())
        .isEqualTo("10.0.0.0/8,2001:db8::/32");
    assertThat(annotations.get("thresher.dev/backend-addresses").getAsString())
        .isEqualTo("10.0.0.1,10.0.0.2");
    assertThat(annotations.get("thresher.dev/health-check-path").getAsString())
        .isEqualTo("/healthz");
    assertThat(annotations.get("thresher.dev/guest-cluster-uid").getAsString())
        .isEqualTo("guest-1");
    assertThat(document.getAsJsonObject("spec").getAsJsonObject("healthCheck"))
        .isEqualTo(json("{\"port\": 32000}"));

    // The host fills in its thresholds; they stay.
    document
        .getAsJsonObject("spec")
        .add("healthCheck", json("{\"port\": 32000, \"periodSeconds\": 5}"));
    JsonObject filled = document.deepCopy();
    new LoadBalancerDocument("gc1", SETTINGS, "guest-1")
        .update(document, request(service), Placement.HOST, List.of("10.0.0.1", "10.0.0.2"));
    assertThat(document).isEqualTo(filled);

    new LoadBalancerDocument("gc1", SETTINGS, "guest-1")
        .update(document, request(service(Map.of())), Placement.HOST, List.of());
    JsonObject reach =
        json(
            """
            {"port": 30080, "type": "REACH", "successThreshold": 1, "failureThreshold": 2,
             "periodSeconds": 5, "timeoutSeconds": 2, "whenAllDown": "all-open"}
            """);
    assertThat(document.getAsJsonObject("spec").getAsJsonObject("healthCheck")).isEqualTo(reach);
    JsonObject left = document.getAsJsonObject("metadata").getAsJsonObject("annotations");
    assertThat(left.keySet())
        .doesNotContain(
            "thresher.dev/source-ranges",
            "thresher.dev/backend-addresses",
            "thresher.dev/health-check-path");

    JsonObject reached = document.deepCopy();
    reached.getAsJsonObject("spec").getAsJsonObject("healthCheck").addProperty("from", "node");
    JsonObject asWritten = reached.deepCopy();
    new LoadBalancerDocument("gc1", SETTINGS, "guest-1")
        .update(reached, request(service(Map.of())), Placement.HOST, List.of());
    assertThat(reached).as("who asks is the host's choice").isEqualTo(asWritten);

    new LoadBalancerDocument("gc1", SETTINGS, "guest-1")
        .update(document, request(service), Placement.HOST, List.of("10.0.0.1", "10.0.0.2"));
    assertThat(document.getAsJsonObject("spec").getAsJsonObject("healthCheck"))
        .isEqualTo(json("{\"port\": 32000}"));

    V1Service datagrams = service(Map.of());
    datagrams.getSpec().getPorts().removeFirst();
    new LoadBalancerDocument("gc1", SETTINGS, "guest-1")
        .update(document, request(datagrams), Placement.HOST, List.of());
    assertThat(document.getAsJsonObject("spec").has("healthCheck")).isFalse();
  }
}
