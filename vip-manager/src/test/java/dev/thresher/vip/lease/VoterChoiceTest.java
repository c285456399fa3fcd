package dev.thresher.vip.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

  /// All changes until none is wanted.
  private static List<VoterChange> all(VoterRecord record, List<VoterCandidate> candidates) {
    List<VoterChange> changes = new ArrayList<>();
    VoterRecord current = record;
    Optional<VoterChange> next = VoterChoice.next(current, candidates, LEASE);
    while (next.isPresent() && changes.size() < 20) {
      changes.add(next.get());
      current = current.with(next.get());
      next = VoterChoice.next(current, candidates, LEASE);
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
        .containsExactly(new VoterChange.AddVoter("w1"), new VoterChange.AddWitness());
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
        .containsExactly(new VoterChange.AddVoter("d"), new VoterChange.AddVoter("c"));
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
    assertThat(VoterChoice.next(one, workers(1), longer)).contains(bound);
    VoterRecord two = one.with(bound);
    assertThat(VoterChoice.next(two, workers(1), longer))
        .contains(new VoterChange.SetLease(longer));
    VoterRecord three = two.with(new VoterChange.SetLease(longer));
    assertThat(VoterChoice.next(three, workers(1), longer)).isEmpty();
    assertThat(VoterChoice.next(three, workers(1), LEASE))
        .contains(new VoterChange.SetLease(LEASE));
    VoterRecord four = three.with(new VoterChange.SetLease(LEASE));
    assertThat(VoterChoice.next(four, workers(1), LEASE))
        .contains(new VoterChange.SetLongestLease(LEASE));
  }

  @Test
  void votersComeBeforeTheLease() {
    assertThat(VoterChoice.next(voters(false, "w0"), workers(2), Duration.ofMillis(900)))
        .contains(new VoterChange.AddVoter("w1"));
  }
}
