package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Prefix;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LaneTest {

  private static List<InetSocketAddress> at(String... addresses) {
    return Arrays.stream(addresses)
        .map(each -> new InetSocketAddress(InetAddresses.forString(each), 7_000))
        .toList();
  }

  private static NodeLinks links(String... subnets) {
    return new NodeLinks(
        "",
        Arrays.stream(subnets)
            .map(each -> new NodeLinks.NodeLink(each, List.of(Prefix.parse(each)), false, false))
            .toList());
  }

  private static Lane lane(String here, String there, String network) {
    return new Lane(InetAddresses.forString(here), at(there).getFirst(), network);
  }

  @Test
  void everyNetworkThatBothAreInIsAWay() {
    assertThat(
            Lane.to(
                at("10.0.0.1"),
                links("10.0.0.1/24", "192.0.2.1/25", "2001:db8::1/64", "198.51.100.1/24"),
                at("10.0.0.2"),
                links("10.0.0.2/24", "192.0.2.2/25", "2001:db8::2/64", "203.0.113.2/24")))
        .containsExactlyInAnyOrder(
            lane("10.0.0.1", "10.0.0.2", "10.0.0.0/24"),
            lane("192.0.2.1", "192.0.2.2", "192.0.2.0/25"),
            lane("2001:db8::1", "2001:db8::2", "2001:db8::/64"));
  }

  @Test
  void nodeAddressesAreReachedAlsoBehindARouter() {
    assertThat(
            Lane.to(
                at("10.0.0.1", "2001:db8::1"),
                links("10.0.0.1/24"),
                at("10.0.1.2", "2001:db8:1::2"),
                links("10.0.1.2/24")))
        .containsExactlyInAnyOrder(
            lane("10.0.0.1", "10.0.1.2", ""), lane("2001:db8::1", "2001:db8:1::2", ""));
  }

  @Test
  void whatHasTheSameAddressOnEveryNodeLeadsNowhere() {
    assertThat(
            Lane.to(
                at("10.0.0.1"),
                links("10.0.0.1/24", "172.17.0.1/16"),
                at("10.0.0.2"),
                links("10.0.0.2/24", "172.17.0.1/16")))
        .containsExactly(lane("10.0.0.1", "10.0.0.2", "10.0.0.0/24"));
  }

  @Test
  void ofSeveralAddressesInANetworkTheNodesOwnIsTaken() {
    assertThat(
            Lane.to(
                at("10.0.0.1"),
                links("10.0.0.99/24", "10.0.0.1/24"),
                at("10.0.0.2"),
                links("10.0.0.98/24", "10.0.0.2/24", "10.0.0.97/24")))
        .containsExactly(lane("10.0.0.1", "10.0.0.2", "10.0.0.0/24"));
  }

  @Test
  void aNodeThatListensNowhereHasNoWay() {
    assertThat(Lane.to(at("10.0.0.1"), links("10.0.0.1/24"), at(), links("10.0.0.2/24"))).isEmpty();
  }

  @Test
  void whoShouldBeHeardWhere() {
    assertThat(
            Lane.networks(
                Map.of(
                    "b",
                    List.of(
                        lane("10.0.0.1", "10.0.0.2", "10.0.0.0/24"),
                        lane("10.0.0.1", "10.9.0.2", "")),
                    "c",
                    List.of(lane("10.0.0.1", "10.0.0.3", "10.0.0.0/24")))))
        .isEqualTo(Map.of("10.0.0.0/24", Set.of("b", "c")));
  }
}
