package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.service;
import static dev.thresher.vip.services.Objects.withStatus;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.vip.election.Prefix;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceReaderTest {

  private static final AddressRules RULES =
      new AddressRules(
          Map.of(ip("10.0.0.11"), "node n1", ip("10.96.0.7"), "Service a/b (clusterIP)"),
          List.of(Prefix.parse("10.0.0.11/24"), Prefix.parse("fd00::11/64")));

  private static ServiceReading read(V1Service service) {
    return ServiceReader.read(service, ClassPolicy.DEFAULT, RULES);
  }

  private static String text(ServiceReading reading) {
    return switch (reading) {
      case ServiceReading.NotOurs notOurs -> "not ours: " + notOurs.reason();
      case ServiceReading.Nothing nothing -> "nothing: " + nothing.refusals();
      case ServiceReading.Asks asks ->
          asks.addresses().stream().map(a -> a.getHostAddress()).toList()
              + (asks.refusals().isEmpty() ? "" : " but " + asks.refusals());
    };
  }

  @Test
  void annotationGoesBeforeStatusAndSpec() {
    V1Service service = withStatus(service("a", "10.0.0.50, fd00::50,"), "10.0.0.60");
    service.getSpec().loadBalancerIP("10.0.0.70");
    assertThat(text(read(service))).isEqualTo("[10.0.0.50, fd00:0:0:0:0:0:0:50]");
  }

  @Test
  void statusGoesBeforeSpecUnlessTheSpecNamesAnother() {
    V1Service shown = withStatus(service("a", null), "10.0.0.60", "fd00::60");
    assertThat(text(read(shown))).isEqualTo("[10.0.0.60, fd00:0:0:0:0:0:0:60]");
    shown.getSpec().loadBalancerIP("10.0.0.60");
    assertThat(text(read(shown))).isEqualTo("[10.0.0.60, fd00:0:0:0:0:0:0:60]");
    shown.getSpec().loadBalancerIP("10.0.0.70");
    assertThat(text(read(shown))).isEqualTo("[10.0.0.70]");
    assertThat(text(read(service("a", null)))).isEqualTo("nothing: []");
  }

  @Test
  void anIpv6AddressIsTheSameInEverySpelling() {
    V1Service shown = withStatus(service("a", null), "10.0.0.60", "fd00::60");
    shown.getSpec().loadBalancerIP("FD00:0::0060");
    assertThat(text(read(shown)))
        .as("the spec names one of the status's")
        .isEqualTo("[10.0.0.60, fd00:0:0:0:0:0:0:60]");
    AddressRules pools =
        new AddressRules(
            Map.of(),
            Map.of(),
            List.of(),
            Map.of(),
            List.of(),
            RuleBook.allowed("fd00::100-fd00::1ff"),
            Set.of());
    V1Service given = withStatus(service("b", "fd00:0:0::0200"), "fd00::200");
    assertThat(text(ServiceReader.read(given, ClassPolicy.DEFAULT, pools)))
        .as("no pool takes away what is given")
        .isEqualTo("[fd00:0:0:0:0:0:0:200]");
    given.getMetadata().getAnnotations().put(KubeVipNames.LOAD_BALANCER_IPS, "fd00:0:0::0201");
    assertThat(text(ServiceReader.read(given, ClassPolicy.DEFAULT, pools)))
        .contains("no range of the pools");
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, DHCP",
    "::, DHCP",
    "127.0.0.1, loopback",
    "::1, loopback",
    "169.254.1.1, link-local",
    "fe80::1, link-local",
    "224.0.0.1, multicast",
    "ff02::1, multicast",
    "255.255.255.255, no unicast",
    "0.0.0.5, no unicast",
    "10.0.0.11, node n1",
    "10.96.0.7, Service a/b",
    "10.0.0.0, lowest address",
    "10.0.0.255, broadcast",
    "fd00::, lowest address",
    "10.0.0.300, no IP address",
    "host.example, no IP address",
    "10.0.0.1/24, no IP address",
  })
  void refusesAddressesThatNobodyMayHold(String address, String why) {
    assertThat(text(read(service("a", address))))
        .startsWith("nothing: [metadata.annotations[kube-vip.io/loadbalancerIPs]")
        .contains("\"" + address + "\"")
        .contains(why);
    assertThat(text(read(service("a", "10.0.0.50," + address))))
        .startsWith("[10.0.0.50] but ")
        .contains(why);
  }

  @Test
  void leavesAloneWhatIsNotOurs() {
    V1Service clusterIp = service("a", "10.0.0.50");
    clusterIp.getSpec().setType("ClusterIP");
    assertThat(text(read(clusterIp))).isEqualTo("not ours: not of type LoadBalancer");
    V1Service ignored = service("a", "10.0.0.50");
    ignored.getMetadata().getAnnotations().put(KubeVipNames.IGNORE, "true");
    assertThat(text(read(ignored))).contains("ignore");
    V1Service going = service("a", "10.0.0.50");
    going.getMetadata().setDeletionTimestamp(OffsetDateTime.parse("2026-01-01T00:00:00Z"));
    assertThat(text(read(going))).contains("being deleted");
    V1Service foreign = service("a", "10.0.0.50");
    foreign.getSpec().setLoadBalancerClass("example.com/other");
    assertThat(text(read(foreign))).contains("example.com/other");
  }

  @Test
  void unsupportedAnnotationsAreReportedOrRefused() {
    V1Service vlan = service("a", "10.0.0.50");
    vlan.getMetadata().getAnnotations().put(KubeVipNames.SERVICE_VLAN, "7");
    assertThat(text(read(vlan))).startsWith("nothing: ").contains("serviceVLAN");
    V1Service upnp = service("a", "10.0.0.50");
    upnp.getMetadata().getAnnotations().put(KubeVipNames.FORWARD_UPNP, "true");
    assertThat(text(read(upnp))).startsWith("[10.0.0.50] but ").contains("forwardUPNP");
    V1Service off = service("a", "10.0.0.50");
    off.getMetadata().getAnnotations().put(KubeVipNames.FORWARD_UPNP, "false");
    assertThat(text(read(off))).isEqualTo("[10.0.0.50]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "n1 | [n1]",
        "n2, rack-1.example.com ,n1 | [n2, rack-1.example.com, n1]",
        "n1,n1 | [n1]",
        "'' | []",
      })
  void readsPreferredNodes(String value, String nodes) {
    V1Service service = service("a", "10.0.0.50");
    service.getMetadata().getAnnotations().put(OwnershipNames.PREFERRED_NODES, value);
    assertThat(read(service))
        .isInstanceOfSatisfying(
            ServiceReading.Asks.class,
            asks -> {
              assertThat(asks.preferredNodes().toString()).isEqualTo(nodes);
              assertThat(asks.refusals()).isEmpty();
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"Node1 | Node1", "n1,,n2 | ''", "n1,rack=a | rack=a", "n1 n2 | n1 n2", "-a | -a"})
  void aListOfPreferredNodesWithAMistakeIsReportedAndTheAddressHeld(String value, String wrong) {
    V1Service service = service("a", "10.0.0.50");
    service.getMetadata().getAnnotations().put(OwnershipNames.PREFERRED_NODES, value);
    assertThat(text(read(service)))
        .startsWith(
            "[10.0.0.50] but [metadata.annotations[thresher.dev/vip-preferred-nodes]: \"" + value)
        .contains("has \"" + wrong + "\"")
        .contains("kubectl get nodes");
    assertThat(read(service))
        .isInstanceOfSatisfying(
            ServiceReading.Asks.class, asks -> assertThat(asks.preferredNodes()).isEmpty());
  }

  @Test
  void readsInterfaceAndPolicies() {
    V1Service service = service("a", "10.0.0.50");
    service.getSpec().setExternalTrafficPolicy("Local");
    service.getMetadata().getAnnotations().put(KubeVipNames.SERVICE_INTERFACE, "eth1");
    service
        .getMetadata()
        .getAnnotations()
        .put(KubeVipNames.ALLOW_RECONCILE_WITHOUT_ENDPOINTS, "true");
    assertThat(read(service))
        .isInstanceOfSatisfying(
            ServiceReading.Asks.class,
            asks -> {
              assertThat(asks.interfaceName()).isEqualTo("eth1");
              assertThat(asks.local()).isTrue();
              assertThat(asks.needsEndpoint()).isFalse();
            });
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {
        "our, false, true, none, true",
        "our, false, true, our, true",
        "our, false, true, other, false",
        "our, true, true, none, false",
        "our, true, true, our, true",
        "our, false, false, none, false",
        "our, false, false, our, true",
        "'', false, false, none, true",
        "'', false, false, other, false",
      })
  void classesAsKubeVipHandlesThem(
      String name, boolean only, boolean legacy, String wanted, boolean served) {
    assertThat(new ClassPolicy(name, only, legacy).serves(wanted)).isEqualTo(served);
  }
}
