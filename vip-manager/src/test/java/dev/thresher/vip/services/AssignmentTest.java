package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.nodes.KnownNetworks;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AssignmentTest {

  private static NodeLinks.NodeLink link(String name, boolean byDefault, String subnet) {
    return new NodeLinks.NodeLink(name, List.of(Prefix.parse(subnet)), byDefault, byDefault);
  }

  private static Assignment.Snapshot snapshot(
      ServiceReading reading, Map<String, NodeLinks> nodes) {
    Map<String, NodeLease> live = new HashMap<>();
    nodes.forEach((node, links) -> live.put(node, NodeLease.heard(node, "0", List.of(), links)));
    return new Assignment.Snapshot(
        List.of(reading),
        Optional.empty(),
        key -> EndpointView.NONE,
        Map.of(),
        new RightView(live, Map.of(), Optional.empty(), true, 1),
        Keeping.NOTHING,
        KnownNetworks.NONE,
        Map.of(),
        Set.of(),
        0);
  }

  /// Its other card says who has the network for those Services only that may be held there.
  @ParameterizedTest(name = "{0} of a Service that asks for \"{1}\": {2}")
  @CsvSource({"192.0.2.9, '', n1", "192.0.2.9, auto, n2", "192.0.2.9, 'eth1,br1', n2"})
  void aNetworkThatIsNotConfiguredCountsForWhoAsksForIt(
      String address, String wanted, String chosen) {
    InetAddress vip = ip(address);
    var reading =
        new ServiceReading.Asks(
            ObjectKey.of("default", "web"),
            List.of(vip),
            wanted,
            false,
            false,
            List.of(),
            List.of());
    var first = new NodeLinks("eth0", List.of(link("eth0", true, "10.0.0.1/24")));
    var second =
        new NodeLinks(
            "eth8",
            List.of(link("eth8", true, "10.0.0.2/24"), link("eth1", false, "192.0.2.2/24")));
    // Whoever can is better than the second one, which is being drained.
    assertThat(
            Assignment.of(
                    snapshot(reading, Map.of("n1", first, "n2", second.withDraining(true))),
                    new Assignment.Settings("n1", 0, false))
                .aims())
        .containsEntry(vip, chosen);
  }
}
