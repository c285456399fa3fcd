package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.json.LenientJson;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.LoadBalancerName;
import java.util.List;
import org.junit.jupiter.api.Test;

class OwnershipTest {

  private static LoadBalancer balancer(String name, String cluster, String uid, String rest) {
    return LenientJson.gson()
        .fromJson(
            """
            {"metadata": {"name": "%s", "namespace": "vms",
              "labels": {
                "cloudprovider.harvesterhci.io/cluster": "%s",
                "cloudprovider.harvesterhci.io/serviceNamespace": "default",
                "cloudprovider.harvesterhci.io/serviceName": "web"},
              "annotations": {%s}} %s}
            """
                .formatted(
                    name,
                    cluster,
                    uid.isEmpty() ? "" : "\"thresher.dev/service-uid\": \"" + uid + "\"",
                    rest),
            LoadBalancer.class);
  }

  private static boolean isOurs(LoadBalancer balancer) {
    return Ownership.isOf(balancer, "default", "web", "u1");
  }

  @Test
  void theRecordedUidDecides() {
    assertThat(isOurs(balancer("anything", "other", "u1", ""))).isTrue();
    String name = LoadBalancerName.of("gc1", "default", "web", "u1");
    assertThat(isOurs(balancer(name, "gc1", "u2", ""))).isFalse();
  }

  @Test
  void theNameProvesTheUidOfAnObjectOfHarvester() {
    assertThat(isOurs(balancer(LoadBalancerName.of("gc1", "default", "web", "u1"), "gc1", "", "")))
        .isTrue();
    assertThat(
            isOurs(
                balancer(
                    LoadBalancerName.of("kubernetes", "default", "web", "u1"),
                    "kubernetes",
                    "",
                    "")))
        .isTrue();
    assertThat(isOurs(balancer(LoadBalancerName.of("gc1", "default", "web", "u2"), "gc1", "", "")))
        .isFalse();
  }

  @Test
  void prefersTheOneWithAnAddress() {
    var bare = balancer("a", "gc1", "u1", "");
    var withAddress =
        balancer("b", "gc1", "u1", ", \"status\": {\"allocatedAddress\": {\"ip\": \"192.0.2.1\"}}");
    assertThat(Ownership.choose(List.of(bare, withAddress))).contains(withAddress);
    assertThat(Ownership.choose(List.of())).isEmpty();
  }
}
