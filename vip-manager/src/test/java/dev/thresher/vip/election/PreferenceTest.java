package dev.thresher.vip.election;

import static dev.thresher.vip.election.Net.group;
import static dev.thresher.vip.election.Net.onLink;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Preferred nodes and rebalancing: what [Choice] and [Rebalance] make of them.
class PreferenceTest {

  private static final String SUBNET = "10.0.0.0/16";
  private static final AddressGroup VIP = group("10.0.0.100");

  private static Wish wish(AddressGroup group, List<String> preferred, List<Set<String>> localTo) {
    return new Wish(group, Map.of(), localTo, Map.of(), Set.of(), preferred);
  }

  private static Wish prefers(String... nodes) {
    return wish(VIP, List.of(nodes), List.of());
  }

  /// A node in a state, with the address' network unless the state says otherwise.
  private static Candidate node(String name, String state) {
    return switch (state) {
      case "well" -> new Candidate(name, onLink(SUBNET));
      case "drained" -> new Candidate(name, onLink(SUBNET).withDraining(true));
      case "unheard" -> new Candidate(name, onLink(SUBNET).unheardOn(Map.of(SUBNET, "by nobody")));
      case "routed" ->
          new Candidate(
              name,
              new NodeLinks("", List.of(new NodeLinks.NodeLink("eth0", List.of(), true, true))));
      case "offLink" -> new Candidate(name, onLink("192.0.2.0/24"));
      case "barred" -> new Candidate(name, onLink(SUBNET), "it is about to stop");
      default -> throw new IllegalArgumentException(state);
    };
  }

  private static Verdict.Chosen choose(
      List<Candidate> nodes, Wish wish, Map<InetAddress, String> holders) {
    return chosen(Choice.choose(nodes, List.of(wish), holders, 1.25).values().iterator().next());
  }

  private static Verdict.Chosen chosen(Verdict verdict) {
    return (Verdict.Chosen) verdict;
  }

  /// Which node has the highest hash does not matter: each is preferred in turn.
  @Test
  void ofNodesThatSuitAsWellThePreferredOneIsChosen() {
    List<Candidate> nodes = List.of(node("a", "well"), node("b", "well"), node("c", "well"));
    for (String node : List.of("a", "b", "c")) {
      assertThat(choose(nodes, prefers(node), Map.of()))
          .isEqualTo(new Verdict.Chosen(node, "preferred node 1 of 1"));
      assertThat(choose(nodes, prefers("gone", node, "a"), Map.of()))
          .isEqualTo(new Verdict.Chosen(node, "preferred node 2 of 3"));
    }
    assertThat(choose(nodes, prefers("gone"), Map.of()))
        .isEqualTo(choose(nodes, prefers(), Map.of()));
  }

  /// `a` is preferred in the first place, `b` in the second; `c` is well.
  @ParameterizedTest(name = "a {0}, b {1}, held by {2}: {3} chosen, rebalance on the holder to {4}")
  @CsvSource({
    "well,    well,    -, a, -",
    "well,    well,    a, a, -",
    "well,    well,    b, b, a",
    "well,    well,    c, c, a",
    "drained, well,    -, b, -",
    "drained, well,    b, b, -",
    "drained, well,    c, c, b",
    "drained, well,    a, b, -",
    "drained, drained, c, c, -",
    "offLink, well,    c, c, b",
    "offLink, well,    -, b, -",
    "routed,  well,    c, c, b",
    "routed,  routed,  c, c, -",
    "unheard, well,    c, c, b",
    "unheard, unheard, -, c, -",
    "barred,  well,    c, c, b",
    "barred,  well,    -, b, -",
  })
  void preferenceRanksBelowWhatMakesANodeSuitAndUnseatsNobody(
      String a, String b, String holder, String chosen, String to) {
    List<Candidate> nodes = List.of(node("a", a), node("b", b), node("c", "well"));
    Map<InetAddress, String> holders = holder.equals("-") ? Map.of() : Map.of(VIP.first(), holder);
    Wish wish = prefers("a", "b");
    assertThat(choose(nodes, wish, holders).node()).isEqualTo(chosen);
    var moves = Rebalance.moves(holder, nodes, List.of(wish), holders, 1.25);
    assertThat(moves.values().stream().map(Verdict.Chosen::node))
        .isEqualTo(to.equals("-") ? List.of() : List.of(to));
  }

  @Test
  void anEndpointOfPolicyLocalGoesBeforePreference() {
    List<Candidate> nodes = List.of(node("a", "well"), node("b", "well"));
    Wish local = wish(VIP, List.of("a"), List.of(Set.of("b")));
    assertThat(choose(nodes, local, Map.of()).node()).isEqualTo("b");
    assertThat(Rebalance.moves("b", nodes, List.of(local), Map.of(VIP.first(), "b"), 1.25))
        .isEmpty();
  }

