package dev.thresher.vip.election;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// What this node's right rests on and what the others say of it, at one moment: for people,
/// nothing is decided by it. Immutable.
///
/// @param by what gives the right
/// @param leaseLeft how long this node may hold what it holds without a further word; empty if it
///   may hold nothing
/// @param voters if a majority gives the right and the voters are known
/// @param silent nodes that are known and say nothing, with what is known of them
/// @param words what voters said of an address, as far as this node heard it
/// @param leases shared Leases that give the right, with the node that has them
/// @param problem why all this is not known, or empty
public record RightStanding(
    By by,
    Optional<Duration> leaseLeft,
    Optional<Council> voters,
    SortedMap<String, String> silent,
    Map<InetAddress, Words> words,
    SortedMap<String, String> leases,
    String problem) {

  /// What can give a right.
  public enum By {
    MAJORITY,
    LEASES,
    KUBE_VIP_LEASES
  }

  public RightStanding {
    silent = Collections.unmodifiableSortedMap(new TreeMap<>(silent));
    words = Map.copyOf(words);
    leases = Collections.unmodifiableSortedMap(new TreeMap<>(leases));
  }

  /// Nothing is known of it now.
  public static RightStanding unknown(By by, String problem) {
    return new RightStanding(
        by,
        Optional.empty(),
        Optional.empty(),
        new TreeMap<>(),
        Map.of(),
        new TreeMap<>(),
        problem);
  }

  /// @param version of the record that names them
  /// @param majority how many members must agree
  /// @param witness whether a Lease in the API server is one more member
  /// @param silentHere this node votes, and promises nothing yet
  public record Council(
      long version,
      int majority,
      boolean witness,
      boolean silentHere,
      SortedMap<String, Voter> voters) {
    public Council {
      voters = Collections.unmodifiableSortedMap(new TreeMap<>(voters));
    }
  }

  /// @param heard this node heard it lately
  /// @param answers it answered what this node asked lately, whatever it said
  public record Voter(boolean heard, boolean answers) {}

  /// @param granting voters that promised it to this node
  /// @param refusing voters that did not, with the reason
  /// @param promisedTo the node to which this one promised it as a voter, or empty
  public record Words(
      SortedSet<String> granting, SortedMap<String, String> refusing, String promisedTo) {
    public static final Words NONE = new Words(new TreeSet<>(), new TreeMap<>(), "");

    public Words {
      granting = Collections.unmodifiableSortedSet(new TreeSet<>(granting));
      refusing = Collections.unmodifiableSortedMap(new TreeMap<>(refusing));
    }
  }
}
