package dev.thresher.e2e.resources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.net.ClaimName;
import dev.thresher.api.net.NetTypes;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.Lab;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The definitions on a real API server. What Harvester accepts today must be accepted; the rules
/// that concern fields of ours must hold.
@Tag("lab")
@TestInstance(Lifecycle.PER_CLASS)
class ResourceRulesTest {

  private final AtomicInteger number = new AtomicInteger();
  private Lab lab;
  private KubeApi api;

  @BeforeAll
  void startTheHost() {
    Optional<String> obstacle = Lab.obstacle();
    assumeTrue(obstacle.isEmpty(), () -> "no lab here: " + obstacle.orElse(""));
    lab = Lab.builder().hostNodes(0).controllerManager(false).hostKubeProxy(false).start();
    api = lab.host().api();
  }

  @AfterAll
  void stop() {
    if (lab != null) {
      lab.close();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'workloadType': 'cluster', 'ipam': 'pool'}",
        "{'workloadType': 'cluster', 'listeners': [{'port': 0, 'backendPort': 0, 'protocol': 'x'}]}",
        "{'ipam': 'dhcp', 'listeners': [{'name': '', 'port': 80, 'backendPort': 65535,"
            + " 'protocol': 'TCP'}], 'backendServerSelector': {'app': ['a', 'b']},"
            + " 'healthCheck': {'port': 65535}}",
        "{'placement': 'host', 'ipFamilyPolicy': 'PreferDualStack', 'ipv6Pool': 'six'}",
        "{'healthCheck': {'port': 1, 'type': 'HTTPS', 'path': '/a?b=c', 'host': '[2001:db8::1]:80',"
            + " 'tlsServerName': 'a.example', 'expectedStatuses': ['200', '300-399'],"
            + " 'whenAllDown': 'all-open', 'from': 'controller'}}",
        "{'healthCheck': {'port': 1, 'type': 'UDP', 'udpPayload': 'cGluZw==', 'udpAnswer': 'cA=='}}",
        "{'healthCheck': {'port': 1, 'type': 'GRPC', 'grpcService': ''}}",
      })
  void acceptsLoadBalancers(String spec) {
    JsonObject created = create(LoadBalancerTypes.LOAD_BALANCER, spec);
    assertThat(created.getAsJsonObject("spec").has("placement"))
        .isEqualTo(spec.contains("placement"));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      delimiter = '|',
      textBlock =
          """
          {'workloadType': 'VM'}                                                | spec.workloadType
          {'ipam': 'ippool'}                                                    | spec.ipam
          {'placement': 'both'}                                                 | spec.placement
          {'ipFamilyPolicy': 'DualStack'}                                       | spec.ipFamilyPolicy
          {'listeners': [{'port': 1, 'protocol': 'TCP'}]}                       | backendPort
          {'healthCheck': {'port': 1, 'type': 'SCTP'}}                          | spec.healthCheck.type
          {'healthCheck': {'port': 1, 'type': 'UDP'}}                           | spec.healthCheck.udpPayload
          {'healthCheck': {'port': 1, 'type': 'UDP', 'udpPayload': '!'}}        | spec.healthCheck.udpPayload
          {'healthCheck': {'port': 1, 'type': 'HTTP', 'path': 'x'}}             | spec.healthCheck.path
          {'healthCheck': {'port': 1, 'type': 'HTTP', 'host': 'a b'}}           | spec.healthCheck.host
          {'healthCheck': {'port': 1, 'expectedStatuses': ['2xx']}}             | spec.healthCheck.expectedStatuses
          {'healthCheck': {'port': 1, 'whenAllDown': 'open'}}                   | spec.healthCheck.whenAllDown
          {'healthCheck': {'port': 1, 'from': 'guest'}}                         | spec.healthCheck.from
          {'sessionAffinity': 'Cookie'}                                         | spec.sessionAffinity
          {'sessionAffinitySeconds': 0}                                         | spec.sessionAffinitySeconds
          {'backendNetwork': 'a/b/c'}                                           | spec.backendNetwork
          """)
  void refusesLoadBalancers(String spec, String reason) {
    assertThatThrownBy(() -> create(LoadBalancerTypes.LOAD_BALANCER, spec))
        .isInstanceOf(KubeApi.ApiFailure.class)
        .hasMessageContaining(reason);
  }

  @Test
  void keepsTypeAndIpamOfALoadBalancer() {
    String vm =
        path(LoadBalancerTypes.LOAD_BALANCER, create(LoadBalancerTypes.LOAD_BALANCER, "{}"));
    refused(vm, "{'spec': {'workloadType': 'cluster'}}", "spec.workloadType");
    refused(vm, "{'spec': {'ipam': 'dhcp'}}", "spec.ipam");
    // What absent means may be said.
    api.merge(vm, json("{'spec': {'workloadType': 'vm', 'ipam': 'pool'}}"));
    api.merge(vm, json("{'spec': {'workloadType': null, 'ipam': null}}"));
  }

  @Test
  void freezesPlacementWithTheAddress() {
    String path =
        path(
            LoadBalancerTypes.LOAD_BALANCER,
            create(LoadBalancerTypes.LOAD_BALANCER, "{'placement': 'guest'}"));
    api.merge(path, json("{'spec': {'placement': 'host'}}"));
    // The status goes through the main resource, as Harvester's programs write it.
    api.merge(path, json("{'status': {'allocatedAddress': {'ip': '192.0.2.1'}}}"));
    refused(path, "{'spec': {'placement': 'guest'}}", "spec.placement");
    // A writer that does not know the field removes it, and must not fail for that.
    api.merge(path, json("{'spec': {'placement': null}}"));
    api.merge(path, json("{'spec': {'placement': 'host'}}"));
    assertThat(api.get(path).getAsJsonObject("status").has("allocatedAddress")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'ranges': [{'subnet': '192.0.2.0/24'}]}",
        "{'ranges': [{'subnet': '192.0.2.7/24', 'rangeStart': '192.0.2.9', 'rangeEnd': '192.0.2.3',"
            + " 'gateway': '198.51.100.1'}]}",
        "{'ranges': [{'subnet': '192.0.2.4/32'}, {'subnet': '2001:db8::/64', 'rangeStart': '',"
            + " 'rangeEnd': '2001:DB8::ff', 'exclude': ['2001:db8::1', '192.0.2.1-192.0.2.9']}],"
            + " 'selector': {'priority': 1, 'network': 'a/b', 'scope': [{'project': '*'}]}}",
      })
  void acceptsPools(String spec) {
    create(LoadBalancerTypes.IP_POOL, spec);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      delimiter = '|',
      textBlock =
          """
          {'ranges': []}                                                       | at least one range
          {'ranges': [{'subnet': '192.0.2.0'}]}                                | ranges[0].subnet
          {'ranges': [{'subnet': '192.0.2.0/24', 'rangeStart': '2001:db8::1'}]} | ranges[0].rangeStart
          {'ranges': [{'subnet': '192.0.2.0/24', 'rangeEnd': '192.0.3.1'}]}     | ranges[0].rangeEnd
          {'ranges': [{'subnet': '2001:db8::/64', 'rangeEnd': 'x'}]}            | ranges[0].rangeEnd
          {'ranges': [{'subnet': '192.0.2.0/24', 'gateway': 'router'}]}         | ranges[0].gateway
          """)
  void refusesPools(String spec, String reason) {
    assertThatThrownBy(() -> create(LoadBalancerTypes.IP_POOL, spec))
        .isInstanceOf(KubeApi.ApiFailure.class)
        .hasMessageContaining(reason);
  }

  @Test
  void onlyOneClaimOfAnAddressIsMade() {
    createClaim("", "192.0.2.200");
    assertThatThrownBy(() -> createClaim("", "192.0.2.200"))
        .isInstanceOfSatisfying(
            KubeApi.ApiFailure.class, failure -> assertThat(failure.status()).isEqualTo(409));
    createClaim("default/vlan1", "192.0.2.200");
    createClaim("", "2001:db8::200");
  }

  @Test
  void aClaimInUseKeepsItsOwner() {
    String path = createClaim("", "192.0.2.201");
    refused(path, "{'spec': {'address': '192.0.2.9'}}", "spec.address");
    refused(path, "{'spec': {'layer2Domain': 'a/b'}}", "spec.layer2Domain");
    refused(path, "{'spec': {'placement': 'host'}}", "spec.placement");
    refused(path, "{'spec': {'pool': 'q'}}", "spec.pool");
    refused(path, "{'spec': {'owner': {'name': 'other'}}}", "spec.owner");
    refused(path, "{'spec': {'owner': {'namespace': 'other'}}}", "spec.owner");
    api.merge(path, json("{'spec': {'owner': {'uid': 'made-again'}}}"));
  }

  @Test
  void aReleasedClaimMayBeTakenOver() {
    String path = createClaim("", "192.0.2.202");
    api.merge(path + "/status", json("{'status': {'releasedAt': '2026-01-01T00:00:00Z'}}"));
    api.merge(path, json("{'spec': {'placement': 'host', 'owner': {'name': 'b', 'uid': 'v'}}}"));
    api.merge(path + "/status", json("{'status': {'releasedAt': null}}"));
    refused(path, "{'spec': {'owner': {'name': 'a'}}}", "spec.owner");
    refused(path, "{'spec': {'address': '192.0.2.9'}}", "spec.address");
  }

  @ParameterizedTest
  @CsvSource({
    "v6-x, 2001:DB8::1, IPv6, canonical",
    "v4-x, 2001:db8::1, IPv4, spec.family",
    "v4-x, 2001:db8::1, IPv6, metadata.name",
    "v4-x, 192.0.2, IPv4, spec.address",
  })
  void refusesClaims(String name, String address, String family, String reason) {
    assertThatThrownBy(() -> create(NetTypes.ADDRESS_CLAIM, name, claim(address, family, "")))
        .isInstanceOf(KubeApi.ApiFailure.class)
        .hasMessageContaining(reason);
  }

  private String createClaim(String layer2Domain, String text) {
    IpAddress address = IpAddress.parse(text);
    return path(
        NetTypes.ADDRESS_CLAIM,
        create(
            NetTypes.ADDRESS_CLAIM,
            ClaimName.of(layer2Domain, address),
            claim(text, address.family().text(), layer2Domain)));
  }

  private static String claim(String address, String family, String layer2Domain) {
    return """
    {'address': '%s', 'family': '%s', 'layer2Domain': '%s', 'pool': 'p', 'placement': 'guest',
     'owner': {'namespace': 'default', 'name': 'a', 'uid': 'u'}}
    """
        .formatted(address, family, layer2Domain);
  }

  private JsonObject create(ResourceType<?> type, String spec) {
    return create(type, "rules-" + number.incrementAndGet(), spec);
  }

  private JsonObject create(ResourceType<?> type, String name, String spec) {
    JsonObject object =
        json(
            "{'apiVersion': '%s', 'kind': '%s', 'metadata': {'name': '%s'}}"
                .formatted(type.apiVersion(), type.kind(), name));
    object.add("spec", json(spec));
    return api.create(type.collectionPath(type.namespaced() ? "default" : ""), object);
  }

  private static String path(ResourceType<?> type, JsonObject object) {
    return type.path(
        new ObjectKey(
            type.namespaced() ? "default" : "",
            object.getAsJsonObject("metadata").get("name").getAsString()));
  }

  private void refused(String path, String patch, String reason) {
    assertThatThrownBy(() -> api.merge(path, json(patch)))
        .isInstanceOf(KubeApi.ApiFailure.class)
        .hasMessageContaining(reason);
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text.replace('\'', '"')).getAsJsonObject();
  }
}
