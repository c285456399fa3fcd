package dev.thresher.vip.lease;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/// Which change of the voters comes next, if any: a pure function. One node more before one less,
/// so that a replaced voter is missed by nobody.
///
/// Wanted are three voters from three nodes on, five from twenty on; two with the witness, or one,
/// below. Voters that are there stay; new ones are nodes of the control plane first, of zones that
/// have none yet, the oldest. Then the lease, if it should be another.
///
/// Only who would promise at once is added: a voter that is silent, or is not there at all, would
/// have to agree and could not. From one voter the witness comes first, so that the second may fail
/// from the beginning.
public final class VoterChoice {

  private static final int FIVE_FROM = 20;

  private VoterChoice() {}

  /// @param candidates nodes that run vip-manager. A voter that is only silent is still one: who is
  ///   gone for good is for the cluster to say
  /// @param ready nodes that would promise: see [LeaseMachine#joining]
  /// @param witnessIsFree whether one node alone could take the witness; asked only if that matters
  /// @param lease F as it should be
  public static Optional<VoterChange> next(
      VoterRecord record,
      Collection<VoterCandidate> candidates,
      Set<String> ready,
      BooleanSupplier witnessIsFree,
      Duration lease) {
    return voters(record, candidates, ready, witnessIsFree).or(() -> towards(record, lease));
  }

  /// The next step to another lease. The bound rises before the lease and falls after it: a voter
  /// that restarts is silent for the bound, and promises under the longer lease may still run.
  static Optional<VoterChange> towards(VoterRecord record, Duration lease) {
    if (lease.compareTo(record.longestLease()) > 0) {
      return Optional.of(new VoterChange.SetLongestLease(lease));
    }
    if (!lease.equals(record.lease())) {
      return Optional.of(new VoterChange.SetLease(lease));
    }
    return lease.equals(record.longestLease())
        ? Optional.empty()
        : Optional.of(new VoterChange.SetLongestLease(lease));
  }

  private static Optional<VoterChange> voters(
      VoterRecord record,
      Collection<VoterCandidate> candidates,
      Set<String> ready,
      BooleanSupplier witnessIsFree) {
    Map<String, VoterCandidate> known = new HashMap<>();
    candidates.forEach(candidate -> known.put(candidate.node(), candidate));
    int target = target(known.size());
    List<String> gone =
        record.voters().stream().filter(voter -> !known.containsKey(voter)).toList();
    Optional<String> best = best(record, known, ready);
    boolean replacing = !gone.isEmpty() && record.voters().size() == target;
    if (best.isPresent() && (record.voters().size() < target || replacing)) {
      boolean alone = record.members() == 1;
      return Optional.of(
          alone && witnessIsFree.getAsBoolean()
              ? new VoterChange.AddWitness()
              : new VoterChange.AddVoter(best.get()));
    }
    if (record.voters().size() > 1 && !gone.isEmpty()) {
      return Optional.of(new VoterChange.RemoveVoter(gone.getFirst()));
    }
    if (record.voters().size() > Math.max(1, target)) {
      return worst(record, known, ready).map(VoterChange.RemoveVoter::new);
    }
    boolean wantsWitness = record.voters().size() == 2;
    if (record.witness() != wantsWitness) {
      return Optional.of(
          wantsWitness ? new VoterChange.AddWitness() : new VoterChange.RemoveWitness());
    }
    return Optional.empty();
  }

  private static int target(int nodes) {
    if (nodes >= FIVE_FROM) {
      return 5;
    }
    return Math.min(nodes, 3);
  }

  private static Optional<String> best(
      VoterRecord record, Map<String, VoterCandidate> known, Set<String> ready) {
    Set<String> zones = zones(record, known);
    return known.values().stream()
        .filter(candidate -> !record.votes(candidate.node()) && ready.contains(candidate.node()))
        .min(order(zones))
        .map(VoterCandidate::node);
  }

  private static Optional<String> worst(
      VoterRecord record, Map<String, VoterCandidate> known, Set<String> ready) {
    return known.values().stream()
        .filter(candidate -> record.votes(candidate.node()))
        .max(
            Comparator.comparing((VoterCandidate candidate) -> !ready.contains(candidate.node()))
                .thenComparing(order(Set.of())))
        .map(VoterCandidate::node);
  }

  private static Set<String> zones(VoterRecord record, Map<String, VoterCandidate> known) {
    Set<String> zones = new HashSet<>();
    record
        .voters()
        .forEach(voter -> {
          VoterCandidate candidate = known.get(voter);
          if (candidate != null && !candidate.zone().isEmpty()) {
            zones.add(candidate.zone());
          }
        });
    return zones;
  }

  private static Comparator<VoterCandidate> order(Set<String> zones) {
    return Comparator.comparing((VoterCandidate candidate) -> !candidate.controlPlane())
        .thenComparing(candidate -> zones.contains(candidate.zone()))
        .thenComparingLong(VoterCandidate::age)
        .thenComparing(VoterCandidate::node);
  }
}
