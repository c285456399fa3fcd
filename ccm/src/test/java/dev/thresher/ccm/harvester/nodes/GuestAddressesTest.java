package dev.thresher.ccm.harvester.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GuestAddressesTest {

  private static final String PROVIDED = "alpha.kubernetes.io/provided-node-ip";
  private static final String ADDITIONAL = "cloudprovider.harvesterhci.io/additional-internal-ips";

  /// A machine with one secondary network `default/vlan1` whose card reports these addresses.
  private static VirtualMachineInstance machine(String... reported) {
    String ips = Stream.of(reported).map(ip -> "\"" + ip + "\"").collect(Collectors.joining(","));
    return json(
        """
        {"metadata":{"name":"n1"},
         "spec":{"networks":[{"name":"nic-0","multus":{"networkName":"default/vlan1"}}]},
         "status":{"interfaces":[{"name":"nic-0","ipAddresses":[%s]},{"ipAddresses":["10.42.0.1"]}]}}
        """
            .formatted(ips));
  }

  private static VirtualMachineInstance json(String text) {
    return LenientJson.gson().fromJson(text, VirtualMachineInstance.class);
  }

  private static V1Node node(Map<String, String> annotations) {
    return new V1Node().metadata(new V1ObjectMeta().name("n1").annotations(annotations));
  }

  private static NodeAddressPolicy policy(
      String network, String cidr, String excluded, boolean ignoreProvided) {
    return new NodeAddressPolicy(
        NodeAddressPolicy.parseManagementNetwork(network),
        NodeAddressPolicy.parseNodeIpCidr(cidr),
        NodeAddressPolicy.parseList("--node-exclude-ip-ranges", List.of(excluded.split(","))),
        ignoreProvided);
  }

  /// `I` for internal, `E` for external.
  private static String text(GuestAddresses addresses) {
    return addresses.addresses().stream()
        .map(a ->
            switch (a.type()) {
                  case INTERNAL_IP -> "I:";
                  case EXTERNAL_IP -> "E:";
                  case HOSTNAME, INTERNAL_DNS, EXTERNAL_DNS -> "?:";
                }
                + a.address())
        .collect(Collectors.joining(" "));
  }

  private static GuestAddresses of(
      V1Node node, VirtualMachineInstance machine, NodeAddressPolicy policy, String... virtual) {
    Set<IpAddress> vips = Stream.of(virtual).map(IpAddress::parse).collect(Collectors.toSet());
    return GuestAddresses.of(node, machine, policy, vips::contains);
  }

  static Stream<Arguments> priorities() {
    var plain = NodeAddressPolicy.DEFAULT;
    String four = "10.0.0.5 10.0.0.6 fd00::5 fd00::6";
    return Stream.of(
        // Without anything: the first of each family.
        Arguments.of("P3", four, Map.of(), plain, "I:10.0.0.5 E:10.0.0.6 I:fd00::5 E:fd00::6"),
        Arguments.of("P3 v6 only", "fd00::5", Map.of(), plain, "I:fd00::5"),
        Arguments.of("P3 v6 first", "fd00::5 10.0.0.5", Map.of(), plain, "I:fd00::5 I:10.0.0.5"),
        Arguments.of(
            "P3 hides additional internal ones",
            four,
            Map.of(ADDITIONAL, "[\"10.0.0.6\",\"fd00::6\"]"),
            plain,
            "I:10.0.0.5 I:fd00::5"),
        Arguments.of(
            "P3 additional hides no internal one",
            four,
            Map.of(ADDITIONAL, "[\"10.0.0.5\"]"),
            plain,
            "I:10.0.0.5 E:10.0.0.6 I:fd00::5 E:fd00::6"),
        // The kubelet's address is the internal one, nothing else is.
        Arguments.of(
            "P1",
            four,
            Map.of(PROVIDED, "10.0.0.6"),
            plain,
            "E:10.0.0.5 I:10.0.0.6 E:fd00::5 E:fd00::6"),
        Arguments.of(
            "P1 list",
            four,
            Map.of(PROVIDED, "10.0.0.6,fd00::6"),
            plain,
            "E:10.0.0.5 I:10.0.0.6 E:fd00::5 I:fd00::6"),
        Arguments.of(
            "P1 list, v6 first",
            four,
            Map.of(PROVIDED, "fd00::6, 10.0.0.6"),
            plain,
            "E:10.0.0.5 I:10.0.0.6 E:fd00::5 I:fd00::6"),
        Arguments.of(
            "P1 other spelling", "fd00::5", Map.of(PROVIDED, "fd00:0:0:0::5"), plain, "I:fd00::5"),
        Arguments.of("P1 unknown", "10.0.0.5", Map.of(PROVIDED, "10.9.9.9"), plain, "E:10.0.0.5"),
        Arguments.of("P1 nonsense", "10.0.0.5", Map.of(PROVIDED, "nonsense"), plain, "E:10.0.0.5"),
        Arguments.of(
            "P1 hides additional",
            four,
            Map.of(PROVIDED, "10.0.0.6", ADDITIONAL, "[\"10.0.0.5\"]"),
            plain,
            "I:10.0.0.6 E:fd00::5 E:fd00::6"),
        Arguments.of(
            "P1 before P2",
            four,
            Map.of(PROVIDED, "10.0.0.6"),
            policy("", "10.0.0.5/32", "", false),
            "E:10.0.0.5 I:10.0.0.6 E:fd00::5 E:fd00::6"),
        Arguments.of(
            "P1 off",
            four,
            Map.of(PROVIDED, "10.0.0.6"),
            policy("", "", "", true),
            "I:10.0.0.5 E:10.0.0.6 I:fd00::5 E:fd00::6"),
        Arguments.of(
            "P1 off ignores additional",
            four,
            Map.of(ADDITIONAL, "[\"10.0.0.6\"]"),
            policy("", "", "", true),
            "I:10.0.0.5 E:10.0.0.6 I:fd00::5 E:fd00::6"),
        // The first of each family within the subnets.
        Arguments.of(
            "P2",
            four,
            Map.of(),
            policy("", "10.0.0.6/32,fd00::/64", "", false),
            "E:10.0.0.5 I:10.0.0.6 I:fd00::5 E:fd00::6"),
        Arguments.of(
            "P2 one family",
            four,
            Map.of(),
            policy("", "10.0.0.0/24", "", false),
            "I:10.0.0.5 E:10.0.0.6 E:fd00::5 E:fd00::6"),
        Arguments.of(
            "P2 single address",
            four,
            Map.of(),
            policy("", "10.0.0.6", "", false),
            "E:10.0.0.5 I:10.0.0.6 E:fd00::5 E:fd00::6"),
        Arguments.of(
            "P2 excludes external ones only",
            four,
            Map.of(),
            policy("", "10.0.0.0/24", "10.0.0.0/24,fd00::6", false),
            "I:10.0.0.5 E:fd00::5"),
        Arguments.of(
            "P2 ignores additional",
            four,
            Map.of(ADDITIONAL, "[\"10.0.0.6\"]"),
            policy("", "10.0.0.5", "", false),
            "I:10.0.0.5 E:10.0.0.6 E:fd00::5 E:fd00::6"),
        Arguments.of(
            "exclusion without P2 excludes nothing",
            four,
            Map.of(),
            policy("", "", "10.0.0.6", false),
            "I:10.0.0.5 E:10.0.0.6 I:fd00::5 E:fd00::6"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("priorities")
  void classifies(
      String name,
      String reported,
      Map<String, String> annotations,
      NodeAddressPolicy policy,
      String expected) {
    assertThat(text(of(node(annotations), machine(reported.split(" ")), policy)))
        .isEqualTo(expected);
  }

  @Test
  void dropsWhatNoNodeCanBeReachedBy() {
    assertThat(
            text(
                of(
                    node(Map.of()),
                    machine(
                        "127.0.0.1",
                        "::1",
                        "224.0.0.1",
                        "ff02::1",
                        "0.0.0.0",
                        "::",
                        "169.254.3.4",
                        "fe80::1",
                        "255.255.255.255",
                        "10.0.0.5"),
                    NodeAddressPolicy.DEFAULT)))
        .isEqualTo("I:10.0.0.5");
  }

  @Test
  void dropsOneBadStringAlone() {
    GuestAddresses addresses =
        of(node(Map.of()), machine("bad", "10.0.0.5", "fd00::5"), NodeAddressPolicy.DEFAULT);
    assertThat(text(addresses)).isEqualTo("I:10.0.0.5 I:fd00::5");
    assertThat(addresses.warnings()).singleElement().asString().contains("\"bad\"");
  }

  @Test
  void dropsAVirtualAddressBeforeItCouldBecomeTheNodesOwn() {
    assertThat(
            text(
                of(
                    node(Map.of()),
                    machine("10.0.0.100", "10.0.0.5", "fd00::100", "fd00::5"),
                    NodeAddressPolicy.DEFAULT,
                    "10.0.0.100",
                    "fd00::100")))
        .isEqualTo("I:10.0.0.5 I:fd00::5");
  }

  @Test
  void keepsAnAddressThatTheKubeletWasGiven() {
    assertThat(
            text(
                of(
                    node(Map.of(PROVIDED, "10.0.0.5")),
                    machine("10.0.0.5"),
                    NodeAddressPolicy.DEFAULT,
                    "10.0.0.5")))
        .isEqualTo("I:10.0.0.5");
  }

  @Test
  void readsTheSingleFieldWhenThereIsNoList() {
    assertThat(
            text(
                of(
                    node(Map.of()),
                    json(
                        """
                        {"metadata":{"name":"n1"},
                         "spec":{"networks":[{"name":"nic-0","multus":{"networkName":"d/n"}}]},
                         "status":{"interfaces":[{"name":"nic-0","ipAddress":"10.0.0.5"}]}}
                        """),
                    NodeAddressPolicy.DEFAULT)))
        .isEqualTo("I:10.0.0.5");
  }

  private static final VirtualMachineInstance THREE_CARDS =
      json(
          """
          {"metadata":{"name":"n1"},
           "spec":{"networks":[
             {"name":"pod","pod":{}},
             {"name":"nic-0","multus":{"networkName":"default/vlan1"}},
             {"name":"nic-1","multus":{"networkName":"other/vlan2"}}]},
           "status":{"interfaces":[
             {"name":"pod","ipAddresses":["10.52.0.7"]},
             {"name":"nic-1","ipAddresses":["10.2.0.5"]},
             {"name":"nic-0","ipAddresses":["10.1.0.5"]}]}}
          """);

  @Test
  void takesTheFirstSecondaryNetworkInTheOrderOfTheSpecAndWarns() {
    GuestAddresses addresses = of(node(Map.of()), THREE_CARDS, NodeAddressPolicy.DEFAULT);
    assertThat(text(addresses)).isEqualTo("I:10.1.0.5");
    assertThat(addresses.warnings())
        .singleElement()
        .asString()
        .contains("default/vlan1", "other/vlan2", "--management-network");
  }

  @Test
  void takesTheManagementNetwork() {
    assertThat(text(of(node(Map.of()), THREE_CARDS, policy("other/vlan2", "", "", false))))
        .isEqualTo("I:10.2.0.5");
    assertThat(text(of(node(Map.of()), THREE_CARDS, policy("vlan1", "", "", false))))
        .isEqualTo("I:10.1.0.5");
  }

  @Test
  void saysWhenTheMachineIsNotOnTheManagementNetwork() {
    GuestAddresses addresses = of(node(Map.of()), THREE_CARDS, policy("a/b", "", "", false));
    assertThat(addresses.addresses()).isEmpty();
    assertThat(addresses.missing()).contains("a/b").contains("--management-network");
  }

  @Test
  void namesTheGuestAgentWhenNothingIsReported() {
    GuestAddresses addresses = of(node(Map.of()), machine(), NodeAddressPolicy.DEFAULT);
    assertThat(addresses.addresses()).isEmpty();
    assertThat(addresses.missing()).contains("guest agent");
  }

  @Test
  void takesThePodNetworkOfAMachineThatHasNoOther() {
    assertThat(
            text(
                of(
                    node(Map.of()),
                    json(
                        """
                        {"metadata":{"name":"n1"},
                         "spec":{"networks":[{"name":"default","pod":{}}]},
                         "status":{"interfaces":[{"name":"default","ipAddress":"10.52.0.7"}]}}
                        """),
                    NodeAddressPolicy.DEFAULT)))
        .isEqualTo("I:10.52.0.7");
  }

  @Test
  void dropsABadAdditionalListAlone() {
    GuestAddresses addresses =
        of(node(Map.of(ADDITIONAL, "10.0.0.5")), machine("10.0.0.5"), NodeAddressPolicy.DEFAULT);
    assertThat(text(addresses)).isEqualTo("I:10.0.0.5");
    assertThat(addresses.warnings()).singleElement().asString().contains("JSON array");
  }

  @Test
  void dropsOneBadAdditionalAddressAlone() {
    GuestAddresses addresses =
        of(
            node(Map.of(ADDITIONAL, "[\"bad\",{\"a\":1},\"10.0.0.6\"]")),
            machine("10.0.0.5", "10.0.0.6", "10.0.0.7"),
            NodeAddressPolicy.DEFAULT);
    assertThat(text(addresses)).isEqualTo("I:10.0.0.5 E:10.0.0.7");
    assertThat(addresses.warnings())
        .hasSize(2)
        .anySatisfy(warning -> assertThat(warning).contains("\"bad\""))
        .anySatisfy(warning -> assertThat(warning).contains("{\"a\":1}"));
  }
}
