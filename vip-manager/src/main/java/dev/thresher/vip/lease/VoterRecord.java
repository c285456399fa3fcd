package dev.thresher.vip.lease;

import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// Who votes, and for how long leases run: knowledge that all nodes share. It is a record that is
/// changed, never something computed from who seems to be alive.
///
/// Any two majorities of two versions that follow each other have a member in common, because one
/// change adds or removes at most one ([VoterChange]). For versions further apart that is not so,
/// which is why a version is changed again only after [Adoption] says that it is in force.
///
/// @param cluster random number given at the foundation: two foundations never mix
/// @param version from 1, higher by one with each change
/// @param voters names of nodes, at least one
/// @param witness whether a Lease in the API server is one more member, for two nodes
/// @param lease F: for how long a heartbeat asks, [#SHORTEST_LEASE] to `longestLease`
/// @param longestLease F_max: no promise is longer, and a voter that restarts is silent for it; at
///   most [#LONGEST_LEASE]
public record VoterRecord(
    long cluster,
    long version,
    SortedSet<String> voters,
    boolean witness,
    Duration lease,
    Duration longestLease) {

  /// Leases below this end on a busy machine.
  public static final Duration SHORTEST_LEASE = Duration.ofMillis(50);

  /// How long a voter is silent that knows of no record when it starts.
  public static final Duration LONGEST_LEASE = Duration.ofSeconds(10);

  /// More versions than a node can have kept that the API server forgot: it may have been restored
  /// from a backup.
  private static final long FORCED = 1_000;

  public VoterRecord {
    voters = Collections.unmodifiableSortedSet(new TreeSet<>(voters));
    if (version < 1) {
      throw new IllegalArgumentException("voters: version must be 1 or more, found " + version);
    }
    if (voters.isEmpty()) {
      throw new IllegalArgumentException("voters: at least one node must vote");
    }
    if (lease.compareTo(SHORTEST_LEASE) < 0 || lease.compareTo(longestLease) > 0) {
      throw new IllegalArgumentException(
          "voters: the lease must be "
              + SHORTEST_LEASE
              + " to the longest lease ("
              + longestLease
              + "), found "
              + lease);
    }
    if (longestLease.compareTo(LONGEST_LEASE) > 0) {
      throw new IllegalArgumentException(
          "voters: the longest lease must be at most " + LONGEST_LEASE + ", found " + longestLease);
    }
  }

  /// Version 1, with one voter.
  public static VoterRecord found(long cluster, String node, Duration lease) {
    return new VoterRecord(cluster, 1, new TreeSet<>(List.of(node)), false, lease, lease);
  }

  public RecordMark mark() {
    return new RecordMark(cluster, version);
  }

  /// Voters and witness.
  public int members() {
    return voters.size() + (witness ? 1 : 0);
  }

  /// How many members must agree.
  public int majority() {
    return members() / 2 + 1;
  }

  /// Whether these are a majority.
  ///
  /// @param nodes who agreed; those that do not vote are not counted
  /// @param witnessed whether the witness counts as well
  public boolean isMajority(Collection<String> nodes, boolean witnessed) {
    long count = nodes.stream().distinct().filter(this::votes).count();
    return count + (witness && witnessed ? 1 : 0) >= majority();
  }

  public boolean votes(String node) {
    return voters.contains(node);
  }

  long leaseNanos() {
    return lease.toNanos();
  }

  long longestNanos() {
    return longestLease.toNanos();
  }

  /// The next version.
  ///
  /// @throws IllegalArgumentException if the change cannot be made to this version; the message
  ///   says why
  public VoterRecord with(VoterChange change) {
    return switch (change) {
      case VoterChange.AddVoter(var node) -> {
        refuseIf(votes(node), node + " votes already");
        SortedSet<String> more = new TreeSet<>(voters);
        more.add(node);
        yield next(more, witness, lease, longestLease);
      }
      case VoterChange.RemoveVoter(var node) -> {
        refuseIf(!votes(node), node + " does not vote");
        refuseIf(voters.size() == 1, node + " is the only voter");
        SortedSet<String> fewer = new TreeSet<>(voters);
        fewer.remove(node);
        yield next(fewer, witness, lease, longestLease);
      }
      case VoterChange.AddWitness() -> {
        refuseIf(witness, "there is a witness already");
        yield next(voters, true, lease, longestLease);
      }
      case VoterChange.RemoveWitness() -> {
        refuseIf(!witness, "there is no witness");
        yield next(voters, false, lease, longestLease);
      }
      case VoterChange.SetLease(var wanted) -> next(voters, witness, wanted, longestLease);
      case VoterChange.SetLongestLease(var wanted) -> next(voters, witness, lease, wanted);
    };
  }

  /// A version that replaces this one though no majority of its members is left: a person says so.
  /// It follows no version, so whoever comes to it is silent until all that was granted has ended.
  ///
  /// @param nodes the only voters from now on. All others must be off for good, or start anew
  public VoterRecord forced(SortedSet<String> nodes) {
    return new VoterRecord(
        cluster, version + FORCED, nodes, nodes.size() == 2, lease, longestLease);
  }

  /// Why the other version cannot be the one that follows this one; empty if it can.
  public Optional<String> whyNotFollowedBy(VoterRecord next) {
    if (next.cluster != cluster) {
      return Optional.of("it is of another foundation");
    }
    if (next.version != version + 1) {
      return Optional.of("version " + next.version + " does not follow version " + version);
    }
    SortedSet<String> differing = new TreeSet<>(voters);
    differing.removeAll(next.voters);
    SortedSet<String> added = new TreeSet<>(next.voters);
    added.removeAll(voters);
    int changes =
        differing.size()
            + added.size()
            + (witness == next.witness ? 0 : 1)
            + (lease.equals(next.lease) ? 0 : 1)
            + (longestLease.equals(next.longestLease) ? 0 : 1);
    return changes > 1 ? Optional.of("more than one thing changed") : Optional.empty();
  }

  private VoterRecord next(
      SortedSet<String> nodes, boolean witnessed, Duration newLease, Duration newLongest) {
    return new VoterRecord(cluster, version + 1, nodes, witnessed, newLease, newLongest);
  }

  private static void refuseIf(boolean wrong, String why) {
    if (wrong) {
      throw new IllegalArgumentException("voters: " + why);
    }
  }
}
