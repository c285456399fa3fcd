package dev.thresher.vip.lease;

import dev.thresher.vip.lease.LeaseMessage.Condition;
import dev.thresher.vip.lease.LeaseMessage.Footing;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/// Which nodes could vote from now on, as far as they are heard here. That a node is named
/// somewhere says nothing: a voter that never answers takes a lease from all others, and may leave
/// no majority that could remove it again. Confined to one thread.
final class Joining {

  private static final long SECOND = 1_000_000_000L;

  /// Who said nothing for so long has to begin anew. Longer than a busy machine stands still.
  private static final long GAP = 2 * SECOND;

  /// A process that comes and goes does not get so old.
  private static final long HEARD_FOR = ClockBound.outlasting(VoterRecord.LONGEST_LEASE.toNanos());

  /// The same where there is no lease that somebody could lose.
  private static final long HEARD_AT_LEAST = 2 * SECOND;

  private static final class Heard {
    final Session session;
    long since;
    long at;

    /// The same, and it did not say that it hears no majority: to be heard is not to hear.
    long wellSince;

    RecordMark follows = new RecordMark(0, 0);
    Footing footing = Footing.HEARSAY;

    Heard(Session session, long now) {
      this.session = session;
      this.since = now;
      this.at = now;
      this.wellSince = now;
    }
  }

  private final Map<String, Heard> nodes = new HashMap<>();

  /// There are no other nodes than these.
  void retain(Set<String> peers) {
    nodes.keySet().retainAll(peers);
  }

  /// Any message of a node.
  void heard(LeaseMessage message, long now) {
    Session from = message.from();
    Heard node = nodes.get(from.node());
    if (node == null || !node.session.equals(from)) {
      node = new Heard(from, now);
      nodes.put(from.node(), node);
    }
    if (now - node.at > GAP) {
      node.since = now;
      node.wellSince = now;
    }
    node.at = now;
    if (message instanceof LeaseMessage.Holds holds && holds.condition() == Condition.DEAF) {
      node.wellSince = now;
    }
    if (message instanceof LeaseMessage.Heartbeat beat) {
      node.follows = beat.record();
      node.footing = beat.footing();
    }
  }

  /// Nodes that would promise under this version, and were heard for so long that they will go on.
  Set<String> ready(RecordMark mark, long now) {
    return nodes(
        mark, heard -> heard.footing == Footing.READY && now - heard.wellSince >= HEARD_FOR, now);
  }

  /// Nodes that follow this version, and may be silent yet.
  Set<String> present(RecordMark mark, long now) {
    return nodes(
        mark,
        heard -> heard.footing != Footing.HEARSAY && now - heard.since >= HEARD_AT_LEAST,
        now);
  }

  /// Whether a node said lately that it promises nothing yet.
  boolean isSilent(String node, long now) {
    Heard heard = nodes.get(node);
    return heard != null && now - heard.at <= GAP && heard.footing != Footing.READY;
  }

  private Set<String> nodes(RecordMark mark, Predicate<Heard> wanted, long now) {
    Set<String> names = new TreeSet<>();
    nodes.forEach((name, heard) -> {
      if (heard.follows.equals(mark) && now - heard.at <= GAP && wanted.test(heard)) {
        names.add(name);
      }
    });
    return names;
  }
}
