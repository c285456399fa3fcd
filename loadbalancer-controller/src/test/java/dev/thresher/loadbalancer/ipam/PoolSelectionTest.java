package dev.thresher.loadbalancer.ipam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.labels.LabelSelector;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PoolSelectionTest {

  private static Pool pool(String name, String network, long priority, String... scopes) {
    return new Pool(
        name,
        network,
        priority,
        Arrays.stream(scopes)
            .map(scope -> scope.split(",", -1))
            .map(parts -> new PoolScope(parts[0], parts[1], parts[2]))
            .toList(),
        List.of());
  }

  private static List<String> names(boolean cluster, Requirement need, Pool... pools) {
    return PoolSelection.candidates(List.of(pools), need, cluster, false).stream()
        .map(Pool::name)
        .toList();
  }

  private static final Requirement NEED = new Requirement("ns/vlan1", "c/p", "ns", "gc");

  @ParameterizedTest(name = "network {0}, scope {1}: machines {2}, cluster {3}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "ns/vlan1 | c/p,ns,gc | true  | true",
        "ns/vlan1 | *,ns,gc   | true  | true",
        "ns/vlan1 | c/p,*,gc  | true  | true",
        "ns/vlan1 | c/p,ns,*  | true  | true",
        "ns/vlan1 | x,ns,gc   | false | false",
        "ns/vlan1 | c/p,x,gc  | false | false",
        "ns/vlan1 | c/p,ns,x  | false | false",
        "ns/vlan2 | c/p,ns,gc | false | false",
        "''       | c/p,ns,gc | false | false",
        // What the UI makes: an empty project or cluster is any, for guest clusters only.
        "ns/vlan1 | ,ns,gc    | false | true",
        "ns/vlan1 | c/p,ns,   | false | true",
        "ns/vlan1 | ,ns,      | false | true",
        "ns/vlan1 | ,*,       | false | true",
        // The namespace has no such exception.
        "ns/vlan1 | c/p,,gc   | false | false",
        "ns/vlan2 | ,ns,      | false | false",
      })
  void matchesAsHarvesterDoes(String network, String scope, boolean machines, boolean cluster) {
    Pool pool = pool("p", network, 0, scope);

    assertThat(names(false, NEED, pool)).hasSize(machines ? 1 : 0);
    assertThat(names(true, NEED, pool)).hasSize(cluster ? 1 : 0);
  }

  @Test
  void emptyNetworksAreEqual() {
    var need = new Requirement("", "", "ns", "");

    assertThat(names(false, need, pool("p", "", 0, ",ns,"))).containsExactly("p");
  }

  @Test
  void starInTheRequirementMatchesAnything() {
    var need = new Requirement("", "*", "*", "*");

    assertThat(names(false, need, pool("p", "", 0, "x,y,z"))).containsExactly("p");
  }

  @Test
  void anyOfTheScopesSuffices() {
    assertThat(names(false, NEED, pool("p", "ns/vlan1", 0, "x,x,x", "c/p,ns,gc")))
        .containsExactly("p");
  }

  @Test
  void poolWithoutScopeNeverMatches() {
    assertThat(names(true, NEED, pool("p", "ns/vlan1", 9))).isEmpty();
  }

  @Test
  void highestPriorityWinsThenTheName() {
    assertThat(
            names(
                false,
                NEED,
                pool("b", "ns/vlan1", 0, "c/p,ns,gc"),
                pool("a", "ns/vlan1", 0, "c/p,ns,gc"),
                pool("z", "ns/vlan1", 4_294_967_295L, "c/p,ns,gc"),
                pool("y", "ns/vlan1", 7, "*,*,gc")))
        .containsExactly("z", "y", "a", "b");
  }

  @Test
  void strictMatchOfLowPriorityPrecedesLooseMatchOfHighPriority() {
    assertThat(
            names(
                true,
                NEED,
                pool("loose", "ns/vlan1", 9, ",ns,"),
                pool("strict", "ns/vlan1", 1, "c/p,ns,gc")))
        .containsExactly("strict", "loose");
  }

  @Test
  void globalPoolIsTheLastResortWhateverItsNetwork() {
    Pool global = pool("global", "ns/other", 99, "*,*,*");

    assertThat(names(false, NEED, global)).containsExactly("global");
    assertThat(names(true, NEED, global, pool("near", "ns/vlan1", 0, "c/p,ns,gc")))
        .containsExactly("near", "global");
  }

  @Test
  void globalPoolDoesNotShadowALooseMatch() {
    // Upstream answers with "global" here, on another network than the one that was asked for.
    assertThat(
            names(
                true,
                NEED,
                pool("global", "ns/other", 0, "*,*,*"),
                pool("near", "ns/vlan1", 0, ",ns,")))
        .containsExactly("near", "global");
  }

  @Test
  void labelAloneMakesNoPoolGlobal() {
    List<PoolScope> theirs = List.of(new PoolScope("c/x", "theirs", "*"));
    Map<String, String> label = Map.of("loadbalancer.harvesterhci.io/global-ip-pool", "true");
    Pool labelled =
        new Pool("labelled", "ns/vlan1", 0, theirs, List.of(), label, List.of(), List.of());

    assertThat(Stream.of(true, false).map(cluster -> names(cluster, NEED, labelled)))
        .containsOnly(List.of());
    assertThat(labelled.isOpenTo(NEED)).isFalse();
  }

  @Test
  void globalPoolsHeedTheNetworkIfTheyAreTo() {
    Pool here = pool("here", "ns/lan", 0, "*,*,*");
    Pool elsewhere = pool("elsewhere", "", 0, "*,*,*");
    var need = new Requirement("ns/lan", "p", "n", "c");

    assertThat(PoolSelection.candidates(List.of(here, elsewhere), need, true, false))
        .containsExactly(elsewhere, here);
    assertThat(PoolSelection.candidates(List.of(here, elsewhere), need, true, true))
        .containsExactly(here);
  }

  @Test
  void labelsNamePoolsBestFirst() {
    var gold = LabelSelector.tryParse("tier=gold").orElseThrow();
    Pool low = labelled("a-low", 1, "gold");
    Pool high = labelled("z-high", 2, "gold");

    assertThat(PoolSelection.labelled(List.of(low, labelled("m", 9, "silver"), high), gold))
        .containsExactly(high, low);
  }

  private static Pool labelled(String name, long priority, String tier) {
    return new Pool(
        name, "", priority, List.of(), List.of(), Map.of("tier", tier), List.of(), List.of());
  }
}
