package dev.thresher.vip.lease;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Who is heard on which network: a node may be there and yet deaf on a network on which it should
/// hold addresses, behind a link that lives. Voters say whom they miss, and all nodes count.
///
/// A voter that hears nobody on a network says nothing about it, for it is most likely itself that
/// is deaf there. Of those who hear somebody a majority must hear a node; each hears itself.
/// Confined to one thread.
final class Hearing {

  /// Heartbeats without a word on a network until a node counts as deaf there. More than it takes
  /// to lose a lease: a busy machine must not move addresses by this.
  private static final int MISSED = 6;

  /// Heartbeats that a node gets to be heard where it was not expected before.
  private static final int GRACE = 15;

  /// What is missed is told again after so many heartbeats: the last message may have been lost.
  private static final int TELL_AGAIN = 20;

  /// So many voters of a network judge alone.
  private static final int ENOUGH = 2;

  private record There(String node, String network) {}

  private record Report(Session from, long version, SortedMap<String, SortedSet<String>> missing) {}

  private final Session me;
  private final long beatNanos;
  private final Map<There, Long> expectedSince = new HashMap<>();
  private final Map<There, Long> heardAt = new HashMap<>();
  private final Map<String, Report> reports = new HashMap<>();
  private SortedMap<String, SortedSet<String>> told = new TreeMap<>();
  private long version;
  private long tellAt;

  Hearing(Session me, long beatNanos, long now) {
    this.me = me;
    this.beatNanos = beatNanos;
    this.tellAt = now;
  }

  /// Who should be heard where; replaces what was said before.
  ///
  /// @param nodes by network
  void expect(Map<String, Set<String>> nodes, long now) {
    Set<There> all = new HashSet<>();
    nodes.forEach((network, names) -> names.forEach(name -> all.add(new There(name, network))));
    expectedSince.keySet().retainAll(all);
    heardAt.keySet().retainAll(all);
    all.forEach(there -> expectedSince.putIfAbsent(there, now));
  }

  /// A message of a node came over a network; empty: over none in particular.
  void heard(String node, String network, long now) {
    There there = new There(node, network);
    if (expectedSince.containsKey(there)) {
      heardAt.put(there, now);
    }
  }

  /// What a node misses.
  void told(LeaseMessage.Misses misses) {
    Report before = reports.get(misses.from().node());
    if (before == null
        || !before.from().equals(misses.from())
        || before.version() <= misses.version()) {
      reports.put(
          misses.from().node(), new Report(misses.from(), misses.version(), misses.missing()));
    }
  }

  /// Tells the others what is due.
  List<LeaseAction> settle(VoterRecord record, Set<String> peers, long now) {
    SortedMap<String, SortedSet<String>> missing = missing(now);
    boolean votes = record.votes(me.node());
    if (!votes) {
      boolean many = peers.size() >= Presence.VOTERS_TELL;
      missing.keySet().removeIf(network -> many || voters(network, record) >= ENOUGH);
    }
    boolean changed = !missing.equals(told);
    boolean judges = votes || !missing.isEmpty();
    if (!changed && (!judges || now - tellAt < 0)) {
      return List.of();
    }
    if (changed) {
      version++;
      told = missing;
    }
    tellAt = now + TELL_AGAIN * beatNanos;
    LeaseMessage.Misses message = new LeaseMessage.Misses(me, version, told);
    List<LeaseAction> out = new ArrayList<>();
    peers.forEach(peer -> out.add(new LeaseAction.Send(peer, message)));
    return out;
  }

  /// How many of the others that should be heard on a network vote.
  private long voters(String network, VoterRecord record) {
    return expectedSince.keySet().stream()
        .filter(there -> there.network().equals(network) && record.votes(there.node()))
        .count();
  }

  /// Nodes that are deaf on a network, with the reason, by node and network.
  ///
  /// @param live nodes that are there: the word of others is old
  Map<String, SortedMap<String, String>> deaf(VoterRecord record, Map<String, Session> live) {
    Map<String, Map<String, Set<String>>> words = new TreeMap<>();
    told.forEach((network, nodes) -> word(words, network, me.node(), nodes));
    reports.forEach((node, report) -> {
      if (!node.equals(me.node()) && report.from().equals(live.get(node))) {
        report.missing().forEach((network, nodes) -> word(words, network, node, nodes));
      }
    });
    Map<String, SortedMap<String, String>> deaf = new TreeMap<>();
    words.forEach((network, all) -> {
      Map<String, Set<String>> voters = new TreeMap<>(all);
      voters.keySet().removeIf(node -> !record.votes(node));
      boolean enough = voters.size() >= ENOUGH || voters.size() == all.size();
      Map<String, Set<String>> judges = enough ? voters : all;
      Map<String, Integer> missedBy = new TreeMap<>();
      judges
          .values()
          .forEach(nodes -> nodes.forEach(node -> missedBy.merge(node, 1, Integer::sum)));
      int of = judges.size();
      missedBy.forEach((node, count) -> {
        if ((of - count) * 2 <= of && live.containsKey(node)) {
          deaf.computeIfAbsent(node, _ -> new TreeMap<>())
              .put(
                  network,
                  "heard there by " + (of - count) + " of " + of + (enough ? " voters" : " nodes"));
        }
      });
    });
    return deaf;
  }

  private static void word(
      Map<String, Map<String, Set<String>>> words,
      String network,
      String judge,
      Set<String> missed) {
    words.computeIfAbsent(network, _ -> new TreeMap<>()).put(judge, missed);
  }

  /// By network on which anybody is heard: those who are not.
  private SortedMap<String, SortedSet<String>> missing(long now) {
    SortedMap<String, SortedSet<String>> missing = new TreeMap<>();
    heardAt.forEach((there, at) -> {
      if (now - at < MISSED * beatNanos) {
        missing.computeIfAbsent(there.network(), _ -> new TreeSet<>());
      }
    });
    expectedSince.forEach((there, since) -> {
      SortedSet<String> nodes = missing.get(there.network());
      Long at = heardAt.get(there);
      boolean silent =
          at == null ? now - since >= GRACE * beatNanos : now - at >= MISSED * beatNanos;
      if (nodes != null && silent) {
        nodes.add(there.node());
      }
    });
    return missing;
  }
}
