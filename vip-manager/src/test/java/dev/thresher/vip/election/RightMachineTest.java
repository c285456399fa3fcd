package dev.thresher.vip.election;

import static dev.thresher.vip.election.Net.ip;
import static dev.thresher.vip.election.Net.onLink;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.l2.Claim;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// One node's machine, `a`, with `b` as its peer.
class RightMachineTest {

  private static final long SECOND = 1_000_000_000L;
  private static final InetAddress VIP = ip("10.0.0.100");
  private static final NodeLinks LINKS = onLink("10.0.0.0/24");

  private final RightMachine machine =
      new RightMachine("a", "pa", RightTimes.defaults(), LINKS, () -> 500);
  private final Session mine = new Session(500, "pa");
  private final Session theirs = new Session(7, "pb");
  private final List<RightAction> actions = new ArrayList<>();
  private long now = 100 * SECOND;

  private RightMachineTest on(RightEvent event) {
    actions.clear();
    actions.addAll(machine.on(event, now));
    return this;
  }

  private <T extends RightAction> List<T> done(Class<T> kind) {
    return actions.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private NodeLease lease(String node, String version, Session session) {
    return new NodeLease(node, version, session, List.of(), LINKS, false);
  }

  private static HoldersRecord record(long version, Map<InetAddress, Holder> holders) {
    var sorted = new TreeMap<InetAddress, Holder>(AddressGroup.ORDER);
    sorted.putAll(holders);
    return new HoldersRecord("u", "rv" + version, version, sorted);
  }

  /// With a session, a live peer and the record as given.
  private void joined(HoldersRecord record) {
    on(new RightEvent.Began());
    on(new RightEvent.OwnLeaseRead(Optional.empty()));
    on(new RightEvent.Renewed(lease("a", "1", mine), now));
    assertThat(done(RightAction.BeginSession.class))
        .containsExactly(new RightAction.BeginSession(mine));
    on(new RightEvent.PeerSeen(lease("b", "1", theirs)));
    on(new RightEvent.RecordRead(Optional.of(record), now));
  }

  private void want(String node, long version) {
    on(new RightEvent.Want(Map.of(VIP, node), version));
  }

  @Test
  void joinsByReadingThenWritingItsLeaseThenReadingTheRecord() {
    on(new RightEvent.Began());
    assertThat(done(RightAction.ReadOwnLease.class)).hasSize(1);
    assertThat(done(RightAction.ReadRecord.class)).hasSize(1);
    on(new RightEvent.OwnLeaseRead(Optional.of(lease("a", "9", new Session(800, "old")))));
    assertThat(done(RightAction.WriteOwnLease.class))
        .containsExactly(new RightAction.WriteOwnLease("9", new Session(801, "pa"), LINKS, false));
  }

  @Test
  void takesAFreeAddressAndHoldsItOnlyWhenTheRecordSaysSo() {
    joined(record(1, Map.of()));
    want("a", 1);
    assertThat(done(RightAction.Grant.class)).isEmpty();
    assertThat(done(RightAction.ChangeRecord.class)).hasSize(1);
    on(new RightEvent.RecordWritten(record(2, Map.of(VIP, new Holder("a", mine, 1)))));
    assertThat(done(RightAction.Grant.class))
        .containsExactly(new RightAction.Grant(Map.of(VIP, Claim.FIRST)));
    assertThat(done(RightAction.Announce.class)).containsExactly(new RightAction.Announce(2));
  }

  @Test
  void theWatchMayBeFasterThanTheAnswer() {
    joined(record(1, Map.of()));
    want("a", 1);
    HoldersRecord after = record(2, Map.of(VIP, new Holder("a", mine, 1)));
    on(new RightEvent.RecordSeen(after));
    assertThat(done(RightAction.Grant.class)).hasSize(1);
    on(new RightEvent.RecordWritten(after));
    assertThat(done(RightAction.Grant.class)).isEmpty();
    assertThat(done(RightAction.Revoke.class)).isEmpty();
    on(new RightEvent.RecordSeen(record(1, Map.of())));
    assertThat(done(RightAction.Revoke.class)).as("an old watch event changes nothing").isEmpty();
  }

  @Test
  void aLivingPeersAddressIsLeftAloneUntilItsDeathIsProven() {
    joined(record(1, Map.of(VIP, new Holder("b", theirs, 1))));
    want("a", 1);
    assertThat(done(RightAction.ChangeRecord.class)).isEmpty();
    on(new RightEvent.ProcessDied("b", "other"));
    assertThat(done(RightAction.ChangeRecord.class)).isEmpty();
    on(new RightEvent.ProcessDied("b", "pb"));
    assertThat(done(RightAction.ChangeRecord.class))
        .extracting(change -> change.changes().get(VIP))
        .containsExactly(Optional.of(new Holder("a", mine, 2)));
    on(new RightEvent.RecordWritten(record(2, Map.of(VIP, new Holder("a", mine, 2)))));
    assertThat(done(RightAction.Grant.class))
        .containsExactly(new RightAction.Grant(Map.of(VIP, Claim.TAKE_OVER)));
  }

  @Test
  void aLaterSessionOfAPeerEndsTheEarlierOne() {
    joined(record(1, Map.of(VIP, new Holder("b", theirs, 1))));
    want("a", 1);
    on(new RightEvent.PeerSeen(lease("b", "2", new Session(8, "pb2"))));
    assertThat(done(RightAction.ChangeRecord.class)).hasSize(1);
  }

  @Test
  void anEarlierSessionSeenLateEndsNothing() {
    Session later = new Session(8, "pb2");
    joined(record(1, Map.of(VIP, new Holder("b", later, 1))));
    on(new RightEvent.PeerSeen(lease("b", "2", later)));
    want("a", 1);
    on(new RightEvent.PeerSeen(lease("b", "1", theirs)));
    assertThat(done(RightAction.ChangeRecord.class)).isEmpty();
  }

  @Test
  void aSilentPeerIsDeadOnlyAfterTheLeaseDurationAndTheServersWord() {
    joined(record(1, Map.of(VIP, new Holder("b", theirs, 1))));
    want("a", 1);
    for (int i = 1; i <= 14; i++) {
      now += SECOND;
      on(new RightEvent.Renewed(lease("a", "r" + i, mine), now));
      assertThat(done(RightAction.ConfirmLease.class)).isEmpty();
    }
    now += SECOND + 1;
    on(new RightEvent.Renewed(lease("a", "r15", mine), now));
    assertThat(done(RightAction.ConfirmLease.class))
        .containsExactly(new RightAction.ConfirmLease("b"));
    on(new RightEvent.PeerConfirmed("b", Optional.of(lease("b", "2", theirs)), now));
    assertThat(done(RightAction.ChangeRecord.class)).as("it was renewed after all").isEmpty();
    now += 9 * SECOND;
    on(new RightEvent.Renewed(lease("a", "r16", mine), now));
    now += 6 * SECOND;
    on(new RightEvent.Renewed(lease("a", "r17", mine), now));
    on(new RightEvent.PeerConfirmed("b", Optional.of(lease("b", "2", theirs)), now));
    assertThat(done(RightAction.ChangeRecord.class)).hasSize(1);
  }

  /// As where this process stood still while the answer waited for it.
  @Test
  void anAnswerToAnEarlierQuestionIsNoProofOfDeath() {
    joined(record(1, Map.of(VIP, new Holder("b", theirs, 1))));
    want("a", 1);
    now += 15 * SECOND;
    on(new RightEvent.PeerSeen(lease("b", "1", theirs)));
    assertThat(done(RightAction.ConfirmLease.class))
        .containsExactly(new RightAction.ConfirmLease("b"));
    long asked = now;
    on(new RightEvent.PeerSeen(lease("b", "2", theirs)));
    now += 20 * SECOND;
    on(new RightEvent.Tick());
    assertThat(done(RightAction.ConfirmLease.class))
        .containsExactly(new RightAction.ConfirmLease("b"));
    on(new RightEvent.PeerConfirmed("b", Optional.of(lease("b", "2", theirs)), asked));
    assertThat(done(RightAction.Publish.class)).isEmpty();
    on(new RightEvent.PeerConfirmed("b", Optional.of(lease("b", "2", theirs)), now));
    assertThat(done(RightAction.Publish.class)).hasSize(1);
  }

  @Test
  void whatWasReadBeforeTheRecordWasMadeIsReadAgain() {
    joined(record(1, Map.of(VIP, new Holder("a", mine, 1))));
    want("a", 1);
    long asked = now - SECOND;
    var holders = new TreeMap<InetAddress, Holder>(AddressGroup.ORDER);
    holders.put(VIP, new Holder("b", theirs, 1));
    var deleted = new HoldersRecord("earlier", "rv0", 9, holders);
    for (Optional<HoldersRecord> late :
        List.of(Optional.<HoldersRecord>empty(), Optional.of(deleted))) {
      on(new RightEvent.RecordRead(late, asked));
      assertThat(done(RightAction.Revoke.class)).isEmpty();
      assertThat(done(RightAction.ReadRecord.class)).hasSize(1);
      on(new RightEvent.RecordReadFailed("lost"));
      now += SECOND;
    }
  }

  @Test
  void fallsSilentAtTheDeadlineCountedFromSending() {
    joined(record(1, Map.of(VIP, new Holder("a", mine, 1))));
    want("a", 1);
    assertThat(machine.granted()).containsExactly(VIP);
    long sent = now + SECOND;
    now += 9 * SECOND;
    on(new RightEvent.Renewed(lease("a", "2", mine), sent));
    assertThat(machine.entitledUntil()).isEqualTo(sent + 10 * SECOND);
    assertThat(done(RightAction.Entitled.class)).containsExactly(new RightAction.Entitled(sent));
    now = sent + 10 * SECOND;
    on(new RightEvent.Renewed(lease("a", "3", mine), now - 1));
    assertThat(done(RightAction.Revoke.class)).hasSize(1);
    assertThat(done(RightAction.Entitled.class)).as("no slot counts for it").isEmpty();
    assertThat(machine.hasSession()).as("an answer after the deadline is too late").isFalse();
  }

  @Test
  void afterALapseWhatItHeldMustBeTakenAnew() {
    joined(record(1, Map.of(VIP, new Holder("a", mine, 1))));
    want("a", 1);
    now += 10 * SECOND;
    on(new RightEvent.Tick());
    assertThat(machine.granted()).isEmpty();
    now += 2 * SECOND;
    on(new RightEvent.Tick());
    Session next = new Session(501, "pa");
    assertThat(done(RightAction.WriteOwnLease.class))
        .extracting(RightAction.WriteOwnLease::session)
        .containsExactly(next);
    on(new RightEvent.Renewed(lease("a", "2", next), now));
    assertThat(done(RightAction.Grant.class)).isEmpty();
    assertThat(done(RightAction.ChangeRecord.class))
        .extracting(change -> change.changes().get(VIP))
        .containsExactly(Optional.of(new Holder("a", next, 2)));
  }

  @Test
  void releasesBeforeItHandsOver() {
    joined(record(1, Map.of(VIP, new Holder("a", mine, 1))));
    want("a", 1);
    want("b", 1);
    List<Class<?>> order = actions.stream().<Class<?>>map(Object::getClass).limit(2).toList();
    assertThat(order).containsExactly(RightAction.Revoke.class, RightAction.ChangeRecord.class);
    on(new RightEvent.RecordWriteFailed("timeout"));
    want("a", 1);
    assertThat(done(RightAction.Grant.class)).as("the write may still arrive").isEmpty();
    on(
        new RightEvent.RecordRead(
            Optional.of(record(1, Map.of(VIP, new Holder("a", mine, 1)))), now));
    assertThat(done(RightAction.Grant.class)).isEmpty();
    now += SECOND;
    on(new RightEvent.Tick());
    assertThat(done(RightAction.ChangeRecord.class)).as("changed, so that it cannot").hasSize(1);
    on(new RightEvent.RecordWritten(record(2, Map.of(VIP, new Holder("a", mine, 2)))));
    assertThat(done(RightAction.Grant.class)).hasSize(1);
  }

  @Test
  void anAddressHandedToThisNodeIsNotHandedBackByAimsFromBefore() {
    joined(record(1, Map.of(VIP, new Holder("b", theirs, 1))));
    want("b", 1);
    on(new RightEvent.RecordSeen(record(2, Map.of(VIP, new Holder("a", mine, 2)))));
    assertThat(done(RightAction.Grant.class)).hasSize(1);
    assertThat(done(RightAction.ChangeRecord.class)).isEmpty();
    want("b", 2);
    assertThat(done(RightAction.Revoke.class)).hasSize(1);
    assertThat(done(RightAction.ChangeRecord.class)).hasSize(1);
  }

  @Test
  void resigningRevokesHandsOverAndSaysSo() {
    joined(record(1, Map.of(VIP, new Holder("a", mine, 1))));
    want("a", 1);
    on(new RightEvent.Resign(Map.of(VIP, "b")));
    assertThat(done(RightAction.Revoke.class)).hasSize(1);
    assertThat(done(RightAction.ChangeRecord.class))
        .extracting(change -> change.changes().get(VIP))
        .containsExactly(Optional.of(new Holder("b", theirs, 2)));
    assertThat(done(RightAction.Resigned.class)).isEmpty();
    on(new RightEvent.RecordWritten(record(2, Map.of(VIP, new Holder("b", theirs, 2)))));
    assertThat(done(RightAction.Resigned.class)).hasSize(1);
    assertThat(done(RightAction.WriteOwnLease.class))
        .extracting(RightAction.WriteOwnLease::leaving)
        .containsExactly(true);
    on(new RightEvent.RecordSeen(record(3, Map.of(VIP, new Holder("a", mine, 3)))));
    assertThat(done(RightAction.Grant.class)).as("nothing is taken any more").isEmpty();
  }

  @Test
  void anotherProcessWithThisNodesNameIsFatal() {
    joined(record(1, Map.of(VIP, new Holder("a", mine, 1))));
    want("a", 1);
    on(new RightEvent.RenewConflict());
    on(new RightEvent.OwnLeaseRead(Optional.of(lease("a", "5", new Session(900, "stranger")))));
    assertThat(done(RightAction.Revoke.class)).hasSize(1);
    assertThat(done(RightAction.Fail.class))
        .singleElement()
        .satisfies(fail -> assertThat(fail.why()).contains("vip_nodename"));
  }

  @Test
  void aConflictIsReadAndTriedAgain() {
    joined(record(1, Map.of()));
    want("a", 1);
    on(new RightEvent.RecordConflict());
    assertThat(done(RightAction.ReadRecord.class)).hasSize(1);
    on(
        new RightEvent.RecordRead(
            Optional.of(record(2, Map.of(VIP, new Holder("b", theirs, 1)))), now));
    assertThat(done(RightAction.ChangeRecord.class)).isEmpty();
    assertThat(machine.granted()).isEqualTo(Set.of());
  }

  @Test
  void theFirstRecordIsCreated() {
    on(new RightEvent.Began());
    on(new RightEvent.OwnLeaseRead(Optional.empty()));
    on(new RightEvent.Renewed(lease("a", "1", mine), now));
    on(new RightEvent.RecordRead(Optional.empty(), now));
    want("a", 0);
    assertThat(done(RightAction.CreateRecord.class))
        .containsExactly(new RightAction.CreateRecord(Map.of(VIP, new Holder("a", mine, 1))));
    on(new RightEvent.RecordWritten(record(1, Map.of(VIP, new Holder("a", mine, 1)))));
    assertThat(done(RightAction.Grant.class))
        .containsExactly(new RightAction.Grant(Map.of(VIP, Claim.FIRST)));
  }

  @Test
  void thatItIsDrainedCountsFromWhenOthersCanReadIt() {
    joined(record(1, Map.of(VIP, new Holder("a", mine, 1))));
    NodeLinks drained = LINKS.withDraining(true);
    on(new RightEvent.LinksChanged(drained));
    assertThat(done(RightAction.WriteOwnLease.class))
        .containsExactly(new RightAction.WriteOwnLease("1", mine, drained, false));
    assertThat(done(RightAction.Publish.class)).isEmpty();
    on(new RightEvent.Renewed(renewed("2", drained), now));
    assertThat(done(RightAction.Publish.class))
        .singleElement()
        .satisfies(published -> {
          NodeLease own = Objects.requireNonNull(published.view().live().get("a"));
          assertThat(own.links().draining()).isTrue();
        });
  }

  @Test
  void thatItsServerIsNotWellCountsFromWhenOthersCanReadIt() {
    NodeLinks well = LINKS.withControlPlane(true);
    joined(record(1, Map.of()));
    on(new RightEvent.LinksChanged(well));
    on(new RightEvent.Renewed(renewed("2", well), now));
    assertThat(publishedWell()).containsExactly(true);
    on(new RightEvent.LinksChanged(LINKS));
    assertThat(publishedWell()).isEmpty();
    on(new RightEvent.RenewFailed("no server answers"));
    assertThat(publishedWell()).isEmpty();
    on(new RightEvent.Renewed(renewed("3", LINKS), now));
    assertThat(publishedWell()).containsExactly(false);
  }

  private NodeLease renewed(String version, NodeLinks links) {
    return new NodeLease("a", version, mine, List.of(), links, false);
  }

  private List<Boolean> publishedWell() {
    return done(RightAction.Publish.class).stream()
        .map(published -> Objects.requireNonNull(published.view().live().get("a")))
        .map(lease -> lease.links().controlPlane())
        .toList();
  }
}
