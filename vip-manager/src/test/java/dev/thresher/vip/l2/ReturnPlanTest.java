package dev.thresher.vip.l2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.NodeRouting;
import dev.thresher.vip.linux.Route;
import dev.thresher.vip.linux.RoutingRule;
import dev.thresher.vip.packet.MacAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReturnPlanTest {
  private static final Route MAIN_DEFAULT = route("0.0.0.0", 0, "10.0.0.254", 2, 100);
  private static final Route ON_LINK = route("10.1.0.0", 24, null, 3, 0);
  private static final Route SECOND_DEFAULT = route("0.0.0.0", 0, "10.1.0.254", 3, 200);
  private static final Route MAIN_DEFAULT6 = route("::", 0, "fe80::1", 2, 100);
  private static final Route ON_LINK6 = route("fd01::", 64, null, 3, 256);
  private static final Route SECOND_DEFAULT6 = route("::", 0, "fe80::2", 3, 200);

  private static Link link(int index, boolean up) {
    return new Link(index, "eth" + index, new MacAddress(index), true, up, up, 1500, 0, "");
  }

  private static Route route(
      String destination, int length, @Nullable String gateway, int index, int metric) {
    return new Route(
        RealNode.ip(destination),
        length,
        gateway == null ? null : RealNode.ip(gateway),
        index,
        Route.MAIN_TABLE,
        metric,
        3);
  }

  private static LinuxNetwork network(Route... routes) {
    return new LinuxNetwork(
        List.of(link(2, true), link(3, true), link(4, false)), List.of(), List.of(routes));
  }

  @Test
  void whereTheDefaultRouteLeadsNothingIsNeeded() {
    LinuxNetwork network = network(MAIN_DEFAULT, ON_LINK, SECOND_DEFAULT, MAIN_DEFAULT6);
    assertThat(ReturnPlan.of(network, Set.of(2))).isEqualTo(ReturnPlan.NOTHING);
    assertThat(ReturnPlan.of(network, Set.of())).isEqualTo(ReturnPlan.NOTHING);
    assertThat(ReturnPlan.of(network(ON_LINK, SECOND_DEFAULT), Set.of(3)))
        .as("its own default route is the only one")
        .isEqualTo(ReturnPlan.NOTHING);
    assertThat(ReturnPlan.of(network(ON_LINK, ON_LINK6), Set.of(3)))
        .as("there is none at all")
        .isEqualTo(ReturnPlan.NOTHING);
  }

  @Test
  void anotherInterfaceHasATableWithItsOwnRoutesInBothFamilies() {
    LinuxNetwork network =
        network(
            MAIN_DEFAULT,
            ON_LINK,
            SECOND_DEFAULT,
            MAIN_DEFAULT6,
            ON_LINK6,
            SECOND_DEFAULT6,
            route("fe80::", 64, null, 3, 256));
    int table = ReturnPlan.TABLES + 1;
    ReturnPlan plan = ReturnPlan.of(network, Set.of(2, 3));
    assertThat(plan.numbers()).isEqualTo(Map.of(3, 1));
    assertThat(plan.rules())
        .containsExactlyInAnyOrder(
            new RoutingRule(false, ReturnPlan.PRIORITY, 0x10, 0x70, table),
            new RoutingRule(true, ReturnPlan.PRIORITY, 0x10, 0x70, table));
    assertThat(plan.routes())
        .containsExactlyInAnyOrder(
            NodeRouting.tagged(ON_LINK, table),
            NodeRouting.tagged(SECOND_DEFAULT, table),
            NodeRouting.tagged(ON_LINK6, table),
            NodeRouting.tagged(SECOND_DEFAULT6, table));
    assertThat(plan.problems()).isEmpty();
  }

  /// As two routers on one link announce them, or a route with several hops has them.
  @Test
  void ofSeveralNextHopsTheTableHasTheLowestWhateverTheirOrder() {
    Route other = route("0.0.0.0", 0, "10.1.0.200", 3, 200);
    Route backUp = route("0.0.0.0", 0, "10.1.0.1", 3, 300);
    Route other6 = route("::", 0, "fe80::a", 3, 200);
    for (Route[] routes :
        new Route[][] {
          {MAIN_DEFAULT, MAIN_DEFAULT6, SECOND_DEFAULT, other, backUp, SECOND_DEFAULT6, other6},
          {other6, SECOND_DEFAULT6, backUp, other, SECOND_DEFAULT, MAIN_DEFAULT6, MAIN_DEFAULT}
        }) {
      int table = ReturnPlan.TABLES + 1;
      assertThat(ReturnPlan.of(network(routes), Set.of(3)).routes())
          .containsExactlyInAnyOrder(
              NodeRouting.tagged(other, table),
              NodeRouting.tagged(backUp, table),
              NodeRouting.tagged(SECOND_DEFAULT6, table));
    }
  }

  @Test
  void eachFamilyIsLookedAtByItself() {
    ReturnPlan plan =
        ReturnPlan.of(
            network(MAIN_DEFAULT, ON_LINK, SECOND_DEFAULT, SECOND_DEFAULT6, ON_LINK6), Set.of(3));
    assertThat(plan.rules()).extracting(RoutingRule::ipv6).containsExactly(false);
    assertThat(plan.problems()).isEmpty();
  }

  @Test
  void withoutAGatewayItIsSaidWhatIsMissing() {
    ReturnPlan plan =
        ReturnPlan.of(network(MAIN_DEFAULT, ON_LINK, MAIN_DEFAULT6, ON_LINK6), Set.of(3));
    assertThat(plan.rules()).isEmpty();
    assertThat(plan.numbers()).isEmpty();
    assertThat(plan.problems()).containsOnlyKeys("eth3");
    assertThat(plan.problems().get("eth3")).contains("no gateway", "higher metric");
  }

  @Test
  void anInterfaceThatIsDownOrGoneHasNone() {
    LinuxNetwork network =
        network(MAIN_DEFAULT, route("0.0.0.0", 0, "10.2.0.254", 4, 300), SECOND_DEFAULT);
    assertThat(ReturnPlan.of(network, Set.of(4, 9))).isEqualTo(ReturnPlan.NOTHING);
  }

  @Test
  void numbersThatAreInUseStay() {
    Route ours = NodeRouting.tagged(SECOND_DEFAULT, ReturnPlan.TABLES + 5);
    LinuxNetwork network = network(MAIN_DEFAULT, ON_LINK, SECOND_DEFAULT, ours);
    assertThat(ReturnPlan.of(network, Set.of(3)).numbers()).isEqualTo(Map.of(3, 5));
    Route foreign = route("0.0.0.0", 0, "10.1.0.254", 3, 200);
    LinuxNetwork other =
        network(
            MAIN_DEFAULT,
            SECOND_DEFAULT,
            new Route(
                foreign.destination(), 0, foreign.gateway(), 3, ReturnPlan.TABLES + 5, 200, 4));
    assertThat(ReturnPlan.of(other, Set.of(3)).numbers())
        .as("a table of somebody else")
        .isEqualTo(Map.of(3, 1));
  }

  @Test
  void moreThanTheMarksCanTellAreRefusedByName() {
    List<Link> links = new ArrayList<>(List.of(link(2, true)));
    List<Route> routes = new ArrayList<>(List.of(MAIN_DEFAULT));
    for (int index = 10; index < 18; index++) {
      links.add(link(index, true));
      routes.add(route("0.0.0.0", 0, "10." + index + ".0.254", index, index));
    }
    routes.set(0, route("0.0.0.0", 0, "10.0.0.254", 2, 1));
    ReturnPlan plan =
        ReturnPlan.of(
            new LinuxNetwork(links, List.of(), routes),
            IntStream.range(10, 18).boxed().collect(Collectors.toSet()));
    assertThat(Set.copyOf(plan.numbers().values())).hasSize(ReturnPlan.MOST);
    assertThat(plan.problems()).containsOnlyKeys("eth17");
  }
}
