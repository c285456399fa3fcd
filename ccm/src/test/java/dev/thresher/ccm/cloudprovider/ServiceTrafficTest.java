package dev.thresher.ccm.cloudprovider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpFamily;
import dev.thresher.api.address.IpSubnet;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceTrafficTest {

  private static final String ANNOTATION = "service.beta.kubernetes.io/load-balancer-source-ranges";

  private static V1Service service(String field, String annotation) {
    var meta = new V1ObjectMeta().name("web").namespace("default");
    if (!annotation.isEmpty()) {
      meta.putAnnotationsItem(ANNOTATION, annotation);
    }
    List<String> ranges = field.isEmpty() ? List.of() : Arrays.asList(field.split(";"));
    return new V1Service()
        .metadata(meta)
        .spec(new V1ServiceSpec().type("LoadBalancer").loadBalancerSourceRanges(ranges));
  }

  @ParameterizedTest(name = "{0} and {1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | '' | 0.0.0.0/0 ::/0",
        "'' | '  ' | 0.0.0.0/0 ::/0",
        "192.168.0.1/10 | '' | 192.128.0.0/10",
        "10.0.0.0/8;10.0.0.0/8 | '' | 10.0.0.0/8",
        "10.0.0.0/8 | 11.0.0.0/8 | 10.0.0.0/8",
        "' 10.0.0.0/8 ;2001:db8::/32' | '' | 10.0.0.0/8 2001:db8::/32",
        "'' | '10.0.0.0/8, 2001:db8::/32 ' | 10.0.0.0/8 2001:db8::/32",
        "0.0.0.0/0;192.168.0.0/16 | '' | 0.0.0.0/0 192.168.0.0/16"
      })
  void letsIn(String field, String annotation, String expected) {
    assertThat(SourceRanges.of(service(field, annotation)))
        .isInstanceOfSatisfying(
            SourceRanges.Allowed.class,
            allowed ->
                assertThat(
                        allowed.ranges().stream()
                            .map(IpSubnet::toString)
                            .collect(Collectors.joining(" ")))
                    .isEqualTo(expected));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "foo.bar | ''",
        "foo.bar;192.168.0.1/10 | ''",
        "192.168.0.1 | ''",
        "'' | foo.bar",
        "'' | 192.168.0.1/10,,10.0.0.0/8",
        "'' | 192.168.0.1/33"
      })
  void refuses(String field, String annotation) {
    assertThat(SourceRanges.of(service(field, annotation)))
        .isInstanceOfSatisfying(
            SourceRanges.Invalid.class,
            invalid ->
                assertThat(invalid.message())
                    .contains(field.isEmpty() ? ANNOTATION : "spec.loadBalancerSourceRanges"));
  }

  @Test
  void everybodyIsAskedByFamily() {
    var allowed = (SourceRanges.Allowed) SourceRanges.of(service("0.0.0.0/0;2001:db8::/32", ""));
    assertThat(allowed.everybody(IpFamily.IPV4)).isTrue();
    assertThat(allowed.everybody(IpFamily.IPV6)).isFalse();
  }

  @ParameterizedTest(name = "{0} {1} {2}: local {3}, port {4}")
  @CsvSource({
    "LoadBalancer,Local,30999,true,30999",
    "LoadBalancer,Local,0,true,0",
    "LoadBalancer,Cluster,30999,false,0",
    "NodePort,Local,30999,true,0",
    "NodePort,Cluster,0,false,0",
    "ClusterIP,Local,0,false,0"
  })
  void localTrafficNeedsAHealthCheck(
      String type, String policy, int healthCheck, boolean local, int port) {
    var service =
        new V1Service()
            .metadata(new V1ObjectMeta().name("web"))
            .spec(
                new V1ServiceSpec()
                    .type(type)
                    .externalTrafficPolicy(policy)
                    .healthCheckNodePort(healthCheck));
    assertThat(LocalTraffic.isAskedFor(service)).isEqualTo(local);
    assertThat(LocalTraffic.healthCheckPort(service))
        .isEqualTo(port == 0 ? OptionalInt.empty() : OptionalInt.of(port));
  }
}
