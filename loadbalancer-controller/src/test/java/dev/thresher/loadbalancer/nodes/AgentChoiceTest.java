package dev.thresher.loadbalancer.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpSubnet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AgentChoiceTest {

  /// @param texts `NODE SUBNET,SUBNET`
  private static List<Report> agents(String texts) {
    return Arrays.stream(texts.split(";", -1))
        .filter(text -> !text.isBlank())
        .map(text -> text.strip().split(" ", -1))
        .map(parts ->
            new Report(
                parts[0],
                "",
                parts.length < 2
                    ? List.of()
                    : Arrays.stream(parts[1].split(",", -1)).map(IpSubnet::parse).toList(),
                Optional.empty(),
                Map.of()))
        .toList();
  }

  @ParameterizedTest(name = "{0} of {1}, before {2}: {3}")
  @CsvSource(
      delimiter = '|',
      value = {
        "10.7.0.5   | ''                                         | ''  | none",
        "10.7.0.5   | ''                                         | n1  | none",
        "10.7.0.5   | n1 10.7.0.0/24; n2 10.8.0.0/24             | ''  | n1",
        "10.8.0.5   | n1 10.7.0.0/24; n2 10.8.0.0/24             | n1  | n2",
        "2001:db8::5| n1 10.7.0.0/24; n2 10.8.0.0/24,2001:db8::/64 | ''| n2",
        // Whoever does it stays.
        "10.7.0.5   | n1 10.7.0.0/24; n2 10.7.0.0/24             | n1  | n1",
        "10.7.0.5   | n1 10.7.0.0/24; n2 10.7.0.0/24             | n2  | n2",
        // One that is gone does not.
        "10.7.0.5   | n1 10.7.0.0/24                             | n2  | n1",
        // Nobody is on the network: over a router, from whoever did before.
        "10.9.0.5   | n1 10.7.0.0/24; n2                         | n2  | n2",
      })
  void prefersTheNetworkThenWhoeverDoesIt(
      String address, String agents, String before, String expected) {
    assertThat(
            AgentChoice.choose(IpAddress.parse(address.strip()), agents(agents), before)
                .orElse("none"))
        .isEqualTo(expected);
  }

  @Test
  void isSpreadAndMovesOnlyWithTheNode() {
    List<Report> three = agents("n1 10.0.0.0/8; n2 10.0.0.0/8; n3 10.0.0.0/8");
    Map<IpAddress, String> chosen = new HashMap<>();
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 1; i < 251; i++) {
      var address = IpAddress.parse("10.0.0." + i);
      String node = AgentChoice.choose(address, three, "").orElseThrow();
      chosen.put(address, node);
      counts.merge(node, 1, Integer::sum);
    }
    assertThat(counts.values()).hasSize(3).allMatch(count -> count > 40);

    var two = new ArrayList<>(three);
    two.removeIf(agent -> agent.node().equals("n2"));
    chosen.forEach((address, node) -> {
      if (!node.equals("n2")) {
        assertThat(AgentChoice.choose(address, two, "")).contains(node);
      }
    });
  }
}
