package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpFamily;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class HostPlacementTest {

  private static V1Node node(String... typesAndAddresses) {
    V1NodeStatus status = new V1NodeStatus();
    Arrays.stream(typesAndAddresses)
        .map(text -> text.split(" ", -1))
        .forEach(
            parts -> status.addAddressesItem(new V1NodeAddress().type(parts[0]).address(parts[1])));
    return new V1Node().status(status);
  }

  @Test
  void backEndsAreTheInternalAddressesInTheFamiliesOfTheService() {
    List<V1Node> nodes =
        List.of(
            node("Hostname n2", "InternalIP 10.0.0.2", "ExternalIP 192.0.2.2"),
            node("InternalIP 10.0.0.1", "InternalIP 2001:db8:0::1"),
            node("Hostname n3"),
            new V1Node());
    assertThat(HostPlacement.backends(nodes, List.of(IpFamily.IPV4)))
        .containsExactly("10.0.0.1", "10.0.0.2");
    assertThat(HostPlacement.backends(nodes, List.of(IpFamily.IPV6)))
        .containsExactly("2001:db8::1");
    assertThat(HostPlacement.backends(nodes, List.of(IpFamily.IPV4, IpFamily.IPV6))).hasSize(3);
  }
}
