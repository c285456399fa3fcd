package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.vip.lease.LeaseConfig;
import dev.thresher.vip.lease.NoMajority;
import dev.thresher.vip.lease.RecordMark;
import dev.thresher.vip.lease.VoterCandidate;
import dev.thresher.vip.lease.VoterRecord;
import dev.thresher.vip.lease.Witness;
import dev.thresher.vip.majority.Voters.Standing;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class VotersTest {

  private final FakeStore objects = new FakeStore();
  private final VoterStore store = new VoterStore(new FakeKubeApi(objects), "kube-system");
  private final List<String> warnings = new ArrayList<>();
  private final List<VoterRecord> seen = new ArrayList<>();
  private Standing standing = Standing.NONE;
  private Optional<SortedSet<String>> unasked = Optional.of(new TreeSet<>());
  private boolean lost;
  private final List<VoterCandidate> candidates =
      Stream.of("a", "b", "c").map(node -> new VoterCandidate(node, true, "", 0)).toList();
  private long now;
  private final List<String> failures = new CopyOnWriteArrayList<>();

  private final Voters voters =
      new Voters(
          store,
          new TakingOver(store, Duration.ofSeconds(15), () -> 0),
          new LeftWitness(store, () -> now, (reason, _) -> warnings.add(reason)),
          "a",
          new MajorityConfig(
              new LeaseConfig(Duration.ofMillis(100), NoMajority.SILENT),
              Duration.ofMillis(400),
              true,
              Optional.empty()),
          7,
          this::standing,
          () -> Optional.of(candidates),
          () -> unasked,
          seen::add,
          _ -> {},
          (reason, message) -> warnings.add(reason + ": " + message),
          isLost -> lost = isLost,
          failures::add);

  private Standing standing() {
    if (now < 0) {
      throw new IllegalStateException("no time");
    }
    return standing;
  }

  private static VoterRecord record(long cluster, long version) {
    Duration lease = Duration.ofMillis(400);
    return new VoterRecord(
        cluster, version, new TreeSet<>(List.of("a", "b", "c")), false, lease, lease);
  }

  private void follow(long cluster, long version) {
    standing = new Standing(Optional.of(record(cluster, version)), true, true);
  }

  private void remove() {
    objects.drop(CoreTypes.LEASE, ObjectKey.of("kube-system", OwnershipNames.VOTERS_LEASE));
  }

  @Test
  void aRecordThatWasDeletedIsSaidOnceAndNotFoundedAgain() {
    follow(7, 12);
    for (int i = 0; i < 10; i++) {
      voters.look();
    }
    assertThat(warnings).hasSize(1);
    assertThat(warnings.getFirst()).startsWith("VoterRecordLost: ").contains("12", "voters force");
    assertThat(lost).isTrue();
    assertThat(store.read()).isEmpty();

    store.create(record(7, 1_012));
    follow(7, 1_012);
    voters.look();
    assertThat(lost).isFalse();
    remove();
    voters.look();
    assertThat(warnings).hasSize(2);
  }

  @Test
  void anOlderRecordIsSaidUnlessItIsGoneAtTheNextLook() {
    store.create(record(7, 4));
    follow(7, 12);
    voters.look();
    assertThat(warnings).isEmpty();
    assertThat(lost).isFalse();
    voters.look();
    voters.look();
    assertThat(warnings).hasSize(1);
    assertThat(warnings.getFirst()).contains("version 4", "version 12", "voters force");
    assertThat(lost).isTrue();
  }

  @Test
  void aRecordOfAnotherFoundationIsSaid() {
    store.create(record(8, 40));
    follow(7, 12);
    voters.look();
    voters.look();
    assertThat(warnings).hasSize(1);
    assertThat(lost).isTrue();
  }

  @Test
  void aNewerRecordIsHeardAndNothingIsSaid() {
    store.create(record(7, 13));
    follow(7, 12);
    voters.look();
    voters.look();
    assertThat(seen).containsOnly(record(7, 13));
    assertThat(warnings).isEmpty();
    assertThat(lost).isFalse();
  }

  @Test
  void whoFollowsNoneFoundsOneWhereThatIsAskedFor() {
    for (int i = 0; i < 4; i++) {
      assertThat(store.read()).isEmpty();
      voters.look();
    }
    assertThat(store.read().orElseThrow().record().voters()).containsExactly("a");
    assertThat(warnings).isEmpty();
  }

  /// They may follow a record that the API server lost.
  @Test
  void nothingIsFoundedBeforeAllNodesThatRunWereAsked() {
    unasked = Optional.empty();
    looks(10);
    unasked = Optional.of(new TreeSet<>(List.of("c", "b")));
    looks(19);
    assertThat(store.read()).isEmpty();
    assertThat(warnings).as("somebody may have stopped just now").isEmpty();
    looks(10);
    assertThat(warnings).hasSize(1);
    assertThat(warnings.getFirst()).startsWith("VotersNotFounded: ").contains("b, c", "UDP");
    assertThat(store.read()).isEmpty();
    unasked = Optional.of(new TreeSet<>());
    looks(1);
    assertThat(store.read().orElseThrow().record().voters()).containsExactly("a");
  }

  private void annotate(String name, String annotation, String value) {
    objects.put(
        CoreTypes.LEASE,
        new V1Lease()
            .metadata(
                new V1ObjectMeta()
                    .name(name)
                    .namespace("kube-system")
                    .annotations(Map.of(annotation, value))));
  }

  @Test
  void aRecordThatCannotBeReadIsSaidOnceAndIgnored() {
    follow(7, 12);
    for (String text :
        List.of(
            "what?",
            "{\"cluster\":\"7\",\"version\":13,\"voters\":\"a,b\",\"witness\":false,"
                + "\"leaseMillis\":400,\"longestLeaseMillis\":400}")) {
      annotate(OwnershipNames.VOTERS_LEASE, OwnershipNames.VOTERS, text);
      looks(3);
    }
    assertThat(warnings).hasSize(1);
    assertThat(warnings.getFirst()).startsWith("VoterRecordDamaged: ").contains("what?", "force");
    assertThat(lost).isTrue();
    assertThat(seen).isEmpty();
    remove();
    store.create(record(7, 12));
    looks(1);
    assertThat(lost).isFalse();
    annotate(OwnershipNames.VOTERS_LEASE, OwnershipNames.VOTERS, "{}");
    looks(1);
    assertThat(warnings).hasSize(2);
  }

  /// The voters can be replaced all the same.
  @Test
  void aWitnessThatCannotBeReadIsSaidOnceAndIgnored() {
    annotate(OwnershipNames.WITNESS_LEASE, OwnershipNames.WITNESS, "mine");
    twoVotersAndAWitness();
    looks(3);
    assertThat(warnings).containsExactly("WitnessUnreadable");
  }

  @Test
  void aThreadThatEndsIsSaid() {
    now = -1;
    store.create(record(7, 12));
    voters.start();
    await().atMost(Duration.ofSeconds(20)).until(() -> !failures.isEmpty());
    assertThat(failures).hasSize(1);
    assertThat(failures.getFirst()).contains("voters", "no time");
  }

  private void twoVotersAndAWitness() {
    Duration lease = Duration.ofMillis(400);
    var two = new VoterRecord(7, 3, new TreeSet<>(List.of("a", "b")), true, lease, lease);
    store.create(two);
    standing = new Standing(Optional.of(two), true, true);
  }

  /// Nobody could ever take it.
  @Test
  void theWitnessOfAnEarlierFoundationIsGivenBackOnceNobodyLeansOnIt() {
    Witness left =
        store.writeWitness(store.readWitness(), "x/1", new RecordMark(8, 40)).orElseThrow();
    twoVotersAndAWitness();
    looks(2);
    assertThat(warnings).containsExactly("WitnessOfOtherVoters");
    now = 20_000_000_000L;
    Witness renewed = store.writeWitness(left, "x/1", left.mark()).orElseThrow();
    looks(1);
    now = 40_999_999_999L;
    looks(1);
    assertThat(store.readWitness()).as("somebody lives who has it").isEqualTo(renewed);
    now = 41_000_000_000L;
    looks(1);
    assertThat(store.readWitness().holder()).isEmpty();
    assertThat(store.readWitness().mark()).isEqualTo(new RecordMark(7, 3));
    assertThat(warnings).hasSize(1);
  }

  @Test
  void theWitnessOfThisFoundationIsLeftAlone() {
    Witness own =
        store.writeWitness(store.readWitness(), "b/1", new RecordMark(7, 2)).orElseThrow();
    twoVotersAndAWitness();
    looks(1);
    now = 41_000_000_000L;
    looks(2);
    assertThat(store.readWitness()).isEqualTo(own);
    assertThat(warnings).isEmpty();
  }

  private void looks(int times) {
    for (int i = 0; i < times; i++) {
      voters.look();
    }
  }

  private VoterRecord stored() {
    return store.read().orElseThrow().record();
  }

  private void alone(String... ready) {
    VoterRecord first = VoterRecord.found(7, "a", Duration.ofMillis(400));
    store.create(first);
    standing = new Standing(Optional.of(first), true, true, Set.of(ready));
  }

  @Test
  void nodesThatOnlyHaveALeaseDoNotBecomeVoters() {
    alone("a");
    voters.look();
    voters.look();
    assertThat(stored().version()).isEqualTo(1);
  }

  @Test
  void theWitnessComesBeforeTheSecondVoter() {
    alone("a", "b");
    voters.look();
    assertThat(stored().voters()).containsExactly("a");
    assertThat(stored().witness()).isTrue();
    standing = new Standing(Optional.of(stored()), true, true, Set.of("a", "b"));
    voters.look();
    assertThat(stored().voters()).containsExactly("a", "b");
  }

  /// Without it the first would hold nothing.
  @Test
  void aWitnessThatAnotherHasIsNotLeanedOn() {
    alone("a", "b");
    store.writeWitness(store.readWitness(), "b/17", new RecordMark(7, 1));
    voters.look();
    assertThat(stored().voters()).containsExactly("a", "b");
    assertThat(stored().witness()).isFalse();
  }

  @Test
  void aWitnessOfAnotherFoundationIsNotLeanedOn() {
    alone("a", "b");
    store.writeWitness(store.readWitness(), "", new RecordMark(8, 1));
    voters.look();
    assertThat(stored().voters()).containsExactly("a", "b");
  }

  @Test
  void whatAPersonForcedIsNotUndoneWhileTheOthersAreDown() {
    store.create(record(7, 12));
    new ForcedVoters(new FakeKubeApi(objects), "kube-system", Optional.empty())
        .force(new TreeSet<>(List.of("a")));
    standing = new Standing(Optional.of(stored()), true, true, Set.of("a"));
    for (int i = 0; i < 5; i++) {
      voters.look();
    }
    assertThat(stored().voters()).containsExactly("a");
    assertThat(stored().version()).isEqualTo(1_012);
  }

  @Test
  void itLooksAtOnceWhenMoreCanBeChanged() {
    Optional<VoterRecord> record = Optional.of(record(7, 12));
    var before = new Standing(record, true, true, Set.of("a"));
    assertThat(before.allowsMoreThan(before)).isFalse();
    assertThat(new Standing(record, true, true, Set.of("a", "b")).allowsMoreThan(before)).isTrue();
    assertThat(new Standing(record, false, true, Set.of("a", "b")).allowsMoreThan(before))
        .isFalse();
    assertThat(before.allowsMoreThan(new Standing(record, false, true, Set.of("a")))).isTrue();
  }
}
