package dev.thresher.ccm.controllers.node;

import static dev.thresher.ccm.cloudprovider.MachineAddress.Type.EXTERNAL_IP;
import static dev.thresher.ccm.cloudprovider.MachineAddress.Type.HOSTNAME;
import static dev.thresher.ccm.cloudprovider.MachineAddress.Type.INTERNAL_DNS;
import static dev.thresher.ccm.cloudprovider.MachineAddress.Type.INTERNAL_IP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.controllers.node.NodeAddresses.Decision;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeAddressesTest {

  private static MachineAddress internal(String address) {
    return new MachineAddress(INTERNAL_IP, address);
  }

  private static MachineAddress external(String address) {
    return new MachineAddress(EXTERNAL_IP, address);
  }

  private static MachineAddress host(String name) {
    return new MachineAddress(HOSTNAME, name);
  }

  private static V1Node node(String provided, MachineAddress... present) {
    var meta = new V1ObjectMeta().name("n1").uid("u1");
    if (!provided.isEmpty()) {
      meta.putAnnotationsItem("alpha.kubernetes.io/provided-node-ip", provided);
    }
    return new V1Node()
        .metadata(meta)
        .status(
            new V1NodeStatus()
                .addresses(
                    Arrays.stream(present)
                        .map(a -> new V1NodeAddress().type(a.type().text()).address(a.address()))
                        .toList()));
  }

  private static List<MachineAddress> written(V1Node node, MachineAddress... cloud) {
    return ((Decision.Write) NodeAddresses.decide(node, List.of(cloud))).addresses();
  }

  @Test
  void keepsTheNodesOwnWhenTheCloudIsSilent() {
    assertThat(NodeAddresses.decide(node("", internal("10.0.0.1")), List.of()))
        .isEqualTo(new Decision.Keep());
  }

  @Test
  void keepsTheNodesHostNameWhenTheCloudHasNone() {
    assertThat(written(node("", host("n1")), internal("10.0.0.1")))
        .containsExactly(internal("10.0.0.1"), host("n1"));
  }

  @Test
  void takesTheCloudsHostNameOverTheNodes() {
    assertThat(written(node("", host("old")), internal("10.0.0.1"), host("new")))
        .containsExactly(internal("10.0.0.1"), host("new"));
  }

  @Test
  void keepsADualStackListThatIsRight() {
    assertThat(
            NodeAddresses.decide(
                node("", internal("10.0.0.1"), internal("fd00::1"), host("n1")),
                List.of(internal("10.0.0.1"), internal("fd00::1"), host("n1"))))
        .isEqualTo(new Decision.Keep());
  }

  @Test
  void writesWhenTheOrderDiffers() {
    assertThat(
            written(
                node("", internal("fd00::1"), internal("10.0.0.1")),
                internal("10.0.0.1"),
                internal("fd00::1")))
        .containsExactly(internal("10.0.0.1"), internal("fd00::1"));
  }

  @Test
  void writesWhenOneOfSeveralOfATypeDiffers() {
    assertThat(
            written(
                node("", internal("10.0.0.9"), internal("fd00::1")),
                internal("10.0.0.1"),
                internal("fd00::1")))
        .containsExactly(internal("10.0.0.1"), internal("fd00::1"));
  }

  @Test
  void putsTheProvidedAddressFirstAndAloneOfItsType() {
    assertThat(
            written(
                node("10.0.0.2"),
                internal("10.0.0.1"),
                internal("10.0.0.2"),
                external("192.0.2.1"),
                host("n1")))
        .containsExactly(internal("10.0.0.2"), external("192.0.2.1"), host("n1"));
  }

  @Test
  void takesAPairInTheKubeletsOrder() {
    assertThat(
            written(
                node("fd00::2,10.0.0.2"),
                internal("10.0.0.1"),
                internal("10.0.0.2"),
                internal("fd00::2")))
        .containsExactly(internal("fd00::2"), internal("10.0.0.2"));
  }

  @Test
  void comparesAddressesByValueAndKeepsTheCloudsText() {
    assertThat(written(node("fd00:0:0::2"), internal("fd00::2")))
        .containsExactly(internal("fd00::2"));
  }

  @Test
  void keepsNamesBesidesTheProvidedAddress() {
    assertThat(
            written(
                node("10.0.0.2"),
                internal("10.0.0.2"),
                new MachineAddress(INTERNAL_DNS, "n1.internal")))
        .containsExactly(internal("10.0.0.2"), new MachineAddress(INTERNAL_DNS, "n1.internal"));
  }

  @Test
  void theProvidedAddressMayBeAnExternalOne() {
    assertThat(
            written(
                node("192.0.2.2"),
                internal("10.0.0.1"),
                internal("10.0.0.2"),
                external("192.0.2.1"),
                external("192.0.2.2")))
        .containsExactly(external("192.0.2.2"), internal("10.0.0.1"), internal("10.0.0.2"));
  }

  @Test
  void anAddressThatIsInternalAndExternalIsBoth() {
    assertThat(
            written(
                node("192.0.2.2"),
                external("192.0.2.1"),
                internal("192.0.2.2"),
                external("192.0.2.2"),
                host("n1")))
        .containsExactly(internal("192.0.2.2"), external("192.0.2.2"), host("n1"));
  }

  @Test
  void aPairMayBeOfTwoTypes() {
    assertThat(
            written(
                node("10.0.0.2,2001:db8::2"),
                internal("10.0.0.1"),
                internal("10.0.0.2"),
                internal("fd00::2"),
                external("192.0.2.1"),
                external("2001:db8::2"),
                host("n1")))
        .containsExactly(internal("10.0.0.2"), external("2001:db8::2"), host("n1"));
  }

  @Test
  void aHostNameThatIsTheProvidedAddressCountsAsMatched() {
    assertThat(written(node("10.0.0.2"), internal("10.0.0.2"), host("10.0.0.2"), host("n1")))
        .containsExactly(internal("10.0.0.2"), host("10.0.0.2"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense",
        "10.0.0.2,",
        "10.0.0.2,10.0.0.3",
        "10.0.0.2,::",
        "10.0.0.2,fd00::2,::1"
      })
  void refusesAProvidedAddressThatIsNone(String provided) {
    assertThat(NodeAddresses.decide(node(provided), List.of(internal("10.0.0.2"))))
        .isInstanceOfSatisfying(
            Decision.Impossible.class, no -> assertThat(no.message()).contains(provided));
  }

  @Test
  void refusesAProvidedAddressThatTheMachineHasNot() {
    assertThat(NodeAddresses.decide(node("10.0.0.3"), List.of(internal("10.0.0.2"))))
        .isInstanceOfSatisfying(
            Decision.Impossible.class,
            no -> assertThat(no.message()).contains("10.0.0.3").contains("10.0.0.2"));
  }

  @Test
  void refusesAPairOnASingleStackMachine() {
    assertThat(NodeAddresses.decide(node("10.0.0.2,fd00::2"), List.of(internal("10.0.0.2"))))
        .isInstanceOf(Decision.Impossible.class);
  }
}
