package dev.thresher.vip.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.lease.LeaseMessage.Condition;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PresenceTest {

  private static final long MS = 1_000_000L;
  private static final InetAddress A = LeaseWorld.ADDRESSES.get(0);
  private static final Session ME = new Session("n1", 1);
  private static final Session OTHER = new Session("n2", 2);

  private static final VoterRecord RECORD = LeaseWorld.record(List.of("n2", "n3"), true, 400, 400);

  private final Presence presence = new Presence(ME, 100 * MS, 0);

  PresenceTest() {
    presence.peers(Set.of("n2", "n3"));
  }

  private LeaseView view(boolean running, long now) {
    return presence.view(running, new Hearing(ME, 100 * MS, 0), null, now);
  }

  private static SortedMap<InetAddress, Long> epochs(long epoch) {
    SortedMap<InetAddress, Long> epochs = new TreeMap<>(AddressGroup.ORDER);
    epochs.put(A, epoch);
    return epochs;
  }

  private static SortedMap<InetAddress, Long> nothing() {
    return new TreeMap<>(AddressGroup.ORDER);
  }

  private static LeaseMessage.Holds holds(long version, long epoch, boolean leaving) {
    return new LeaseMessage.Holds(
        OTHER, version, epochs(epoch), leaving ? Condition.LEAVING : Condition.WELL);
  }

  @Test
  void aNodeIsLiveWhileItIsHeard() {
    presence.heard(OTHER, 0);
    assertThat(view(true, 399 * MS).live())
        .containsOnly(Map.entry("n1", ME), Map.entry("n2", OTHER));
    assertThat(view(true, 400 * MS).live()).containsOnlyKeys("n1");
    assertThat(view(false, 0).live()).containsOnlyKeys("n2");
  }

  @Test
  void whoIsNoPeerIsNotCounted() {
    presence.heard(new Session("stranger", 9), 0);
    assertThat(view(true, 0).live()).containsOnlyKeys("n1");
  }

  @Test
  void holdersAreWhoSaidSoLastAndWithTheHigherEpoch() {
    presence.holds(holds(3, 5, false), 0);
    assertThat(view(true, 0).holders())
        .containsExactly(Map.entry(A, new LeaseView.Owner(OTHER, 5)));
    presence.holds(holds(2, 9, false), 0);
    assertThat(view(true, 0).holders().get(A)).isEqualTo(new LeaseView.Owner(OTHER, 5));
    presence.settle(epochs(6), null, 0);
    assertThat(view(true, 0).holders().get(A)).isEqualTo(new LeaseView.Owner(ME, 6));
  }

  @Test
  void holdersAreTheSameObjectUntilSomebodySaysOtherwise() {
    presence.holds(holds(3, 5, false), 0);
    Map<InetAddress, LeaseView.Owner> before = view(true, 0).holders();
    presence.heard(OTHER, 10 * MS);
    presence.holds(holds(3, 5, false), 20 * MS);
    presence.settle(nothing(), null, 20 * MS);
    assertThat(view(true, 30 * MS).holders()).isSameAs(before);
    presence.heard(new Session("n2", 3), 40 * MS);
    assertThat(view(true, 40 * MS).holders()).isEmpty();
    presence.holds(holds(4, 7, false), 50 * MS);
    presence.settle(epochs(8), null, 50 * MS);
    assertThat(view(true, 50 * MS).holders().get(A)).isEqualTo(new LeaseView.Owner(ME, 8));
    presence.settle(nothing(), null, 60 * MS);
    assertThat(view(true, 60 * MS).holders().get(A)).isEqualTo(new LeaseView.Owner(OTHER, 7));
    presence.peers(Set.of("n3"));
    assertThat(view(true, 60 * MS).holders()).isEmpty();
  }

  @Test
  void whoLeavesOrDiedIsNotLiveUntilAnotherProcessIsHeard() {
    presence.holds(holds(3, 5, true), 0);
    assertThat(view(true, 0).live()).containsOnlyKeys("n1");
    Session next = new Session("n2", 3);
    presence.heard(next, 10 * MS);
    assertThat(view(true, 10 * MS).live()).containsEntry("n2", next);
    presence.died(OTHER);
    assertThat(view(true, 10 * MS).live()).containsEntry("n2", next);
    presence.died(next);
    assertThat(view(true, 10 * MS).live()).containsOnlyKeys("n1");
  }

  @Test
  void tellsOfChangesAtOnceAndThatItIsThereEachBeat() {
    List<LeaseAction> first = presence.settle(epochs(1), RECORD, 0);
    assertThat(first)
        .containsExactlyInAnyOrder(
            new LeaseAction.Send("n2", new LeaseMessage.Holds(ME, 1, epochs(1), Condition.WELL)),
            new LeaseAction.Send("n3", new LeaseMessage.Holds(ME, 1, epochs(1), Condition.WELL)));
    assertThat(presence.settle(epochs(1), RECORD, 50 * MS)).isEmpty();
    assertThat(presence.settle(epochs(1), RECORD, 100 * MS))
        .contains(new LeaseAction.Send("n2", new LeaseMessage.Alive(ME)));
    assertThat(presence.settle(nothing(), RECORD, 120 * MS))
        .contains(
            new LeaseAction.Send("n2", new LeaseMessage.Holds(ME, 2, nothing(), Condition.WELL)));
    presence.leave();
    assertThat(presence.settle(nothing(), RECORD, 121 * MS))
        .contains(
            new LeaseAction.Send(
                "n2", new LeaseMessage.Holds(ME, 3, nothing(), Condition.LEAVING)));
  }

  @Test
  void whoFollowsNoVotersSaysThatItIsThereByAskingForThem() {
    presence.settle(nothing(), null, 0);
    assertThat(presence.settle(nothing(), null, 100 * MS))
        .containsExactlyInAnyOrder(
            new LeaseAction.Send("n2", new LeaseMessage.NeedVoters(ME, new RecordMark(0, 0))),
            new LeaseAction.Send("n3", new LeaseMessage.NeedVoters(ME, new RecordMark(0, 0))));
  }

  @Test
  void amongManyNodesTheVotersSayWhoIsThere() {
    Set<String> many = new HashSet<>();
    for (int i = 2; i <= 30; i++) {
      many.add("n" + i);
    }
    presence.peers(many);
    VoterRecord record = LeaseWorld.record(List.of("n2", "n3", "n4"), false, 400, 400);
    presence.settle(nothing(), record, 0);
    assertThat(presence.settle(nothing(), record, 100 * MS)).isEmpty();
    Session voter = new Session("n2", 7);
    Session other = new Session("n9", 8);
    presence.holds(new LeaseMessage.Holds(other, 1, nothing(), Condition.WELL), 0);
    presence.heard(voter, 0);
    presence.hears(new LeaseMessage.Hears(voter, 1, new TreeMap<>(Map.of("n9", 8L))));
    presence.heard(voter, 1_000 * MS);
    assertThat(live(record, 1_000 * MS)).containsOnlyKeys("n2", "n9", "n1");
    assertThat(live(record, 1_400 * MS)).as("the voter is silent").containsOnlyKeys("n1");
    presence.heard(voter, 2_000 * MS);
    presence.hears(new LeaseMessage.Hears(voter, 2, new TreeMap<>(Map.of("n9", 9L))));
    assertThat(live(record, 2_000 * MS)).as("another process").containsOnlyKeys("n2", "n1");
    presence.hears(new LeaseMessage.Hears(voter, 3, new TreeMap<>(Map.of("n9", 8L))));
    presence.hears(new LeaseMessage.Hears(voter, 2, new TreeMap<>()));
    assertThat(live(record, 2_000 * MS)).containsKey("n9");
    presence.died(other);
    assertThat(live(record, 2_000 * MS)).as("dead").doesNotContainKey("n9");
    VoterRecord without = LeaseWorld.record(List.of("n3", "n4"), false, 400, 400);
    presence.holds(new LeaseMessage.Holds(new Session("n9", 10), 1, nothing(), Condition.WELL), 0);
    presence.hears(new LeaseMessage.Hears(voter, 4, new TreeMap<>(Map.of("n9", 10L))));
    assertThat(live(without, 2_000 * MS)).as("no voter").doesNotContainKey("n9");
  }

  private Map<String, Session> live(VoterRecord record, long now) {
    return presence.view(true, new Hearing(ME, 100 * MS, 0), record, now).live();
  }

  @Test
  void aVoterAmongManySaysWhomItHearsWhenThatChanges() {
    Set<String> many = new HashSet<>();
    for (int i = 2; i <= 30; i++) {
      many.add("n" + i);
    }
    presence.peers(many);
    VoterRecord record = LeaseWorld.record(List.of("n1", "n2", "n3"), false, 400, 400);
    presence.settle(nothing(), record, 0);
    presence.heard(OTHER, 50 * MS);
    var said = new LeaseMessage.Hears(ME, 2, new TreeMap<>(Map.of("n2", 2L)));
    assertThat(presence.settle(nothing(), record, 100 * MS))
        .hasSize(29)
        .contains(new LeaseAction.Send("n17", said));
    presence.heard(OTHER, 150 * MS);
    assertThat(presence.settle(nothing(), record, 200 * MS)).isEmpty();
    presence.settle(nothing(), record, 300 * MS);
    presence.settle(nothing(), record, 400 * MS);
    presence.settle(nothing(), record, 500 * MS);
    assertThat(presence.settle(nothing(), record, 600 * MS))
        .contains(new LeaseAction.Send("n17", new LeaseMessage.Hears(ME, 3, new TreeMap<>())));
  }

  @Test
  void tellsTheWholeAgainNowAndThen() {
    presence.settle(epochs(1), null, 0);
    int whole = 0;
    for (long beat = 1; beat <= 40; beat++) {
      whole +=
          (int)
              presence.settle(epochs(1), null, beat * 100 * MS).stream()
                  .filter(action ->
                      action instanceof LeaseAction.Send(var to, LeaseMessage.Holds _)
                          && to.equals("n2"))
                  .count();
    }
    assertThat(whole).isEqualTo(2);
  }

  @Test
  void aProcessThatIsNewIsToldAtOnceAndAFewTimesMoreWhatIsHeld() {
    SortedMap<InetAddress, Long> held = epochs(7);
    presence.settle(held, RECORD, 0);
    presence.settle(held, RECORD, 100 * MS);
    presence.heard(OTHER, 130 * MS);
    assertThat(presence.settle(held, RECORD, 130 * MS))
        .as("at once, and nobody else")
        .containsExactly(new LeaseAction.Send("n2", says(1, 7)));
    assertThat(presence.settle(held, RECORD, 140 * MS)).isEmpty();
    for (long beat = 2; beat < 7; beat++) {
      assertThat(presence.settle(held, RECORD, beat * 100 * MS))
          .containsExactlyInAnyOrder(
              new LeaseAction.Send("n2", says(1, 7)),
              new LeaseAction.Send("n3", new LeaseMessage.Alive(ME)));
    }
    assertThat(presence.settle(held, RECORD, 700 * MS))
        .containsExactlyInAnyOrder(
            new LeaseAction.Send("n2", new LeaseMessage.Alive(ME)),
            new LeaseAction.Send("n3", new LeaseMessage.Alive(ME)));
  }

  private static LeaseMessage.Holds says(long version, long epoch) {
    return new LeaseMessage.Holds(ME, version, epochs(epoch), Condition.WELL);
  }
}
