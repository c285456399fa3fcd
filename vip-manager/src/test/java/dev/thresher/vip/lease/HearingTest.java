package dev.thresher.vip.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Nodes that tell each other whom they miss, without loss or delay.
class HearingTest {

  private static final long BEAT = 100_000_000L;
  private static final String NET = "192.0.2.0/24";

  private final Map<String, Session> sessions = new LinkedHashMap<>();
  private final Map<String, Hearing> nodes = new LinkedHashMap<>();
  private final Set<String> deafTo = new HashSet<>();
  private VoterRecord record = LeaseWorld.record(List.of("a", "b", "c"), false, 400, 400);
  private long now;

  private void nodes(String... names) {
    for (String name : names) {
      Session session = new Session(name, 1);
      sessions.put(name, session);
      nodes.put(name, new Hearing(session, BEAT, now));
    }
    for (String name : names) {
      Set<String> others = new TreeSet<>(List.of(names));
      others.remove(name);
      hearing(name).expect(Map.of(NET, others), now);
    }
  }

  private Hearing hearing(String name) {
    return Objects.requireNonNull(nodes.get(name));
  }

  /// Nothing from or to the node goes over the network.
  private void cutOff(String node) {
    nodes.keySet().forEach(other -> cut(node, other));
  }

  private void cut(String one, String other) {
    deafTo.add(one + ">" + other);
    deafTo.add(other + ">" + one);
  }

  private void beats(int count) {
    for (int i = 0; i < count; i++) {
      now += BEAT;
      nodes.forEach((name, hearing) ->
          nodes.keySet().stream()
              .filter(other -> !other.equals(name) && !deafTo.contains(other + ">" + name))
              .forEach(other -> hearing.heard(other, NET, now)));
      nodes.forEach((name, hearing) ->
          hearing
              .settle(record, nodes.keySet(), now)
              .forEach(action -> {
                if (action instanceof LeaseAction.Send(var to, LeaseMessage.Misses misses)
                    && !to.equals(name)) {
                  hearing(to).told(misses);
                }
              }));
    }
  }

  private Map<String, SortedMap<String, String>> deaf(String inTheEyesOf) {
    return hearing(inTheEyesOf).deaf(record, sessions);
  }

  private static Map<String, SortedMap<String, String>> one(String node, String reason) {
    return Map.of(node, new TreeMap<>(Map.of(NET, reason)));
  }

  @Test
  void whoeverIsHeardIsNotDeaf() {
    nodes("a", "b", "c", "d");
    beats(40);
    nodes.keySet().forEach(node -> assertThat(deaf(node)).isEmpty());
  }

  @Test
  void aVoterThatNobodyHearsIsDeafInTheEyesOfAll() {
    nodes("a", "b", "c", "d");
    beats(20);
    cutOff("a");
    beats(4);
    assertThat(deaf("d")).as("a few lost heartbeats").isEmpty();
    beats(4);
    for (String node : nodes.keySet()) {
      assertThat(deaf(node)).isEqualTo(one("a", "heard there by 0 of 2 voters"));
    }
    deafTo.clear();
    beats(1);
    nodes.keySet().forEach(node -> assertThat(deaf(node)).isEmpty());
  }

  @Test
  void aNodeThatDoesNotVoteIsJudgedByThoseWhoDo() {
    nodes("a", "b", "c", "d");
    beats(20);
    cutOff("d");
    beats(10);
    assertThat(deaf("a")).isEqualTo(one("d", "heard there by 0 of 3 voters"));
    assertThat(deaf("d")).isEqualTo(one("d", "heard there by 0 of 3 voters"));
  }

  @Test
  void aMajorityIsEnough() {
    nodes("a", "b", "c", "d");
    beats(20);
    cut("d", "a");
    beats(10);
    assertThat(deaf("b")).isEmpty();
    cut("d", "b");
    beats(10);
    assertThat(deaf("b")).isEqualTo(one("d", "heard there by 1 of 3 voters"));
  }

