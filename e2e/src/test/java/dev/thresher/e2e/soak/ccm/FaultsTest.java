package dev.thresher.e2e.soak.ccm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.soak.ccm.Expected.Kept;
import dev.thresher.e2e.soak.ccm.Snapshot.Balancer;
import dev.thresher.e2e.soak.ccm.Snapshot.Node;
import dev.thresher.e2e.soak.ccm.Snapshot.Service;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FaultsTest {

  private static final Expected EXPECTED =
      new Expected(
          Set.of("soak/a", "soak/b"),
          Map.of("soak/a", new Kept("10.0.0.1", "lb-a")),
          Set.of("n1", "n2"),
          Set.of("n2"));

  /// Both clusters as they are to be, for changing.
  static final class World {
    final Map<String, Service> services = new HashMap<>();
    final List<Balancer> balancers = new ArrayList<>();
    final List<String> claims = new ArrayList<>(List.of("10.0.0.1", "10.0.0.2"));
    final List<String> allocated = new ArrayList<>(List.of("10.0.0.2", "10.0.0.1"));
    final Map<String, Node> nodes = new HashMap<>();
    final Map<String, String> machines = new HashMap<>(Map.of("n1", "u1", "n2", "u2"));

    World() {
      service("soak/a", "10.0.0.1");
      service("soak/b", "10.0.0.2");
      balancer("soak/a", "lb-a", "10.0.0.1", "10.0.0.1");
      balancer("soak/b", "lb-b", "10.0.0.2", "10.0.0.2");
      node("n1", "harvester://u1");
      node("n2", "harvester://u2", Expected.MARK);
    }

    void service(String name, String address) {
      services.put(name, new Service("uid-" + name, List.of(address), List.of(address)));
    }

    void balancer(String service, String uid, String reserved, String address) {
      balancers.removeIf(b -> b.uid().equals(uid));
      balancers.add(new Balancer("lb-of-" + service, uid, service, reserved, address));
    }

    void node(String name, String providerId, String... taints) {
      nodes.put(name, new Node("uid-" + name, providerId, Set.of(taints)));
    }

    List<String> faults() {
      return Faults.of(
          EXPECTED, new Snapshot(services, balancers, claims, allocated, nodes, machines));
    }
  }

  @Test
  void findsNothingWhereAllIsWell() {
    assertThat(new World().faults()).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongs")
  void findsWhatIsWrong(String fault, Consumer<World> change) {
    var world = new World();
    change.accept(world);
    assertThat(world.faults()).contains(fault);
  }

  static Stream<Arguments> wrongs() {
    return Stream.of(
        wrong("Service soak/b is gone", w -> w.services.remove("soak/b")),
        wrong("Service soak/c is still there", w -> w.service("soak/c", "10.0.0.3")),
        wrong(
            "Service soak/a has not one address but []",
            w -> w.services.put("soak/a", new Service("u", List.of(), List.of()))),
        wrong(
            "Service soak/a has not one address but [10.0.0.1, 10.0.0.9]",
            w ->
                w.services.put(
                    "soak/a", new Service("u", List.of("10.0.0.1", "10.0.0.9"), List.of()))),
        wrong(
            "Service soak/a has 10.0.0.1 but its status []",
            w -> w.services.put("soak/a", new Service("u", List.of("10.0.0.1"), List.of()))),
        wrong("Service soak/a had 10.0.0.1 and has 10.0.0.9", w -> w.service("soak/a", "10.0.0.9")),
        wrong("address 10.0.0.1 is that of several Services", w -> w.service("soak/b", "10.0.0.1")),
        wrong(
            "Service soak/b has 2 LoadBalancers",
            w -> w.balancer("soak/b", "lb-c", "10.0.0.2", "10.0.0.2")),
        wrong("Service soak/b has 0 LoadBalancers", w -> w.balancers.removeLast()),
        wrong(
            "LoadBalancer lb-of-soak/b has reserved \"10.0.0.2\" and says \"\" for 10.0.0.2",
            w -> w.balancer("soak/b", "lb-b", "10.0.0.2", "")),
        wrong(
            "LoadBalancer lb-of-soak/a was made anew",
            w -> {
              w.balancers.removeFirst();
              w.balancer("soak/a", "lb-z", "10.0.0.1", "10.0.0.1");
            }),
        wrong(
            "LoadBalancer lb-of-soak/x has no Service",
            w -> w.balancer("soak/x", "lb-x", "10.0.0.3", "")),
        wrong("claim for 10.0.0.3, which no Service has", w -> w.claims.add("10.0.0.3")),
        wrong("no claim for 10.0.0.2", w -> w.claims.remove("10.0.0.2")),
        wrong("second claim for 10.0.0.2", w -> w.claims.add("10.0.0.2")),
        wrong(
            "entry of a pool for 10.0.0.3, which no Service has", w -> w.allocated.add("10.0.0.3")),
        wrong("no entry of a pool for 10.0.0.1", w -> w.allocated.remove("10.0.0.1")),
        wrong("node n1 is lost", w -> w.nodes.remove("n1")),
        wrong("node n3 is still there", w -> w.node("n3", "harvester://u3")),
        wrong(
            "node n1 is not harvester://u9 but \"harvester://u1\"",
            w -> w.machines.put("n1", "u9")),
        wrong(
            "node n1 has taints [node.cloudprovider.kubernetes.io/shutdown]",
            w -> w.node("n1", "harvester://u1", "node.cloudprovider.kubernetes.io/shutdown")),
        wrong(
            "node n2 lost or got the taint " + Expected.MARK, w -> w.node("n2", "harvester://u2")));
  }

  private static Arguments wrong(String fault, Consumer<World> change) {
    return Arguments.of(fault, change);
  }
}
