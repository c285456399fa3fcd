package dev.thresher.ccm.controllers.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.cloudprovider.Routes.Route;
import dev.thresher.ccm.controllers.route.RoutePlan.Target;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RoutePlanTest {

  private static final ClusterRanges RANGES = ClusterRanges.parse("10.120.0.0/16,fd00:42::/48");

  /// `node cidr`, `node cidr @address`, `node cidr !` for a blackhole; routes apart by commas.
  private static List<Route> routes(String text) {
    return Stream.of(text.split(","))
        .map(String::strip)
        .filter(part -> !part.isEmpty())
        .map(part -> {
          List<String> words = Arrays.asList(part.split(" "));
          List<MachineAddress> addresses =
              words.stream()
                  .filter(word -> word.startsWith("@"))
                  .map(word ->
                      new MachineAddress(MachineAddress.Type.INTERNAL_IP, word.substring(1)))
                  .toList();
          return new Route(
              "r-" + words.get(1), words.get(0), addresses, words.get(1), words.contains("!"));
        })
        .toList();
  }

  /// `name=cidr+cidr@address`.
  private static List<Target> nodes(String text) {
    return Stream.of(text.split(","))
        .map(String::strip)
        .filter(part -> !part.isEmpty())
        .map(part -> {
          String name = part.substring(0, part.indexOf('='));
          String rest = part.substring(part.indexOf('=') + 1);
          int at = rest.indexOf('@');
          String cidrs = at < 0 ? rest : rest.substring(0, at);
          List<MachineAddress> addresses =
              at < 0
                  ? List.of()
                  : List.of(
                      new MachineAddress(MachineAddress.Type.INTERNAL_IP, rest.substring(at + 1)));
          return new Target(
              name,
              "uid-" + name,
              Stream.of(cidrs.split("\\+")).filter(c -> !c.isEmpty()).toList(),
              addresses);
        })
        .toList();
  }

  private static String text(RoutePlan plan) {
    String deleted =
        plan.delete().stream()
            .map(route -> "-" + route.node() + " " + route.destination())
            .sorted()
            .collect(Collectors.joining(", "));
    String created =
        plan.create().values().stream()
            .flatMap(List::stream)
            .map(route -> "+" + route.node() + " " + route.destination())
            .sorted()
            .collect(Collectors.joining(", "));
    return deleted.isEmpty() || created.isEmpty() ? deleted + created : deleted + ", " + created;
  }

  @ParameterizedTest(name = "nodes {0}, routes {1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        // two nodes, two families
        "a=10.120.0.0/24+fd00:42::/64, b=10.120.1.0/24+fd00:42:0:1::/64 | '' | +a 10.120.0.0/24, +a fd00:42::/64, +b 10.120.1.0/24, +b fd00:42:0:1::/64",
        "a=10.120.0.0/24+fd00:42::/64 | a 10.120.0.0/24, a fd00:42::/64 | ''",
        "a=10.120.0.0/24+fd00:42::/64 | a 10.120.0.0/24 | +a fd00:42::/64",
        "a=10.120.0.0/24+fd00:42::/64 | a 10.120.0.0/24, a fd00:42:0:9::/64 | -a fd00:42:0:9::/64, +a fd00:42::/64",
        "a=10.120.0.0/24+fd00:42::/64 | a 10.120.0.0/24, a fd00:42::/64, a 10.120.9.0/24 | -a 10.120.9.0/24",
        // one family
        "a=10.120.0.0/24, b=10.120.1.0/24 | a 10.120.0.0/24, b 10.120.1.0/24 | ''",
        "a=10.120.0.0/24, b=10.120.1.0/24 | a 10.120.0.0/24 | +b 10.120.1.0/24",
        "a=10.120.0.0/24, b=10.120.1.0/24 | a 10.120.0.0/24, b 10.120.3.0/24 | -b 10.120.3.0/24, +b 10.120.1.0/24",
        "a=10.120.0.0/24 | a 10.120.0.0/24, gone 10.120.1.0/24 | -gone 10.120.1.0/24",
        "a=10.120.0.0/24, b= | a 10.120.0.0/24, b 10.120.1.0/24 | -b 10.120.1.0/24",
        "a=10.120.0.0/24, b= | a 10.120.0.0/24 | ''",
        // blackholes
        "a=10.120.0.0/24 | a 10.120.0.0/24, x 10.120.2.0/24 ! | -x 10.120.2.0/24",
        "a=10.120.0.0/24 | a 10.120.0.0/24, x 10.1.2.0/30 ! | ''",
        "a=10.120.0.0/24 | a 10.120.0.0/24 ! | -a 10.120.0.0/24, +a 10.120.0.0/24",
        // a range twice
        "a=10.120.0.0/24+10.120.0.0/24 | a 10.120.0.0/24 | ''",
        "a=10.120.0.0/24+10.120.0.0/24 | '' | +a 10.120.0.0/24",
        // addresses
        "a=10.120.0.0/24@192.0.2.1 | a 10.120.0.0/24 @192.0.2.1 | ''",
        "a=10.120.0.0/24@192.0.2.2 | a 10.120.0.0/24 @192.0.2.1 | -a 10.120.0.0/24, +a 10.120.0.0/24",
        "a=10.120.0.0/24@192.0.2.2 | a 10.120.0.0/24 | ''",
        // not ours
        "a=10.120.0.0/24 | a 10.120.0.0/24, x 192.168.0.0/24, y nonsense | ''"
      })
  void bringsRoutesInLine(String nodes, String listed, String expected) {
    assertThat(text(RoutePlan.of(routes(listed), nodes(nodes), RANGES))).isEqualTo(expected);
  }

  @Test
  void deletesFirstWhereTheCloudLooksAtAddresses() {
    var changed = nodes("a=10.120.0.0/24@192.0.2.2");
    assertThat(RoutePlan.of(routes("a 10.120.0.0/24 @192.0.2.1"), changed, RANGES).deleteFirst())
        .isTrue();
    assertThat(RoutePlan.of(routes("a 10.120.9.0/24"), changed, RANGES).deleteFirst()).isFalse();
  }

  @Test
  void countsWhatIsThereAndNotesWhatIsLeftOver() {
    RoutePlan plan =
        RoutePlan.of(
            routes("a 10.120.0.0/24, b 10.120.1.0/24"),
            nodes("a=10.120.0.0/24+fd00:42::/64, b="),
            RANGES);
    assertThat(plan.kept()).containsOnlyKeys("a").containsEntry("a", 1);
    assertThat(plan.leftOver()).containsExactly("b");
  }

  @ParameterizedTest(name = "{0} covers {1}: {2}")
  @CsvSource({
    "10.244.0.0/16,10.244.0.0/24,true",
    "10.244.0.0/16,10.244.255.0/24,true",
    "10.244.0.0/16,10.245.0.0/24,false",
    "10.244.0.0/16,10.0.0.0/8,false",
    "10.244.0.0/16,10.244.0.0/8,false",
    "10.240.0.0/14,10.243.255.0/24,true",
    "10.240.0.0/14,10.244.0.0/24,false",
    "10.240.0.0/14,10.239.0.0/16,false",
    "10.255.0.0/16,10.0.0.0/8,true",
    "fd42::/48,fd42:0:0:ffff::/64,true",
    "fd42::/48,fd42:0:1::/64,false",
    "fd42::/48,10.244.0.0/24,false"
  })
  void coversARouteWhoseFirstOrLastAddressIsInside(String cluster, String route, boolean covered) {
    assertThat(ClusterRanges.parse(cluster).covers(route)).isEqualTo(covered);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0",
        "nonsense",
        "10.0.0.0/8,",
        "10.0.0.0/8,11.0.0.0/8",
        "fd00::/8,fd01::/16",
        "10.0.0.0/8,fd00::/8,fd01::/16"
      })
  void refusesOtherRanges(String text) {
    assertThatThrownBy(() -> ClusterRanges.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--cluster-cidr");
  }

  @Test
  void takesNoRangeAndOneOfEachFamily() {
    assertThat(ClusterRanges.parse("").subnets()).isEmpty();
    assertThat(ClusterRanges.parse(" fd00::/48 , 10.0.0.0/8").subnets()).hasSize(2);
  }
}
