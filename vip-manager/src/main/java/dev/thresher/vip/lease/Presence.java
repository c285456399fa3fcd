package dev.thresher.vip.lease;

import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.lease.LeaseMessage.Condition;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Who is there and holds what, as the nodes say themselves: every heartbeat each tells all others
/// that it is there, and what it holds when that changed and every 20th time; a process that was
/// not heard before is told at once, and a few times more. Who follows no record of voters says
/// that it is there by asking for one. Confined to one thread.
///
/// Among many nodes that would be a message from each to each every heartbeat. There the voters,
/// which hear each node's heartbeats anyway and answer them, say to all whom they hear, when that
/// changes and every 20th time; a node is there as long as one voter that is there hears it.
final class Presence {

  /// A node that was not heard for so many heartbeats is not given anything.
  private static final int MISSED = 4;

  /// What is held is told again after so many heartbeats: the last message may have been lost.
  private static final int TELL_AGAIN = 20;

  /// From so many others on the voters say whom they hear.
  static final int VOTERS_TELL = 12;

  /// From so many others on a node that follows a record does not say by itself that it is there:
  /// more than the number before, for nodes do not hear of new ones at the same moment.
  static final int MANY = 16;

  /// How often a process that is new here is told what is held: it may not believe the first
  /// messages, and must not take what is held for free when its holder dies soon.
  private static final int TELL_NEWCOMER = 5;

  private static final RecordMark NO_RECORD = new RecordMark(0, 0);

  private record Heard(Session from, long version, SortedMap<String, Long> processes) {}

  private record Known(
      Session session,
      long heardAt,
      long version,
      SortedMap<InetAddress, Long> epochs,
      Condition condition) {

    Known heardAgain(long now) {
      return new Known(session, now, version, epochs, condition);
    }
  }

  private final Session me;
  private final long beatNanos;
  private final Map<String, Known> known = new HashMap<>();

  /// What voters said last, by node.
  private final Map<String, Heard> heardByOthers = new HashMap<>();

  /// What this node said as a voter.
  private SortedMap<String, Long> heardHere = new TreeMap<>();

  /// Nodes with a new process, and how often to tell it yet.
  private final Map<String, Integer> newcomers = new HashMap<>();

  private boolean newcomer;
  private long hearsVersion;
  private Set<String> peers = Set.of();
  private SortedMap<InetAddress, Long> told = new TreeMap<>(AddressGroup.ORDER);
  private long version;
  private int beats;
  private long beatAt;
  private Condition condition = Condition.WELL;
  private Condition toldCondition = Condition.WELL;

  /// Who holds what, put together anew only after a change: a view is asked for at every message.
  private Map<InetAddress, LeaseView.Owner> holders = Map.of();

  private boolean holdersChanged;

  Presence(Session me, long beatNanos, long now) {
    this.me = me;
    this.beatNanos = beatNanos;
    this.beatAt = now;
  }

  void peers(Set<String> nodes) {
    peers = Set.copyOf(nodes);
    holdersChanged |= known.keySet().retainAll(peers);
    heardByOthers.keySet().retainAll(peers);
    newcomers.keySet().retainAll(peers);
  }

  Set<String> peers() {
    return peers;
  }

  /// From now on this node is no candidate for anything.
  void leave() {
    condition = Condition.LEAVING;
  }

  /// Whether this node hears no majority of the voters.
  void deaf(boolean deaf) {
    if (condition != Condition.LEAVING) {
      condition = deaf ? Condition.DEAF : Condition.WELL;
    }
  }

  /// Any message of a node says that it is there.
  void heard(Session session, long now) {
    if (!peers.contains(session.node())) {
      return;
    }
    Known before = known.get(session.node());
    if (before != null && before.session.equals(session)) {
      known.put(session.node(), before.heardAgain(now));
      return;
    }
    holdersChanged = true;
    newcomer = true;
    newcomers.put(session.node(), TELL_NEWCOMER);
    known.put(
        session.node(),
        new Known(session, now, -1, new TreeMap<>(AddressGroup.ORDER), Condition.WELL));
  }

  void holds(LeaseMessage.Holds holds, long now) {
    heard(holds.from(), now);
    Known before = known.get(holds.from().node());
    if (before != null && holds.version() >= before.version) {
      if (holds.version() == before.version && holds.condition() == before.condition) {
        return;
      }
      holdersChanged |= !holds.epochs().equals(before.epochs);
      known.put(
          holds.from().node(),
          new Known(holds.from(), now, holds.version(), holds.epochs(), holds.condition()));
    }
  }

  /// A voter says whom it hears.
  void hears(LeaseMessage.Hears hears) {
    Heard before = heardByOthers.get(hears.from().node());
    if (peers.contains(hears.from().node())
        && (before == null
            || !before.from.equals(hears.from())
            || before.version <= hears.version())) {
      heardByOthers.put(
          hears.from().node(), new Heard(hears.from(), hears.version(), hears.processes()));
    }
  }

  /// A process is dead: its node is not there until another is heard.
  void died(Session session) {
    Known before = known.get(session.node());
    if (before != null && before.session.equals(session)) {
      known.put(
          session.node(),
          new Known(session, before.heardAt, before.version, before.epochs, Condition.LEAVING));
    }
  }

  /// Whether the node was heard lately.
  boolean isHeard(String node, long now) {
    Known last = known.get(node);
    return last != null
        && last.condition != Condition.LEAVING
        && now - last.heardAt < MISSED * beatNanos;
  }

