package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.Holder;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.election.Right;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.election.Serves;
import dev.thresher.vip.nodes.KnownNetworks;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AssignmentTest {

  private static NodeLinks.NodeLink link(String name, boolean byDefault, String subnet) {
    return new NodeLinks.NodeLink(name, List.of(Prefix.parse(subnet)), byDefault, byDefault);
  }

  private static ServiceReading asks(String name, InetAddress address, String wanted) {
    return new ServiceReading.Asks(
        ObjectKey.of("default", name),
        List.of(address),
        wanted,
        false,
        false,
        List.of(),
        List.of());
  }

  private static Assignment.Snapshot snapshot(
      ServiceReading reading, Map<String, NodeLinks> nodes) {
    return snapshot(List.of(reading), Optional.empty(), nodes, Map.of());
  }

  private static Assignment.Snapshot snapshot(
      List<ServiceReading> readings,
      Optional<ControlPlaneWish> controlPlane,
      Map<String, NodeLinks> nodes,
      Map<InetAddress, Holder> holders) {
    Map<String, NodeLease> live = new HashMap<>();
    nodes.forEach((node, links) -> live.put(node, NodeLease.heard(node, "0", List.of(), links)));
    return new Assignment.Snapshot(
        readings,
        controlPlane,
        key -> EndpointView.NONE,
        Map.of(),
        new RightView(live, holders, Optional.empty(), true, 1),
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
    var first = new NodeLinks("eth0", List.of(link("eth0", true, "10.0.0.1/24")));
    var second =
        new NodeLinks(
            "eth8",
            List.of(link("eth8", true, "10.0.0.2/24"), link("eth1", false, "192.0.2.2/24")));
    // Whoever can is better than the second one, which is being drained.
    assertThat(
            Assignment.of(
                    snapshot(
                        asks("web", vip, wanted),
                        Map.of("n1", first, "n2", second.withDraining(true))),
                    new Assignment.Settings("n1", 0, false))
                .aims())
        .containsEntry(vip, chosen);
  }

  /// The nodes that a node does not know wait for it to give up what they could hold. While there
  /// is no endpoint anywhere, its pods may be starting again.
  @ParameterizedTest(name = "endpoints on \"{0}\", knows others: {1}")
  @CsvSource({
    "n1, true, n1",
    "n1, false, n1",
    "'', true, n1",
    "'', false, n1",
    "n2, true, n1",
    "n2, false, ''"
  })
  void whoKnowsNoOthersGivesUpWhatHasItsEndpointsElsewhere(
      String endpoints, boolean knowsOthers, String expected) {
    InetAddress vip = ip("10.0.0.9");
    Set<String> nodes = endpoints.isEmpty() ? Set.of() : Set.of(endpoints);
    var reading =
        new ServiceReading.Asks(
            ObjectKey.of("default", "web"), List.of(vip), "", true, false, List.of(), List.of());
    var links = new NodeLinks("", List.of(link("eth0", true, "10.0.0.1/24")));
    var snapshot =
        new Assignment.Snapshot(
            List.of(reading),
            Optional.empty(),
            key -> new EndpointView(!nodes.isEmpty(), nodes),
            Map.of(),
            new RightView(
                Map.of("n1", NodeLease.heard("n1", "0", List.of(), links)),
                Map.of(vip, Holder.heard("n1", "0", 1)),
                Optional.empty(),
                true,
                1),
            Keeping.NOTHING,
            KnownNetworks.NONE,
            Map.of(),
            Set.of(),
            0);
    assertThat(Assignment.of(snapshot, new Assignment.Settings("n1", 0, false, knowsOthers)).aims())
        .containsEntry(vip, expected);
  }

  /// Nodes of all kinds side by side, whoever holds what before: each sees the same, and the
  /// addresses are for those that ask for them.
  @Property(tries = 200)
  void nobodyWaitsForANodeThatServesNothingOfTheKind(
      @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 0, max = 7) Integer> kinds,
      @ForAll long seed) {
    Random random = new Random(seed);
    Map<String, NodeLinks> nodes = new TreeMap<>();
    for (int i = 0; i < kinds.size(); i++) {
      int kind = kinds.get(i);
      var serves = new Serves((kind & 1) != 0, (kind & 2) != 0);
      nodes.put(
          "n" + i,
          new NodeLinks("", List.of(link("eth0", true, "10.0.0." + (i + 1) + "/24")))
              .withServes(serves)
              .withControlPlane(serves.controlPlane() && (kind & 4) != 0));
    }
    List<ServiceReading> readings = new ArrayList<>();
    Map<InetAddress, Holder> holders = new HashMap<>();
    for (int i = 0; i < 8; i++) {
      InetAddress address = ip("10.0.0.10" + i);
      readings.add(asks("s" + i, address, ""));
      if (random.nextBoolean()) {
        holders.put(address, Holder.heard("n" + random.nextInt(kinds.size()), "0", 1));
      }
    }
    InetAddress vip = ip("10.0.0.200");
    var wish = new ControlPlaneWish(AddressGroup.of(vip), "");

    Set<Map<InetAddress, String>> said = new HashSet<>();
    for (String node : nodes.keySet()) {
      var settings = new Assignment.Settings(node, 1.25, false);
      said.add(
          Assignment.of(snapshot(readings, Optional.of(wish), nodes, holders), settings).aims());
    }
    assertThat(said).hasSize(1);
    said.iterator()
        .next()
        .forEach((address, chosen) -> {
          Predicate<Serves> kind = address.equals(vip) ? Serves::controlPlane : Serves::services;
          Set<String> fit =
              nodes.entrySet().stream()
                  .filter(node -> kind.test(node.getValue().serves()))
                  .map(Map.Entry::getKey)
                  .collect(Collectors.toSet());
          assertThat(fit.isEmpty() ? Set.of(Right.NOBODY) : fit).contains(chosen);
        });
  }
}
