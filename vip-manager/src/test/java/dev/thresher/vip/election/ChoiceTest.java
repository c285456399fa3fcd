package dev.thresher.vip.election;

import static dev.thresher.vip.election.Net.group;
import static dev.thresher.vip.election.Net.ip;
import static dev.thresher.vip.election.Net.link;
import static dev.thresher.vip.election.Net.onLink;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChoiceTest {

  private static final String SUBNET = "10.0.0.0/24";
  private static final AddressGroup VIP = group("10.0.0.100");

  private static Candidate node(String name) {
    return new Candidate(name, onLink(SUBNET));
  }

  private static String holder(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Chosen(String node, _) -> node;
      case Verdict.Nobody(var reasons) -> "nobody " + reasons;
    };
  }

  private static String choose(List<Candidate> nodes, Wish wish, Map<InetAddress, String> holders) {
    var verdicts = Choice.choose(nodes, List.of(wish), holders, 1.25);
    assertThat(verdicts).containsOnlyKeys(wish.group());
    return holder(verdicts.values().iterator().next());
  }

  @Test
  void presentHolderStaysWhenOthersJoin() {
    var wish = new Wish(VIP);
    String first = choose(List.of(node("a"), node("b"), node("c")), wish, Map.of());
    for (String holder : List.of("a", "b", "c")) {
      assertThat(
              choose(List.of(node("a"), node("b"), node("c")), wish, Map.of(VIP.first(), holder)))
          .isEqualTo(holder);
    }
    assertThat(first).isIn("a", "b", "c");
  }

  @Test
  void deadHolderIsReplacedByTheNextHash() {
    var wish = new Wish(VIP);
    String first = choose(List.of(node("a"), node("b"), node("c")), wish, Map.of());
    List<Candidate> rest =
        List.of(node("a"), node("b"), node("c")).stream()
            .filter(n -> !n.node().equals(first))
            .toList();
    assertThat(choose(rest, wish, Map.of(VIP.first(), first)))
        .isNotEqualTo(first)
        .isEqualTo(choose(rest, wish, Map.of()));
  }

  @Test
  void aNodeThatIsNotHeardOnTheNetworkLosesTheAddressToOneThatIs() {
    var deaf = new Candidate("a", onLink(SUBNET).unheardOn(Map.of(SUBNET, "by 0 of 2")));
    var holders = Map.of(VIP.first(), "a");
    assertThat(choose(List.of(deaf, node("b")), new Wish(VIP), holders)).isEqualTo("b");
    // On another network it may be deaf.
    var elsewhere = new Candidate("a", onLink(SUBNET).unheardOn(Map.of("10.9.0.0/24", "by 0")));
    assertThat(choose(List.of(elsewhere, node("b")), new Wish(VIP), holders)).isEqualTo("a");
  }

  @Test
  void whereNobodyIsHeardTheHolderStays() {
    Map<String, String> unheard = Map.of(SUBNET, "by 1 of 4");
    for (String holder : List.of("a", "b")) {
      assertThat(
              choose(
                  List.of(
                      new Candidate("a", onLink(SUBNET).unheardOn(unheard)),
                      new Candidate("b", onLink(SUBNET).unheardOn(unheard))),
                  new Wish(VIP),
                  Map.of(VIP.first(), holder)))
          .isEqualTo(holder);
    }
  }

  @Test
  void moreEndpointsDoNotMakeUpForNotBeingHeard() {
    var deaf = new Candidate("a", onLink(SUBNET).unheardOn(Map.of(SUBNET, "by 0 of 2")));
    var wish = new Wish(VIP, Map.of(), List.of(Set.of("a"), Set.of("a", "b")), Map.of());
    assertThat(choose(List.of(deaf, node("b")), wish, Map.of())).isEqualTo("b");
  }

  @Test
  void aNodeWithoutTheNetworkIsNoBetterThanOneThatIsNotHeardThere() {
    var deaf = new Candidate("a", onLink(SUBNET).unheardOn(Map.of(SUBNET, "by 0 of 2")));
    var routed =
        new Candidate(
            "b", new NodeLinks("", List.of(new NodeLinks.NodeLink("m", List.of(), true, true))));
    var wish = new Wish(VIP, Map.of(), List.of(), Map.of(), Set.of(VIP.first()));
    assertThat(choose(List.of(deaf, routed), wish, Map.of())).isEqualTo("a");
  }

  @Test
  void nodeOnTheAddressesNetworkGoesBeforeADefaultRoute() {
    var routed =
        new Candidate(
            "a", new NodeLinks("", List.of(new NodeLinks.NodeLink("m", List.of(), true, true))));
    var attached = node("b");
    assertThat(choose(List.of(routed, attached), new Wish(VIP), Map.of())).isEqualTo("b");
    assertThat(choose(List.of(routed, attached), new Wish(VIP), Map.of(VIP.first(), "a")))
        .isEqualTo("b");
    assertThat(choose(List.of(routed), new Wish(VIP), Map.of())).isEqualTo("a");
  }

  @Test
  void dualStackGroupNeedsBothFamiliesOnOneNode() {
    AddressGroup both = group("10.0.0.100", "fd00::100");
    var v4 = node("a");
    var v46 = new Candidate("b", onLink(SUBNET, "fd00::1/64"));
    assertThat(choose(List.of(v4, v46), new Wish(both), Map.of(ip("10.0.0.100"), "a")))
        .isEqualTo("b");
    assertThat(choose(List.of(v4), new Wish(both), Map.of())).startsWith("nobody");
  }

  @Test
  void barredNodesGetNothingAndLoseWhatTheyHave() {
    var leaving = new Candidate("a", onLink(SUBNET), "stops");
    assertThat(choose(List.of(leaving, node("b")), new Wish(VIP), Map.of(VIP.first(), "a")))
        .isEqualTo("b");
    assertThat(choose(List.of(leaving), new Wish(VIP), Map.of(VIP.first(), "a")))
        .isEqualTo("nobody {a=stops}");
    var failed = new Wish(VIP, Map.of(), List.of(), Map.of("b", "interface is not Ethernet"));
    assertThat(choose(List.of(node("b"), node("c")), failed, Map.of(VIP.first(), "b")))
        .isEqualTo("c");
  }

  @Test
  void aDrainedNodeHoldsOnlyWhatNoOtherCan() {
    var drained = new Candidate("a", onLink(SUBNET).withDraining(true));
    Map<InetAddress, String> held = Map.of(VIP.first(), "a");
    assertThat(choose(List.of(drained, node("b")), new Wish(VIP), held)).isEqualTo("b");
    assertThat(choose(List.of(drained, node("b")), new Wish(VIP), Map.of())).isEqualTo("b");
    // It returns and pulls nothing back.
    assertThat(choose(List.of(node("a"), node("b")), new Wish(VIP), Map.of(VIP.first(), "b")))
        .isEqualTo("b");
    assertThat(Choice.choose(List.of(drained), List.of(new Wish(VIP)), held, 1.25).get(VIP))
        .isEqualTo(
            new Verdict.Chosen(
                "a", "holds it already; it is being drained, and no other node suits as well"));
    var elsewhere = new Candidate("b", onLink("10.9.0.0/24"));
    var known = new Wish(VIP, Map.of(), List.of(), Map.of(), Set.of(VIP.first()));
    assertThat(choose(List.of(drained, elsewhere), known, held)).isEqualTo("a");
    var local = new Wish(VIP, Map.of(), List.of(Set.of("a")), Map.of());
    assertThat(choose(List.of(drained, node("b")), local, held)).isEqualTo("a");
    var both = new Wish(VIP, Map.of(), List.of(Set.of("a", "b")), Map.of());
    assertThat(choose(List.of(drained, node("b")), both, held)).isEqualTo("b");
    var all = new Candidate("b", onLink(SUBNET).withDraining(true));
    assertThat(choose(List.of(drained, all), new Wish(VIP), held)).isEqualTo("a");
  }

  @Test
  void localPolicyFollowsEndpoints() {
    var local = new Wish(VIP, Map.of(), List.of(Set.of("b")), Map.of());
    List<Candidate> nodes = List.of(node("a"), node("b"), node("c"));
    assertThat(choose(nodes, local, Map.of(VIP.first(), "a"))).isEqualTo("b");
    var nowhere = new Wish(VIP, Map.of(), List.of(Set.of()), Map.of());
    assertThat(choose(nodes, nowhere, Map.of(VIP.first(), "a"))).isEqualTo("a");
    assertThat(choose(nodes, nowhere, Map.of())).contains("no endpoint there");
    var two = new Wish(VIP, Map.of(), List.of(Set.of("a", "b"), Set.of("b", "c")), Map.of());
    assertThat(choose(nodes, two, Map.of(VIP.first(), "c"))).isEqualTo("b");
  }

  @Test
  void aServicesInterfaceIsAskedForByName() {
    var one = new Candidate("a", new NodeLinks("", List.of(link("eth0", SUBNET))));
    var two = new Candidate("b", new NodeLinks("", List.of(link("eth1", "10.9.0.0/24"))));
    var named = new Wish(VIP, Map.of(VIP.first(), "eth1"), List.of(), Map.of());
    assertThat(choose(List.of(one, two), named, Map.of())).isEqualTo("b");
    var missing = new Wish(VIP, Map.of(VIP.first(), "eth7"), List.of(), Map.of());
    assertThat(choose(List.of(one, two), missing, Map.of())).contains("no running interface");
  }

  @ParameterizedTest
  @CsvSource({"10.0.0.100, 10.0.0.1/24, 10.7.0.1/24", "fd00::100, fd00::1/64, fd07::1/64"})
  void anAddressWhoseNetworkSomebodyHasGoesNowhereElse(String vip, String its, String other) {
    AddressGroup address = group(vip);
    var known = new Wish(address, Map.of(), List.of(), Map.of(), Set.of(ip(vip)));
    var routed =
        new Candidate(
            "a",
            new NodeLinks(
                "",
                List.of(new NodeLinks.NodeLink("m", List.of(Prefix.parse(other)), true, true))));
    var listed = new Candidate("b", new NodeLinks("m,n", List.of(link("m", other))));
    var named = new Candidate("c", new NodeLinks("m", List.of(link("m", other))));
    var without = new Candidate("d", NodeLinks.NONE);
    List<Candidate> strangers = List.of(routed, listed, named, without);
    assertThat(choose(strangers, known, Map.of(address.first(), "a")))
        .startsWith("nobody {a=no running interface in the network of ")
        .contains("it has m " + other, "c=no running interface m in", "d=", "it has none");
    assertThat(choose(strangers, new Wish(address), Map.of())).isIn("a", "b", "c");
    var bare = new Candidate("e", new NodeLinks("m", List.of(link("m"))));
    var local = new Candidate("f", new NodeLinks("", List.of(link("m", other), link("n", its))));
    for (Candidate has : List.of(bare, local)) {
      assertThat(choose(List.of(routed, named, has), known, Map.of(address.first(), "a")))
          .isEqualTo(has.node());
    }
    var asked = new Wish(address, Map.of(ip(vip), "m"), List.of(), Map.of(), Set.of(ip(vip)));
    assertThat(choose(List.of(named), asked, Map.of())).isEqualTo("c");
  }

  @Test
  void presentHolderOfAMergedGroupIsTheOneWithMost() {
    AddressGroup three = group("10.0.0.1", "10.0.0.2", "10.0.0.3");
    assertThat(
            Choice.presentHolder(
                three, Map.of(ip("10.0.0.1"), "a", ip("10.0.0.2"), "b", ip("10.0.0.3"), "b")))
        .contains("b");
    assertThat(Choice.presentHolder(three, Map.of(ip("10.0.0.2"), "b", ip("10.0.0.3"), "a")))
        .contains("b");
  }

  @Property(tries = 100)
  void loadIsBoundedAndOrderOfTheInputDoesNotMatter(
      @ForAll @IntRange(min = 1, max = 9) int nodes,
      @ForAll @IntRange(min = 1, max = 200) int groups,
      @ForAll long seed) {
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      candidates.add(new Candidate("node-" + i, onLink("10.0.0.0/16")));
    }
    List<Wish> wishes = new ArrayList<>();
    for (int i = 1; i <= groups; i++) {
      wishes.add(new Wish(group("10.0." + i / 250 + "." + i % 250)));
    }
    var verdicts = Choice.choose(candidates, wishes, Map.of(), 1.25);
    Map<String, Long> load =
        verdicts.values().stream()
            .collect(Collectors.groupingBy(ChoiceTest::holder, Collectors.counting()));
    assertThat(load.values())
        .allMatch(count -> count <= Math.ceil(1.25 * groups / nodes), "bounded");
    Collections.shuffle(candidates, new Random(seed));
    Collections.shuffle(wishes, new Random(seed));
    assertThat(Choice.choose(candidates, wishes, Map.of(), 1.25)).isEqualTo(verdicts);
  }

  @Property(tries = 50)
  void onlyTheDeadNodesGroupsMove(@ForAll @IntRange(min = 2, max = 7) int nodes) {
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      candidates.add(node("node-" + i));
    }
    List<Wish> wishes = new ArrayList<>();
    for (int i = 1; i <= 60; i++) {
      wishes.add(new Wish(group("10.0.0." + i)));
    }
    Map<InetAddress, String> before = new HashMap<>();
    Choice.choose(candidates, wishes, Map.of(), 1.25)
        .forEach((group, verdict) -> before.put(group.first(), holder(verdict)));
    var after = Choice.choose(candidates.subList(1, nodes), wishes, before, 1.25);
    after.forEach((group, verdict) -> {
      String holder = before.get(group.first());
      if (!"node-0".equals(holder)) {
        assertThat(holder(verdict)).isEqualTo(holder);
      }
    });
  }
}
