package dev.thresher.e2e.soak.vip;

import dev.thresher.e2e.lab.Claim;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What a client that asks all the time who has one address saw, told in order.
///
/// When an address moves, the last word of the old holder must come before the first of the new
/// one. Whoever speaks for the address although another did so within [#MOVE_BACK] before and had
/// it from him is a second holder; later than that the address was moved back, and so it is when
/// the other one was ended meanwhile.
///
/// Holds the last words only, so that it can look on for hours. Not thread-safe.
final class Sightings {

  /// Nobody can come back to an address sooner: the one that holds it then would have to end first,
  /// and the time for which it may still speak is longer.
  private static final Duration MOVE_BACK = Duration.ofMillis(500);

  private final String address;
  private final Map<String, String> nodes;
  private final List<String> faults = new ArrayList<>();
  private final List<String> moves = new ArrayList<>();
  private final Map<String, Long> ends = new HashMap<>();
  private String holder = "";
  private String before = "";
  private long since;
  private long lastAnswer;
  private boolean answered;
  private long longest;

  /// @param nodes names by link-layer address
  Sightings(String address, Map<String, String> nodes) {
    this.address = address;
    this.nodes = Map.copyOf(nodes);
  }

  String address() {
    return address;
  }

  /// A node's process is killed or told to stop at this time: from then on others may follow it.
  void ends(String node, long nanos) {
    ends.put(node, nanos);
  }

  /// Takes what was heard after all that was told before.
  void add(List<Claim> claims) {
    for (Claim claim : claims) {
      add(claim);
    }
  }

  private void add(Claim claim) {
    String node = nodes.get(claim.mac());
    if (node == null) {
      faults.add(address + ": " + claim.mac() + ", which is no node's, answered (" + claim + ")");
      return;
    }
    if (claim.asked()) {
      if (answered) {
        longest = Math.max(longest, claim.timeNanos() - lastAnswer);
      }
      answered = true;
      lastAnswer = claim.timeNanos();
    }
    if (node.equals(holder)) {
      return;
    }
    long after = claim.timeNanos() - since;
    if (node.equals(before) && after < MOVE_BACK.toNanos() && !hasEnded(claim.timeNanos())) {
      faults.add(
          address
              + ": "
              + node
              + " spoke ("
              + claim.kind()
              + ") "
              + after / 1000
              + " µs after "
              + holder
              + " had taken it over");
    }
    moves.add(address + ": " + (holder.isEmpty() ? "nobody" : holder) + " → " + node);
    before = holder;
    holder = node;
    since = claim.timeNanos();
  }

  /// Whether the holder was ended after it took the address over, before a time.
  private boolean hasEnded(long nanos) {
    Long end = ends.get(holder);
    return end != null && end - since >= 0 && nanos - end >= 0;
  }

  /// The node that spoke last, "" if none did.
  String holder() {
    return holder;
  }

  /// Whether somebody answered at or after a time.
  boolean answeredFrom(long nanos) {
    return answered && lastAnswer - nanos >= 0;
  }

  /// The longest time between two answers since the last call.
  Duration takeLongestGap() {
    Duration taken = Duration.ofNanos(longest);
    longest = 0;
    return taken;
  }

  /// Since the last call, one line each.
  List<String> takeFaults() {
    return take(faults);
  }

  /// Since the last call, one line each.
  List<String> takeMoves() {
    return take(moves);
  }

  private static List<String> take(List<String> lines) {
    List<String> taken = List.copyOf(lines);
    lines.clear();
    return taken;
  }
}
