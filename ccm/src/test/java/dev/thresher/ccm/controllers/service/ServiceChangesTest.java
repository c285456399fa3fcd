package dev.thresher.ccm.controllers.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.kubernetes.client.custom.IntOrString;
import io.kubernetes.client.openapi.models.V1ClientIPConfig;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1LoadBalancerStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import io.kubernetes.client.openapi.models.V1ServiceStatus;
import io.kubernetes.client.openapi.models.V1SessionAffinityConfig;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ServiceChangesTest {

  private static V1Service service() {
    return new V1Service()
        .metadata(new V1ObjectMeta().name("web").namespace("default").uid("u1"))
        .spec(
            new V1ServiceSpec()
                .type("LoadBalancer")
                .addPortsItem(
                    new V1ServicePort()
                        .name("http")
                        .protocol("TCP")
                        .port(80)
                        .nodePort(30080)
                        .targetPort(new IntOrString(8080)))
                .addPortsItem(new V1ServicePort().name("https").protocol("TCP").port(443))
                .sessionAffinity("None")
                .externalTrafficPolicy("Cluster")
                .ipFamilies(List.of("IPv4")));
  }

  private static Arguments row(String name, boolean expected, Consumer<V1Service> change) {
    return Arguments.of(name, expected, change);
  }

  static Stream<Arguments> rows() {
    return Stream.of(
        row("nothing", false, s -> {}),
        row("type", true, s -> s.getSpec().type("ClusterIP")),
        row("class", true, s -> s.getSpec().loadBalancerClass("a/b")),
        row("uid", true, s -> s.getMetadata().uid("u2")),
        row("source ranges", true, s -> s.getSpec().addLoadBalancerSourceRangesItem("10.0.0.0/8")),
        row("port count", true, s -> s.getSpec().addPortsItem(new V1ServicePort().port(81))),
        row("port name", true, s -> port(s).name("web")),
        row("port protocol", true, s -> port(s).protocol("UDP")),
        row("port", true, s -> port(s).port(81)),
        row("node port", true, s -> port(s).nodePort(30081)),
        row("target port", true, s -> port(s).targetPort(new IntOrString(8081))),
        row("target port by name", true, s -> port(s).targetPort(new IntOrString("http"))),
        row("app protocol appears", true, s -> port(s).appProtocol("http")),
        row("empty app protocol appears", true, s -> port(s).appProtocol("")),
        row("port order", true, s -> s.getSpec().ports(s.getSpec().getPorts().reversed())),
        row("affinity", true, s -> s.getSpec().sessionAffinity("ClientIP")),
        row(
            "affinity time",
            true,
            s ->
                s.getSpec()
                    .sessionAffinityConfig(
                        new V1SessionAffinityConfig()
                            .clientIP(new V1ClientIPConfig().timeoutSeconds(5)))),
        row("load balancer IP", true, s -> s.getSpec().loadBalancerIP("192.0.2.1")),
        row("external IP", true, s -> s.getSpec().addExternalIPsItem("192.0.2.1")),
        row("traffic policy", true, s -> s.getSpec().externalTrafficPolicy("Local")),
        row("health check port", true, s -> s.getSpec().healthCheckNodePort(30999)),
        row("annotation", true, s -> s.getMetadata().putAnnotationsItem("a", "b")),
        row("second family", true, s -> s.getSpec().ipFamilies(List.of("IPv4", "IPv6"))),
        row("another family", false, s -> s.getSpec().ipFamilies(List.of("IPv6"))),
        row("labels", false, s -> s.getMetadata().putLabelsItem("a", "b")),
        row("selector", false, s -> s.getSpec().selector(Map.of("a", "b"))),
        row("cluster IPs", false, s -> s.getSpec().clusterIPs(List.of("10.43.0.1"))),
        row("family policy", false, s -> s.getSpec().ipFamilyPolicy("PreferDualStack")),
        row("internal policy", false, s -> s.getSpec().internalTrafficPolicy("Local")),
        row("no node ports", false, s -> s.getSpec().allocateLoadBalancerNodePorts(false)),
        row("not ready ones", false, s -> s.getSpec().publishNotReadyAddresses(true)),
        row("distribution", false, s -> s.getSpec().trafficDistribution("PreferClose")),
        row("finalizer", false, s -> s.getMetadata().addFinalizersItem("x/y")),
        row(
            "status",
            false,
            s ->
                s.setStatus(
                    new V1ServiceStatus()
                        .loadBalancer(
                            new V1LoadBalancerStatus()
                                .addIngressItem(new V1LoadBalancerIngress().ip("192.0.2.1"))))));
  }

  private static V1ServicePort port(V1Service service) {
    return service.getSpec().getPorts().getFirst();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("rows")
  void tellsWhatMatters(String name, boolean expected, Consumer<V1Service> change) {
    V1Service changed = service();
    change.accept(changed);
    assertThat(ServiceChanges.needsUpdate(service(), changed)).isEqualTo(expected);
    assertThat(ServiceChanges.needsUpdate(changed, service())).isEqualTo(expected);
  }

  static Stream<Arguments> values() {
    return Stream.of(
        pair("app protocol", true, s -> port(s).appProtocol("a"), s -> port(s).appProtocol("b")),
        pair("app protocol", false, s -> port(s).appProtocol("a"), s -> port(s).appProtocol("a")),
        pair(
            "external IP",
            true,
            s -> s.getSpec().externalIPs(List.of("192.0.2.1")),
            s -> s.getSpec().externalIPs(List.of("192.0.2.2"))),
        pair(
            "order of source ranges",
            true,
            s -> s.getSpec().loadBalancerSourceRanges(List.of("10.0.0.0/8", "11.0.0.0/8")),
            s -> s.getSpec().loadBalancerSourceRanges(List.of("11.0.0.0/8", "10.0.0.0/8"))),
        pair(
            "two families, the other first",
            false,
            s -> s.getSpec().ipFamilies(List.of("IPv4", "IPv6")),
            s -> s.getSpec().ipFamilies(List.of("IPv6", "IPv4"))),
        pair(
            "value of an annotation",
            true,
            s -> s.getMetadata().putAnnotationsItem("a", "1"),
            s -> s.getMetadata().putAnnotationsItem("a", "2")));
  }

  private static Arguments pair(
      String name, boolean expected, Consumer<V1Service> before, Consumer<V1Service> after) {
    return Arguments.of(name, expected, before, after);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("values")
  void tellsWhichValuesMatter(
      String name, boolean expected, Consumer<V1Service> change, Consumer<V1Service> other) {
    V1Service before = service();
    V1Service after = service();
    change.accept(before);
    other.accept(after);
    assertThat(ServiceChanges.needsUpdate(before, after)).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rows")
  void nothingMattersWhileNoneIsWanted(String name, boolean expected, Consumer<V1Service> change) {
    V1Service before = service();
    V1Service after = service();
    change.accept(after);
    before.getSpec().type("ClusterIP");
    after.getSpec().type("NodePort");
    assertThat(ServiceChanges.needsUpdate(before, after)).isFalse();
  }
}
