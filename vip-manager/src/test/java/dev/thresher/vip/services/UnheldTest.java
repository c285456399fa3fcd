package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.service;
import static dev.thresher.vip.services.Objects.withStatus;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubeVipNames;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class UnheldTest {

  private static final AddressRules RULES =
      new AddressRules(Map.of(ip("10.0.0.1"), "node n1", ip("fd00::1"), "node n1"), List.of());

  private static List<String> unheld(V1Service service, boolean active) {
    ObjectKey key = ObjectKey.of(service);
    ServiceReading reading = ServiceReader.read(service, ClassPolicy.DEFAULT, RULES);
    Desired desired =
        active
            ? Desired.of(List.of(reading), any -> EndpointView.NONE, any -> true, true)
            : Desired.NOTHING;
    return Unheld.of(
            List.of(reading),
            desired,
            any -> any.equals(key) ? Optional.of(service) : Optional.empty())
        .stream()
        .map(each ->
            InetAddresses.toAddrString(each.address()) + " " + each.state() + " " + each.why())
        .toList();
  }

  @Test
  void whatIsRefusedSaysWhy() {
    assertThat(unheld(service("web", "10.0.0.1, fd00:0::1"), false))
        .satisfiesExactly(
            v4 -> assertThat(v4).startsWith("10.0.0.1 REFUSED ").contains("node n1"),
            v6 -> assertThat(v6).startsWith("fd00::1 REFUSED ").contains("node n1"));
    assertThat(unheld(service("web", "fd00::1,fd00::2"), true))
        .as("one of a list")
        .singleElement()
        .asString()
        .startsWith("fd00::1 REFUSED ");
    V1Service whole = service("web", "fd00::2");
    whole.getMetadata().getAnnotations().put(KubeVipNames.SERVICE_VLAN, "7");
    assertThat(unheld(whole, false))
        .singleElement()
        .asString()
        .startsWith("fd00::2 REFUSED ")
        .contains(KubeVipNames.SERVICE_VLAN);
  }

  @Test
  void whatWaitsForAnEndpointSaysSo() {
    assertThat(unheld(service("web", "10.0.0.2,fd00::2"), false))
        .containsExactly("10.0.0.2 WAITING " + Reports.WAITS, "fd00::2 WAITING " + Reports.WAITS);
    assertThat(unheld(service("web", "10.0.0.2,fd00::2"), true)).isEmpty();
  }

  @Test
  void whatIsLeftAloneSaysWhoseItIs() {
    V1Service ignored = service("web", "10.0.0.2");
    ignored.getMetadata().getAnnotations().put(KubeVipNames.IGNORE, "true");
    assertThat(unheld(ignored, false))
        .containsExactly("10.0.0.2 NOT_SERVED " + KubeVipNames.IGNORE + " is set");
    V1Service others = withStatus(service("web", null), "fd00::2");
    others.getSpec().setLoadBalancerClass("example.org/other");
    assertThat(unheld(others, false))
        .containsExactly("fd00::2 NOT_SERVED of loadBalancerClass example.org/other");
    V1Service inside = service("web", "10.0.0.2");
    inside.getSpec().setType("ClusterIP");
    assertThat(unheld(inside, false)).isEmpty();
    assertThat(unheld(service("web", null), false)).isEmpty();
  }
}