  /// Whether the node's last known process stops in order, or is dead.
  boolean parts(String node) {
    Known last = known.get(node);
    return last != null && last.condition == Condition.LEAVING;
  }

  /// Tells the others what is due.
  ///
  /// @param open what this node holds; never changes, and is the same object as before if nothing
  ///   changed
  /// @param record the version of the voters followed, if there is one
  List<LeaseAction> settle(
      SortedMap<InetAddress, Long> open, @Nullable VoterRecord record, long now) {
    boolean changed = !open.equals(told) || condition != toldCondition;
    boolean due = now - beatAt >= 0;
    if (!changed && !due && !newcomer) {
      return List.of();
    }
    List<LeaseAction> out = new ArrayList<>();
    if (changed) {
      told = open;
      holdersChanged = true;
      version++;
      toldCondition = condition;
    }
    if (due) {
      beatAt = now + beatNanos;
      beats++;
    }
    if (told.isEmpty() && condition == Condition.WELL) {
      // As everybody thinks of whom nobody said anything.
      newcomers.clear();
    }
    boolean again = due && beats % TELL_AGAIN == 1;
    if (changed || again) {
      toAll(new LeaseMessage.Holds(me, version, told, condition), out);
    } else {
      toNewcomers(new LeaseMessage.Holds(me, version, told, condition), out);
      if (due && (record == null || peers.size() < MANY)) {
        LeaseMessage there =
            record == null
                ? new LeaseMessage.NeedVoters(me, NO_RECORD)
                : new LeaseMessage.Alive(me);
        peers.stream()
            .filter(peer -> !newcomers.containsKey(peer))
            .forEach(peer -> out.add(new LeaseAction.Send(peer, there)));
      }
    }
    if (due) {
      newcomers.replaceAll((_, left) -> left - 1);
      newcomers.values().removeIf(left -> left <= 0);
    }
    newcomer = false;
    if (due && record != null && record.votes(me.node()) && peers.size() >= VOTERS_TELL) {
      SortedMap<String, Long> heard = heard(now);
      if (again || !heard.equals(heardHere)) {
        hearsVersion++;
        heardHere = heard;
        toAll(new LeaseMessage.Hears(me, hearsVersion, heard), out);
      }
    }
    return out;
  }

  private void toNewcomers(LeaseMessage message, List<LeaseAction> out) {
    newcomers.keySet().forEach(node -> out.add(new LeaseAction.Send(node, message)));
  }

  private void toAll(LeaseMessage message, List<LeaseAction> out) {
    peers.forEach(peer -> out.add(new LeaseAction.Send(peer, message)));
  }

  /// Processes that this node itself heard lately.
  private SortedMap<String, Long> heard(long now) {
    SortedMap<String, Long> heard = new TreeMap<>();
    known.forEach((node, of) -> {
      if (isFresh(of, now)) {
        heard.put(node, of.session.process());
      }
    });
    return heard;
  }

  private boolean isFresh(Known of, long now) {
    return now - of.heardAt < MISSED * beatNanos;
  }

  /// Peers that were ever heard, with the age of their last message.
  SortedMap<String, Long> heardAgo(long now) {
    SortedMap<String, Long> ages = new TreeMap<>();
    known.forEach((node, of) -> ages.put(node, now - of.heardAt));
    return ages;
  }

  /// Whether a voter that is heard here hears this process.
  private boolean isHeardByVoters(Session session, @Nullable VoterRecord record, long now) {
    if (record == null) {
      return false;
    }
    for (Heard word : heardByOthers.values()) {
      Known voter = known.get(word.from.node());
      if (record.votes(word.from.node())
          && Long.valueOf(session.process()).equals(word.processes.get(session.node()))
          && voter != null
          && voter.session.equals(word.from)
          && isFresh(voter, now)) {
        return true;
      }
    }
    return false;
  }

  long nextWake() {
    return beatAt;
  }

  /// @param running whether this node's lease runs
  LeaseView view(boolean running, Hearing hearing, @Nullable VoterRecord record, long now) {
    Map<String, Session> live = new HashMap<>();
    known.forEach((node, of) -> {
      if (of.condition == Condition.WELL
          && (isFresh(of, now) || isHeardByVoters(of.session, record, now))) {
        live.put(node, of.session);
      }
    });
    if (running && condition != Condition.LEAVING) {
      live.put(me.node(), me);
    }
    return new LeaseView(
        live, holders(), running, record == null ? Map.of() : hearing.deaf(record, live));
  }

  private Map<InetAddress, LeaseView.Owner> holders() {
    if (holdersChanged) {
      holdersChanged = false;
      Map<InetAddress, LeaseView.Owner> all = new HashMap<>();
      known
          .values()
          .forEach(
              of -> of.epochs.forEach((address, epoch) -> own(all, address, of.session, epoch)));
      told.forEach((address, epoch) -> own(all, address, me, epoch));
      holders = Map.copyOf(all);
    }
    return holders;
  }

  /// The higher epoch counts: the lower is of somebody who has not spoken since.
  private static void own(
      Map<InetAddress, LeaseView.Owner> holders, InetAddress address, Session by, long epoch) {
    LeaseView.Owner other = holders.get(address);
    if (other == null || other.epoch() < epoch) {
      holders.put(address, new LeaseView.Owner(by, epoch));
    }
  }
}
