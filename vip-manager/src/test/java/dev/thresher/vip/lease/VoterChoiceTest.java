package dev.thresher.vip.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class VoterChoiceTest {

  private static final Duration LEASE = Duration.ofMillis(400);

  private static VoterCandidate worker(String node, long age) {
    return new VoterCandidate(node, false, "", age);
  }

  private static List<VoterCandidate> workers(int count) {
    return IntStream.range(0, count).mapToObj(i -> worker("w" + i, i)).toList();
  }

  private static VoterRecord voters(boolean witness, String... names) {
    return LeaseWorld.record(List.of(names), witness, 400, 400);
  }

  private static Optional<VoterChange> next(
      VoterRecord record, List<VoterCandidate> candidates, Duration lease) {
    Set<String> all = candidates.stream().map(VoterCandidate::node).collect(Collectors.toSet());
    return VoterChoice.next(record, candidates, all, () -> true, lease);
  }

  /// All changes until none is wanted.
  private static List<VoterChange> all(VoterRecord record, List<VoterCandidate> candidates) {
    return all(record, current -> next(current, candidates, LEASE));
  }

  /// The same if only these would promise.
  private static List<VoterChange> all(
      VoterRecord record, List<VoterCandidate> candidates, String... ready) {
    return all(
        record, current -> VoterChoice.next(current, candidates, Set.of(ready), () -> true, LEASE));
  }

  private static List<VoterChange> all(
      VoterRecord record, Function<VoterRecord, Optional<VoterChange>> choice) {
    List<VoterChange> changes = new ArrayList<>();
    VoterRecord current = record;
    Optional<VoterChange> next = choice.apply(current);
    while (next.isPresent() && changes.size() < 20) {
      changes.add(next.get());
      current = current.with(next.get());
      next = choice.apply(current);
    }
    return changes;
  }

  @Test
  void oneNodeVotesAlone() {
    assertThat(all(voters(false, "w0"), workers(1))).isEmpty();
  }

  @Test
  void twoHaveTheWitness() {
    assertThat(all(voters(false, "w0"), workers(2)))
        .containsExactly(new VoterChange.AddWitness(), new VoterChange.AddVoter("w1"));
  }

  /// It would be 20 s until this node has it from another.
  @Test
  void whereTheWitnessIsNotFreeTheSecondVoterComesBeforeIt() {
    assertThat(
            VoterChoice.next(
                voters(false, "w0"), workers(2), Set.of("w0", "w1"), () -> false, LEASE))
        .contains(new VoterChange.AddVoter("w1"));
  }

  @Test
  void whoWouldNotPromiseIsNotAdded() {
    assertThat(all(voters(false, "w0"), workers(3), "w0")).isEmpty();
    assertThat(all(voters(false, "w0"), workers(4), "w0", "w2"))
        .containsExactly(new VoterChange.AddWitness(), new VoterChange.AddVoter("w2"));
    assertThat(all(voters(true, "w0"), workers(3), "w0"))
        .as("it was ready and is not any more")
        .containsExactly(new VoterChange.RemoveWitness());
    assertThat(all(voters(true, "w0", "w1"), workers(3), "w0", "w1")).isEmpty();
  }

  @Test
  void oneThatIsGoneIsRemovedWhereNobodyCanReplaceIt() {
    assertThat(all(voters(false, "w0", "gone", "w1"), workers(3), "w0", "w1"))
        .containsExactly(new VoterChange.RemoveVoter("gone"), new VoterChange.AddWitness());
  }

  @Test
  void ofTooManyVotersTheOneThatDoesNotPromiseGoes() {
    assertThat(all(voters(false, "w0", "w1", "w2", "w3"), workers(4), "w1", "w2", "w3"))
        .containsExactly(new VoterChange.RemoveVoter("w0"));
    assertThat(all(voters(false, "w0", "w1", "w2", "w3"), workers(4)))
        .containsExactly(new VoterChange.RemoveVoter("w3"));
  }

  @Test
  void theThirdTakesThePlaceOfTheWitness() {
    assertThat(all(voters(true, "w0", "w1"), workers(3)))
        .containsExactly(new VoterChange.AddVoter("w2"), new VoterChange.RemoveWitness());
  }

  @Test
  void threeVoteFromThreeNodesOnAndFiveFromTwenty() {
    assertThat(all(voters(false, "w0", "w1", "w2"), workers(19))).isEmpty();
    assertThat(all(voters(false, "w0", "w1", "w2"), workers(20)))
        .containsExactly(new VoterChange.AddVoter("w3"), new VoterChange.AddVoter("w4"));
  }

  @Test
  void oneThatIsGoneIsReplacedBeforeItIsRemoved() {
    assertThat(all(voters(false, "w0", "gone", "w1"), workers(4)))
        .containsExactly(new VoterChange.AddVoter("w2"), new VoterChange.RemoveVoter("gone"));
    assertThat(all(voters(false, "w0", "gone", "w1"), workers(2)))
        .containsExactly(new VoterChange.RemoveVoter("gone"), new VoterChange.AddWitness());
  }

  @Test
  void controlPlaneThenNewZoneThenAgeDecide() {
    List<VoterCandidate> candidates =
        List.of(
            new VoterCandidate("a", false, "z1", 1),
            new VoterCandidate("b", false, "z1", 2),
            new VoterCandidate("c", false, "z2", 3),
            new VoterCandidate("d", true, "z1", 4));
    assertThat(all(voters(false, "a"), candidates))
        .containsExactly(
            new VoterChange.AddWitness(),
            new VoterChange.AddVoter("d"),
            new VoterChange.AddVoter("c"),
            new VoterChange.RemoveWitness());
  }

  @Test
  void votersThatAreThereStay() {
    List<VoterCandidate> candidates = new ArrayList<>(workers(4));
    candidates.add(new VoterCandidate("cp", true, "", 99));
    assertThat(all(voters(false, "w1", "w2", "w3"), candidates)).isEmpty();
  }

  @Test
  void theBoundRisesBeforeTheLeaseAndFallsAfterIt() {
    Duration longer = Duration.ofMillis(1_500);
    VoterRecord one = voters(false, "w0");
    VoterChange bound = new VoterChange.SetLongestLease(longer);
    assertThat(next(one, workers(1), longer)).contains(bound);
    VoterRecord two = one.with(bound);
    assertThat(next(two, workers(1), longer)).contains(new VoterChange.SetLease(longer));
    VoterRecord three = two.with(new VoterChange.SetLease(longer));
    assertThat(next(three, workers(1), longer)).isEmpty();
    assertThat(next(three, workers(1), LEASE)).contains(new VoterChange.SetLease(LEASE));
    VoterRecord four = three.with(new VoterChange.SetLease(LEASE));
    assertThat(next(four, workers(1), LEASE)).contains(new VoterChange.SetLongestLease(LEASE));
  }

  @Test
  void votersComeBeforeTheLease() {
    assertThat(next(voters(true, "w0"), workers(2), Duration.ofMillis(900)))
        .contains(new VoterChange.AddVoter("w1"));
  }
}
