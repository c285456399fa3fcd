package dev.thresher.ccm.harvester.nodes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeAddressPolicyTest {

  @ParameterizedTest
  @CsvSource({"'',''", "vlan1,default/vlan1", "ns/vlan1,ns/vlan1", "' ns/vlan1 ',ns/vlan1"})
  void readsManagementNetworks(String text, String network) {
    assertThat(NodeAddressPolicy.parseManagementNetwork(text)).isEqualTo(network);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/b/c", "/b", "a/", "A/b", "a b"})
  void refusesOtherManagementNetworks(String text) {
    assertThatThrownBy(() -> NodeAddressPolicy.parseManagementNetwork(text))
        .hasMessageContaining("--management-network")
        .hasMessageContaining(text);
  }

  @Test
  void readsOneSubnetOfEachFamily() {
    assertThat(NodeAddressPolicy.parseNodeIpCidr("10.0.0.0/24, fd00::5"))
        .extracting(Object::toString)
        .containsExactly("10.0.0.0/24", "fd00::5/128");
    assertThat(NodeAddressPolicy.parseNodeIpCidr("")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0/24,10.1.0.0/24",
        "127.0.0.0/8",
        "fe80::/64",
        "224.0.0.0/4",
        "10.0.0.0/33",
        "x"
      })
  void refusesOtherNodeSubnets(String text) {
    assertThatThrownBy(() -> NodeAddressPolicy.parseNodeIpCidr(text))
        .hasMessageContaining("--node-ip-cidr");
  }
}
