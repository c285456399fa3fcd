package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpFamily;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeCondition;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /// Each node is `READY ADDRESS...`, where `-` is a node that says nothing of readiness.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "True 10.0.0.1, True 10.0.0.2 | 10.0.0.1 10.0.0.2",
        "True 10.0.0.1, False 10.0.0.2 | 10.0.0.1",
        "True 10.0.0.1, Unknown 10.0.0.2, - 10.0.0.3 | 10.0.0.1",
        // All at once: rather all than nobody.
        "False 10.0.0.1, Unknown 10.0.0.2 | 10.0.0.1 10.0.0.2",
        "- 10.0.0.1, - 10.0.0.2 | 10.0.0.1 10.0.0.2",
        "True, False 10.0.0.2 | 10.0.0.2",
        // By family: nobody who is ready has IPv6.
        "True 10.0.0.1, False 10.0.0.2 2001:db8::2 | 10.0.0.1 2001:db8::2",
        "True 10.0.0.1 2001:db8::1, False 10.0.0.2 2001:db8::2 | 10.0.0.1 2001:db8::1",
        "'' | ''"
      })
  void backEndsAreTheNodesThatAreReadyAndAllIfNoneIs(String nodes, String expected) {
    List<V1Node> all = new ArrayList<>();
    for (String text : nodes.isEmpty() ? new String[0] : nodes.split(", ", -1)) {
      List<String> words = words(text);
      V1Node node =
          node(
              words.stream()
                  .skip(1)
                  .map(address -> "InternalIP " + address)
                  .toArray(String[]::new));
      if (!words.getFirst().equals("-")) {
        node.getStatus()
            .addConditionsItem(new V1NodeCondition().type("DiskPressure").status("True"))
            .addConditionsItem(new V1NodeCondition().type("Ready").status(words.getFirst()));
      }
      all.add(node);
    }
    assertThat(HostPlacement.backends(all, List.of(IpFamily.IPV4, IpFamily.IPV6)))
        .containsExactlyElementsOf(words(expected));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10.0.0.1 10.0.0.2 | '' | ''",
        "10.0.0.1 10.0.0.2 | 10.0.0.1 10.0.0.2 fe80::1 | ''",
        // The network of the InternalIPs, with further addresses.
        "10.0.0.1 2001:db8::1 | 2001:db8:0::1 10.0.0.9 | ''",
        "10.0.0.1 | fe80::1 169.254.0.1 none | ''",
        "10.0.0.1 | 172.16.0.1 fe80::1 | [172.16.0.1]",
        "10.0.0.1 | 172.16.0.1 2001:db8:1::1 | [172.16.0.1, 2001:db8:1::1]"
      })
  void saysSoWhenTheNetworkThatIsNamedIsNotTheOneOfTheBackEnds(
      String backends, String there, String named) {
    var notice =
        HostPlacement.unused("default/vlan2", words(backends), words(there)).map(n -> n.message());
    if (named.isEmpty()) {
      assertThat(notice).isEmpty();
    } else {
      assertThat(notice.orElseThrow())
          .contains(named, "default/vlan2", "10.0.0.1", "--management-network", "\"guest\"");
    }
  }

  @Test
  void theRemedyIsReadAlsoWithHundredsOfNodes() {
    List<String> there = IntStream.range(0, 200).mapToObj(i -> "172.16.0." + i).toList();
    List<String> backends = IntStream.range(0, 200).mapToObj(i -> "10.0.0." + i).toList();
    String message = HostPlacement.unused("default/vlan2", backends, there).orElseThrow().message();
    assertThat(message).hasSizeLessThan(600).contains("172.16.0.3 and 196 more]", "--node-ip-cidr");
  }

  private static List<String> words(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(" ", -1));
  }
}
