package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.json.LenientJson;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.ccm.harvester.networks.NodeNetworks.Cards;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class GuestPlacementTest {

  private static final String CARD = "kube-vip.io/serviceInterface";
  private static final Cards DIFFERENT =
      new Cards.Different(new TreeMap<>(Map.of("n1", "eth0", "n2", "enp1s0")), List.of());

  private static Balancer balancer(String ip, String address) {
    return Balancer.of(
        LenientJson.gson()
            .fromJson(
                """
                {"metadata": {"name": "b", "namespace": "vms", "uid": "u"},
                 "status": {"address": "%s", "allocatedAddress": {"ip": "%s"}}}
                """
                    .formatted(address, ip),
                LoadBalancer.class));
  }

  private static Optional<String> card(Balancer balancer, Cards cards, boolean named) {
    return GuestPlacement.marks(balancer, cards, named)
        .annotations()
        .getOrDefault(CARD, Optional.empty());
  }

  @Test
  void namesTheCardThatAllNodesHave() {
    assertThat(card(balancer("192.0.2.1", ""), new Cards.Same("eth1"), true)).contains("eth1");
  }

  @Test
  void letsEachNodeFindItsCardWhereTheyDiffer() {
    assertThat(card(balancer("192.0.2.1", ""), DIFFERENT, false)).contains("auto");
    assertThat(card(balancer("192.0.2.1", ""), DIFFERENT, true)).isEmpty();
    assertThat(card(balancer("0.0.0.0", ""), DIFFERENT, false)).isEmpty();
  }

  @Test
  void leavesTheCardWhereNothingIsKnown() {
    assertThat(card(balancer("192.0.2.1", ""), new Cards.Unknown("early"), false)).isEmpty();
    assertThat(card(balancer("192.0.2.1", ""), new Cards.Absent(List.of()), false)).isEmpty();
  }

  @Test
  void recordsAnAnsweredAddressThatIsItsOwn() {
    assertThat(answered(balancer("192.0.2.1", ""), "192.0.2.1")).contains("192.0.2.1");
    assertThat(answered(balancer("192.0.2.1", ""), "192.0.2.9")).isEmpty();
    assertThat(answered(balancer("192.0.2.1", "192.0.2.1"), "192.0.2.1")).isEmpty();
    assertThat(answered(balancer("", ""), "192.0.2.1")).isEmpty();
    // The order of the status says nothing: what is written stays.
    assertThat(answered(balancer("0.0.0.0", "192.0.2.7"), "192.0.2.8", "192.0.2.7")).isEmpty();
    assertThat(answered(balancer("0.0.0.0", "192.0.2.7"), "192.0.2.8")).contains("192.0.2.8");
  }

  @Test
  void recordsNoAddressOfAnotherServiceForDhcp() {
    assertThat(
            GuestPlacement.answered(
                balancer("0.0.0.0", ""), List.of("192.0.2.1", "192.0.2.2"), "192.0.2.1"::equals))
        .contains("192.0.2.2");
  }

  private static Optional<String> answered(Balancer balancer, String... ingress) {
    return GuestPlacement.answered(balancer, List.of(ingress), _ -> false);
  }
}
