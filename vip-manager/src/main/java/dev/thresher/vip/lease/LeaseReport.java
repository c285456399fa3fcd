package dev.thresher.vip.lease;

import java.net.InetAddress;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a node's lease rests on, as it is at one moment: for people. Immutable.
///
/// @param record the voters followed, if any are known
/// @param leftNanos how long the lease runs unless it is renewed; 0 if none runs
/// @param silentVoter this node votes, and promises nothing yet
/// @param answering voters that answered this node within the time of one lease
/// @param heardNanosAgo peers that were ever heard, with the age of their last message
/// @param askings what this node holds or asks for
/// @param promised to which node this one has promised an address, as a voter
public record LeaseReport(
    Optional<VoterRecord> record,
    long leftNanos,
    boolean silentVoter,
    SortedSet<String> answering,
    SortedMap<String, Long> heardNanosAgo,
    Map<InetAddress, Asking> askings,
    Map<InetAddress, String> promised) {

  public LeaseReport {
    answering = Collections.unmodifiableSortedSet(new TreeSet<>(answering));
    heardNanosAgo = Collections.unmodifiableSortedMap(new TreeMap<>(heardNanosAgo));
    askings = Map.copyOf(askings);
    promised = Map.copyOf(promised);
  }

  /// What voters said last to the newest asking for one address, since its lease was renewed last.
  ///
  /// @param granting voters that promised it
  /// @param refusing voters that have promised it to another
  public record Asking(SortedSet<String> granting, SortedMap<String, Refusal> refusing) {
    public Asking {
      granting = Collections.unmodifiableSortedSet(new TreeSet<>(granting));
      refusing = Collections.unmodifiableSortedMap(new TreeMap<>(refusing));
    }
  }
}