  @Test
  void whoKeepsWhatAnotherIsPreferredForSaysSo() {
    List<Candidate> nodes = List.of(node("a", "well"), node("b", "well"));
    assertThat(choose(nodes, prefers("b"), Map.of(VIP.first(), "a")).reason())
        .startsWith("holds it already; preferred is b")
        .contains("vip-manager rebalance");
    assertThat(choose(nodes, prefers("b"), Map.of(VIP.first(), "b")).reason())
        .isEqualTo("holds it already");
  }

  /// Of eight groups the first six by address prefer nobody, and would fill a node to its share.
  @Test
  void whoIsPreferredIsGivenMoreThanItsShareAndTheOthersLess() {
    List<Candidate> nodes = List.of(node("a", "well"), node("b", "well"));
    List<Wish> wishes = new ArrayList<>();
    for (int i = 1; i <= 8; i++) {
      wishes.add(wish(group("10.0.0." + i), i <= 2 ? List.of() : List.of("a"), List.of()));
    }
    var verdicts = Choice.choose(nodes, wishes, Map.of(), 1.0);
    verdicts.forEach((group, verdict) ->
        assertThat(chosen(verdict).node())
            .as(group.toString())
            .isEqualTo(group.compareTo(group("10.0.0.2")) <= 0 ? "b" : "a"));
  }

  @Test
  void whereNobodyIsBetterNothingMoves() {
    Wish wish = prefers();
    Map<InetAddress, String> holders = Map.of(VIP.first(), "a");
    for (String other : List.of("b", "c", "d", "e", "f", "g")) {
      for (String state : List.of("unheard", "drained")) {
        List<Candidate> nodes = List.of(node("a", state), node(other, state));
        assertThat(choose(nodes, wish, holders).node()).isEqualTo("a");
        assertThat(Rebalance.moves("a", nodes, List.of(wish), holders, 1.25))
            .as("%s and %s are %s", "a", other, state)
            .isEmpty();
      }
    }
  }

  @Test
  void onlyTheHolderHandsOver() {
    List<Candidate> nodes = List.of(node("a", "well"), node("b", "well"));
    Map<InetAddress, String> holders = Map.of(VIP.first(), "b");
    assertThat(Rebalance.moves("b", nodes, List.of(prefers("a")), holders, 1.25)).hasSize(1);
    assertThat(Rebalance.moves("a", nodes, List.of(prefers("a")), holders, 1.25)).isEmpty();
  }

  /// Any node holds anything; each is asked once, hands over group after group, and all others
  /// choose in between. Then all is where a choice afresh has it, and asking again moves nothing.
  @Property(tries = 200)
  void askedOnceEachNodesComeToTheFreshChoiceAndStayThere(
      @ForAll @IntRange(min = 1, max = 6) int nodes,
      @ForAll @IntRange(min = 1, max = 40) int groups,
      @ForAll @IntRange(max = 3) int preferring,
      @ForAll long seed) {
    var random = new java.util.Random(seed);
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      candidates.add(node("n" + i, "well"));
    }
    List<Wish> wishes = new ArrayList<>();
    Map<InetAddress, String> holders = new HashMap<>();
    for (int i = 1; i <= groups; i++) {
      AddressGroup group = group("10.0.0." + i);
      boolean prefers = random.nextInt(4) < preferring;
      wishes.add(
          wish(group, prefers ? List.of("n" + random.nextInt(nodes)) : List.of(), List.of()));
      holders.put(group.first(), "n" + random.nextInt(nodes));
    }
    SortedMap<AddressGroup, Verdict> fresh = Choice.choose(candidates, wishes, Map.of(), 1.25);
    int moved = 0;
    for (Candidate holder : candidates) {
      SortedMap<AddressGroup, Verdict.Chosen> moves =
          Rebalance.moves(holder.node(), candidates, wishes, holders, 1.25);
      moved += moves.size();
      for (Map.Entry<AddressGroup, Verdict.Chosen> move : moves.entrySet()) {
        holders.put(move.getKey().first(), move.getValue().node());
        var after = new TreeMap<AddressGroup, String>();
        Choice.choose(candidates, wishes, holders, 1.25)
            .forEach((group, verdict) -> after.put(group, chosen(verdict).node()));
        after.forEach((group, node) ->
            assertThat(node).as("of all nodes").isEqualTo(holders.get(group.first())));
      }
    }
    assertThat(moved).isLessThanOrEqualTo(groups);
    fresh.forEach((group, verdict) ->
        assertThat(holders.get(group.first())).isEqualTo(chosen(verdict).node()));
    for (Candidate holder : candidates) {
      assertThat(Rebalance.moves(holder.node(), candidates, wishes, holders, 1.25)).isEmpty();
    }
  }
}
