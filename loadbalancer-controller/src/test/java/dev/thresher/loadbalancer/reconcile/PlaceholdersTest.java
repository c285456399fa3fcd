package dev.thresher.loadbalancer.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PlaceholdersTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        // Harvester's default comes to Harvester's address, whoever is listed first.
        "10.52.1.0/24 10.52.0.0/24         | {IPv4=10.52.0.255}",
        "10.52.9.0/24 10.52.10.0/24        | {IPv4=10.52.9.255}",
        "172.20.0.0/24                     | {IPv4=172.20.0.255}",
        "10.52.0.0/24,2001:db8:1::/64      | {IPv4=10.52.0.255, IPv6=2001:db8:1:0:ffff:ffff:ffff:ffff}",
        "10.1.0.0/31                       | {IPv4=10.52.0.255}",
        "nonsense                          | {IPv4=10.52.0.255}",
        "none                              | {IPv4=10.52.0.255}",
      })
  void areTheLastOfTheLowestPodNetwork(String nodes, String expected) {
    List<V1Node> all =
        nodes == null
            ? List.of(new V1Node().metadata(new V1ObjectMeta().name("n")))
            : Arrays.stream(nodes.split(" ", -1))
                .map(networks ->
                    new V1Node()
                        .spec(
                            new V1NodeSpec()
                                .podCIDR(networks.split(",", -1)[0])
                                .podCIDRs(List.of(networks.split(",", -1)))))
                .toList();
    assertThat(new TreeMap<>(Placeholders.of(all))).hasToString(expected);
  }

  @ParameterizedTest
  @CsvSource({"10.60.0.0/24, 10.60.0.255"})
  void anOlderNodeHasOneNetworkOnly(String network, String expected) {
    var node = new V1Node().spec(new V1NodeSpec().podCIDR(network));
    assertThat(Placeholders.of(List.of(node)).values()).hasToString("[" + expected + "]");
  }
}
