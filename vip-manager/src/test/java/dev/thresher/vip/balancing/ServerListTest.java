package dev.thresher.vip.balancing;

import static org.assertj.core.api.Assertions.assertThat;

import io.kubernetes.client.openapi.models.DiscoveryV1EndpointPort;
import io.kubernetes.client.openapi.models.V1Endpoint;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerListTest {

  static V1EndpointSlice slice(int port, String... addresses) {
    return new V1EndpointSlice()
        .addressType("IPv4")
        .ports(List.of(new DiscoveryV1EndpointPort().name("https").port(port).protocol("TCP")))
        .endpoints(
            List.of(addresses).stream()
                .map(address -> new V1Endpoint().addresses(List.of(address)))
                .toList());
  }

  private static V1Node node(String... internal) {
    List<V1NodeAddress> addresses = new ArrayList<>();
    addresses.add(new V1NodeAddress().type("Hostname").address("n"));
    addresses.add(new V1NodeAddress().type("ExternalIP").address("203.0.113.9"));
    for (String address : internal) {
      addresses.add(new V1NodeAddress().type("InternalIP").address(address));
    }
    return new V1Node().status(new V1NodeStatus().addresses(addresses));
  }

  private static InetSocketAddress at(String address, int port) {
    return new InetSocketAddress(address, port);
  }

  @Test
  void endpointsAreServersAndSoAreTheirNodesInTheOtherFamily() {
    assertThat(
            ServerList.of(
                List.of(slice(6443, "192.0.2.1", "192.0.2.2")),
                List.of(
                    node("192.0.2.1", "2001:db8::1"),
                    node("192.0.2.2"),
                    node("192.0.2.3", "2001:db8::3"))))
        .containsExactlyInAnyOrder(
            at("192.0.2.1", 6443), at("2001:db8::1", 6443), at("192.0.2.2", 6443));
  }

  @Test
  void eachHasThePortThatItsSliceNames() {
    assertThat(
            ServerList.of(
                List.of(slice(6443, "192.0.2.1"), slice(7443, "192.0.2.2")), List.of(node())))
        .containsExactlyInAnyOrder(at("192.0.2.1", 6443), at("192.0.2.2", 7443));
  }

  @Test
  void nothingIsThereBeforeAnybodySaidSo() {
    assertThat(ServerList.of(List.of(), List.of(node("192.0.2.1")))).isEmpty();
    assertThat(
            ServerList.of(
                List.of(new V1EndpointSlice().addressType("IPv4"), slice(6443)),
                List.of(new V1Node())))
        .isEmpty();
  }
}
