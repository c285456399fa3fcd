package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.ccm.harvester.loadbalancer.RequestReader.Reading;
import dev.thresher.ccm.harvester.loadbalancer.ServiceRequest.Ipam;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestReaderTest {

  private static final String PREFIX = "cloudprovider.harvesterhci.io/";

  private static V1Service service(Map<String, String> annotations) {
    return new V1Service()
        .metadata(
            new V1ObjectMeta().name("web").namespace("default").uid("u1").annotations(annotations))
        .spec(new V1ServiceSpec().addPortsItem(new V1ServicePort().port(80)));
  }

  private static Reading.Accepted accepted(String key, String value) {
    return (Reading.Accepted) RequestReader.read(service(Map.of(key, value)));
  }

  @ParameterizedTest
  @CsvSource({"'',POOL,0", "pool,POOL,0", "dhcp,DHCP,0", "ippool,POOL,1"})
  void readsTheWayToAnAddress(String value, Ipam ipam, int warnings) {
    Reading.Accepted reading = accepted(PREFIX + "ipam", value);
    assertThat(reading.request().ipam()).isEqualTo(ipam);
    assertThat(reading.warnings()).hasSize(warnings);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cloudprovider.harvesterhci.io/ipam|Pool|\"pool\" and \"dhcp\"",
        "cloudprovider.harvesterhci.io/network|vlan1|namespace/name",
        "cloudprovider.harvesterhci.io/network|a/b/c|namespace/name",
        "thresher.dev/placement|Host|\"guest\" and \"host\"",
        "thresher.dev/wanted-addresses|10.0.0|one address",
        "thresher.dev/pool|a,b,c|that of IPv4 and that of IPv6",
        "thresher.dev/pool|Pool_1|the name of an IPPool",
        "thresher.dev/pool-selector|tier=a b|a label selector such as \"tier=gold,zone in (a,b)\"",
        "thresher.dev/pool-selector|tier in gold|a label selector",
        "thresher.dev/pool-selector|tier=gold,|a label selector"
      })
  void refusesByKeyValueAndWhatIsAllowed(String key, String value, String allowed) {
    assertThat(RequestReader.read(service(Map.of(key, value))))
        .isInstanceOfSatisfying(
            Reading.Refused.class,
            refused ->
                assertThat(refused.why())
                    .singleElement()
                    .satisfies(why -> assertThat(why.message()).contains(key, value, allowed)));
  }

  @Test
  void readsLabelsOfThePool() {
    assertThat(accepted("thresher.dev/pool-selector", " tier=gold, !old ").request().poolSelector())
        .isEqualTo("tier=gold, !old");
    assertThat(accepted("thresher.dev/pool-selector", " ").request().poolSelector()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "thresher.dev/pool|one|thresher.dev/pool-selector|tier=gold|remove one of the two",
        "cloudprovider.harvesterhci.io/ipam|dhcp|thresher.dev/pool-selector|tier=gold|remove one",
        "cloudprovider.harvesterhci.io/ipam|dhcp|thresher.dev/pool|one|remove one of the two"
      })
  void refusesTwoWaysToOneAddress(
      String one, String value, String other, String otherValue, String fix) {
    assertThat(RequestReader.read(service(Map.of(one, value, other, otherValue))))
        .isInstanceOfSatisfying(
            Reading.Refused.class,
            refused ->
                assertThat(refused.why())
                    .singleElement()
                    .satisfies(why ->
                        assertThat(why.message()).contains(one, value, other, otherValue, fix)));
  }

  @ParameterizedTest
  @CsvSource({"TCP,TCP", "UDP,UDP", "SCTP,SCTP", "'',TCP", ",TCP"})
  void takesEveryProtocolOfKubernetes(String protocol, String read) {
    V1Service service = service(Map.of());
    service.getSpec().getPorts().getFirst().protocol(protocol);
    assertThat(((Reading.Accepted) RequestReader.read(service)).request().ports())
        .extracting(ServiceRequest.Port::protocol)
        .containsExactly(read);
  }

  @Test
  void refusesAProtocolThatNothingCarries() {
    V1Service service = service(Map.of());
    service.getSpec().addPortsItem(new V1ServicePort().port(4433).protocol("QUIC"));
    assertThat(RequestReader.read(service))
        .isInstanceOfSatisfying(
            Reading.Refused.class,
            refused ->
                assertThat(refused.why())
                    .singleElement()
                    .satisfies(why -> {
                      assertThat(why.reason()).isEqualTo("ProtocolNotSupported");
                      assertThat(why.message()).contains("4433", "\"QUIC\"", "TCP, UDP and SCTP");
                    }));
  }

  @Test
  void onlyWarnsAboutADeprecatedFieldThatIsNoAddress() {
    V1Service service = service(Map.of());
    service.getSpec().loadBalancerIP("example.com");
    assertThat(RequestReader.read(service))
        .isInstanceOfSatisfying(
            Reading.Accepted.class,
            reading -> {
              assertThat(reading.request().wantedAddresses()).isEmpty();
              assertThat(reading.warnings()).hasSize(1);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                       | ''                       | []",
        "10.0.0.0/8               | ''                       | [10.0.0.0/8]",
        "10.0.0.0/8 2001:db8::/32 | 192.0.2.0/24             | [10.0.0.0/8, 2001:db8::/32]",
        "''                       | 192.0.2.0/24, 10.0.0.0/8 | [192.0.2.0/24, 10.0.0.0/8]"
      })
  void readsWhoMayCome(String field, String annotation, String expected) {
    V1Service service =
        service(Map.of("service.beta.kubernetes.io/load-balancer-source-ranges", annotation));
    service
        .getSpec()
        .loadBalancerSourceRanges(field.isEmpty() ? null : List.of(field.split(" ", -1)));
    assertThat(((Reading.Accepted) RequestReader.read(service)).request().sourceRanges())
        .hasToString(expected);
  }

  @Test
  void readsWantedAddresses() {
    V1Service service = service(Map.of("thresher.dev/wanted-addresses", "192.0.2.7, 2001:db8::7"));
    service.getSpec().loadBalancerIP("192.0.2.9");
    assertThat(((Reading.Accepted) RequestReader.read(service)).request().wantedAddresses())
        .extracting(Object::toString)
        .containsExactly("192.0.2.7", "2001:db8::7");
  }
}