  /// A data network of the workers, say.
  @Test
  void whereFewerThanTwoVotersAreAllJudge() {
    record = LeaseWorld.record(List.of("a", "x", "y"), false, 400, 400);
    nodes("a", "b", "c");
    beats(20);
    cutOff("a");
    beats(10);
    assertThat(deaf("b")).isEqualTo(one("a", "heard there by 0 of 2 nodes"));
    assertThat(deaf("a")).isEqualTo(one("a", "heard there by 0 of 2 nodes"));
    deafTo.clear();
    beats(1);
    assertThat(deaf("b")).isEmpty();
    cutOff("b");
    beats(10);
    assertThat(deaf("c")).isEqualTo(one("b", "heard there by 0 of 2 nodes"));
  }

  @Test
  void alsoWhereNoneIs() {
    record = LeaseWorld.record(List.of("x", "y", "z"), false, 400, 400);
    nodes("a", "b", "c");
    beats(20);
    cutOff("a");
    beats(10);
    nodes
        .keySet()
        .forEach(node -> assertThat(deaf(node)).isEqualTo(one("a", "heard there by 0 of 2 nodes")));
    deafTo.clear();
    cut("a", "b");
    cut("a", "c");
    cut("b", "c");
    beats(10);
    nodes.keySet().forEach(node -> assertThat(deaf(node)).as("nobody hears anybody").isEmpty());
  }

  /// They hear only the voters at every heartbeat.
  @Test
  void amongManyNodesOnlyVotersJudge() {
    record = LeaseWorld.record(List.of("x", "y", "z"), false, 400, 400);
    nodes("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l");
    beats(20);
    cutOff("a");
    beats(10);
    nodes.keySet().forEach(node -> assertThat(deaf(node)).isEmpty());
  }

  @Test
  void ofTwoThatDoNotHearEachOtherNeitherIsBlamed() {
    record = LeaseWorld.record(List.of("a", "b"), true, 400, 400);
    nodes("a", "b");
    beats(20);
    cut("a", "b");
    beats(20);
    assertThat(deaf("a")).isEmpty();
    assertThat(deaf("b")).isEmpty();
  }

  @Test
  void aNetworkWhoseMessagesAreFilteredBlamesNobody() {
    nodes("a", "b", "c");
    List.of("a", "b", "c").forEach(this::cutOff);
    beats(40);
    nodes.keySet().forEach(node -> assertThat(deaf(node)).isEmpty());
  }

  @Test
  void whoComesLaterHasTimeToBeHeard() {
    nodes("a", "b", "c");
    beats(20);
    for (String name : List.of("a", "b", "c")) {
      Set<String> others = new TreeSet<>(List.of("a", "b", "c", "d"));
      others.remove(name);
      hearing(name).expect(Map.of(NET, others), now);
    }
    sessions.put("d", new Session("d", 1));
    beats(10);
    assertThat(deaf("a")).isEmpty();
    beats(10);
    assertThat(deaf("a")).isEqualTo(one("d", "heard there by 0 of 3 voters"));
  }

  @Test
  void theWordOfADeadVoterDoesNotCount() {
    nodes("a", "b", "c", "d");
    beats(20);
    cut("d", "b");
    cut("d", "c");
    beats(10);
    assertThat(deaf("a")).containsOnlyKeys("d");
    Map<String, Session> live = new HashMap<>(sessions);
    live.remove("b");
    assertThat(hearing("a").deaf(record, live)).isEqualTo(one("d", "heard there by 1 of 2 voters"));
    live.remove("c");
    assertThat(hearing("a").deaf(record, live)).isEmpty();
  }

  @Test
  void whatCameOtherWaysSaysNothing() {
    nodes("a", "b", "c");
    beats(20);
    cutOff("a");
    for (int i = 0; i < 10; i++) {
      beats(1);
      hearing("b").heard("a", "", now);
      hearing("c").heard("a", "198.51.100.0/24", now);
    }
    assertThat(deaf("b")).containsOnlyKeys("a");
  }
}
