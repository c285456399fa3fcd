package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.vip.election.Prefix;
import io.kubernetes.client.openapi.models.V1Service;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KnownAnnotationsTest {

  /// Names under the prefix that are no annotations of Services.
  private static final List<String> OTHERS =
      List.of(KubeVipNames.PREFIX, KubeVipNames.HAS_IP_LABEL, KubeVipNames.LOAD_BALANCER_CLASS);

  @Test
  void hasEveryAnnotationOfKubeVipOnce() throws IllegalAccessException {
    List<String> names = new ArrayList<>();
    for (Field field : KubeVipNames.class.getFields()) {
      if (Objects.requireNonNull(field.get(null)) instanceof String name
          && name.startsWith(KubeVipNames.PREFIX)
          && !OTHERS.contains(name)) {
        names.add(name);
      }
    }
    assertThat(names).hasSizeGreaterThan(25);
    names.add(OwnershipNames.PREFERRED_NODES);
    assertThat(KnownAnnotations.all().stream().map(KnownAnnotations.Row::name))
        .containsExactlyInAnyOrderElementsOf(names);
  }

  private static String read(String annotation, String value) {
    V1Service service = service("a", "10.0.0.50,fd00::50");
    service.getMetadata().getAnnotations().put("kube-vip.io/" + annotation, value);
    var rules =
        new AddressRules(Map.of(ip("10.0.0.11"), "node n1"), List.of(Prefix.parse("10.0.0.11/24")));
    return switch (ServiceReader.read(service, ClassPolicy.DEFAULT, rules)) {
      case ServiceReading.NotOurs _ -> "left alone";
      case ServiceReading.Nothing nothing -> "refused: " + nothing.refusals();
      case ServiceReading.Asks asks ->
          (asks.addresses().size() == 2 ? "held" : "held in part: " + asks.addresses())
              + (asks.interfaceName().isEmpty() ? "" : " on " + asks.interfaceName())
              + (asks.needsEndpoint() ? "" : " without endpoints")
              + (asks.refusals().isEmpty() ? "" : ", said: " + asks.refusals());
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "loadbalancerIPs | 10.0.0.60, fd00::60 | held",
        "loadbalancerIPs | 0.0.0.0,10.0.0.60,fd00::60 | held, said: ",
        "loadbalancerIPs | 0.0.0.0,:: | refused: ",
        "loadbalancerHostname | web.example | held, said: ",
        "requestedIP | 10.0.0.9 | held, said: ",
        "hwaddr | 02:00:00:00:00:01 | held, said: ",
        "dhcp-broadcast | true | held, said: ",
        "ddns | true | held, said: ",
        "macvlanName | eth0 | held, said: ",
        "ignore | true | left alone",
        "ignore | false | held",
        "serviceInterface | eth1 | held on eth1",
        "serviceInterface | auto | held on auto",
        "serviceVLAN | 7 | refused: ",
        "leaseName | common | held",
        "leaseName | other/common | held, said: ",
        "forcePerServiceElection | true | held, said: ",
        "allow-reconcile-without-endpoints | true | held without endpoints",
        "ignore-service-security | true | held",
        "rp_filter | 2 | held, said: ",
        "flush-conntrack | true | held, said: ",
        "forwardUPNP | true | held, said: ",
        "forwardUPNP | false | held",
        "upnp-lease-duration | 10m | held",
        "egress | true | refused: ",
        "egress | false | held",
        "egress-ipv6 | true | held",
        "vipHost | n7 | held",
      })
  void doesWhatTheTableSays(String annotation, String value, String effect) {
    String found = read(annotation, value);
    if (effect.endsWith(":")) {
      assertThat(found)
          .startsWith(effect)
          .contains("kube-vip.io/" + annotation)
          .contains("\"" + value.split(",", -1)[0]);
    } else {
      assertThat(found).isEqualTo(effect);
    }
  }
}
