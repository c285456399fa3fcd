package dev.thresher.vip.lease;

import dev.thresher.vip.election.AddressGroup;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The voter's part: promises, kept in memory only. Confined to one thread.
///
/// The one rule: an address is promised to a session only if no promise of it to another session
/// runs. A promise counts from the moment its heartbeat *came*, which is never before it was sent,
/// and is longer than the lease by what clocks may differ: so the holder always stops first. A
/// promise ends before its time only by the holder's own word (a later set without the address) or
/// by proof that its process is dead. Then the address is promised at once to who waits for it, if
/// the promise for that session's last heartbeat still runs: it is answered once more, with less
/// refused, as if it had come a moment later. A voter that restarted has forgotten what it promised
/// and is silent until all of it has run out.
final class Voting {

  /// A dead session's late heartbeats would only cost others time; so few need to be remembered.
  private static final int REMEMBERED_DEAD = 256;

  private static final class Promise {
    OfferedSet set = OfferedSet.NOTHING;
    final Map<InetAddress, Long> granted = new HashMap<>();
    long lastRound = Long.MIN_VALUE;

    /// What was answered to that round, and under which voters.
    RecordMark mark = new RecordMark(0, 0);

    long answeredSet;
    final Map<InetAddress, Refusal> refused = new LinkedHashMap<>();

    long until;

    /// All of the set is granted, so that the next heartbeat needs no look at each address.
    boolean whole = true;

    Promise(long now) {
      until = now;
    }
  }

  private final Session me;
  private long silentUntil;
  private final Map<Session, Promise> promises = new HashMap<>();
  private final Map<InetAddress, Session> owners = new HashMap<>();
  private final Map<InetAddress, Long> epochs = new HashMap<>();
  private final Map<InetAddress, Set<Session>> waiting = new HashMap<>();
  private final Map<Session, Boolean> dead =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Session, Boolean> eldest) {
          return size() > REMEMBERED_DEAD;
        }
      };

  /// @param silentUntil before this nothing is promised: promises of an earlier life may run
  Voting(Session me, long silentUntil) {
    this.me = me;
    this.silentUntil = silentUntil;
  }

  /// Promises nothing before this.
  void silentUntil(long nanos) {
    if (nanos - silentUntil > 0) {
      silentUntil = nanos;
    }
  }

  boolean silent(long now) {
    return now - silentUntil < 0;
  }

  /// To whom an address is promised now; empty if to nobody.
  @Nullable Session promisedTo(InetAddress address, long now) {
    Session owner = owners.get(address);
    return owner != null && now - promise(owner).until < 0 ? owner : null;
  }

  /// By address the node to which it is promised now.
  Map<InetAddress, String> promised(long now) {
    Map<InetAddress, String> nodes = new HashMap<>();
    for (InetAddress address : owners.keySet()) {
      Session owner = promisedTo(address, now);
      if (owner != null) {
        nodes.put(address, owner.node());
      }
    }
    return nodes;
  }

  /// A session says what it holds and asks for.
  ///
  /// @param votes the version of the voters under which this node promises, if it does
  List<LeaseAction> offered(LeaseMessage.Offer offer, Optional<RecordMark> votes, long now) {
    if (dead.containsKey(offer.from())) {
      return List.of();
    }
    Promise promise = promises.computeIfAbsent(offer.from(), _ -> new Promise(now));
    if (offer.set().version() <= promise.set.version()) {
      return List.of();
    }
    promise.set = offer.set();
    promise.whole = false;
    List<InetAddress> givenBack = new ArrayList<>();
    promise
        .granted
        .keySet()
        .forEach(address -> {
          if (!promise.set.epochs().containsKey(address)) {
            givenBack.add(address);
          }
        });
    return free(promise, givenBack, votes, now);
  }

  /// Answers a heartbeat of a node that follows the same record.
  List<LeaseAction> asked(LeaseMessage.Heartbeat beat, VoterRecord record, long now) {
    Session from = beat.from();
    if (silent(now) || dead.containsKey(from) || beat.leaseNanos() > record.longestNanos()) {
      return List.of();
    }
    Promise promise = promises.computeIfAbsent(from, _ -> new Promise(now));
    if (beat.round() <= promise.lastRound || beat.set() < promise.set.version()) {
      return List.of();
    }
    if (beat.set() != promise.set.version() || beat.digest() != promise.set.digest()) {
      // What it holds is not known here, so nobody could be refused it: no promise.
      return List.of(send(from, new LeaseMessage.NeedOffer(me, from, beat.set())));
    }
    if (!promise.whole || now - promise.until >= 0) {
      grant(from, promise, now);
    }
    promise.lastRound = beat.round();
    promise.mark = beat.record();
    promise.answeredSet = beat.set();
    long until = now + ClockBound.outlasting(beat.leaseNanos());
    if (until - promise.until > 0) {
      promise.until = until;
    }
    return List.of(ack(from, promise));
  }

  /// The session's process answers nothing any more, and never will.
  List<LeaseAction> died(Session session, Optional<RecordMark> votes, long now) {
    dead.put(session, true);
    Promise promise = promises.remove(session);
    return promise == null
        ? List.of()
        : free(promise, List.copyOf(promise.granted.keySet()), votes, now);
  }

  /// Forgets sessions whose promises ran out long ago; to be called now and then.
  void sweep(long now, long longestNanos) {
    Set<Session> old = new HashSet<>();
    promises.forEach((session, promise) -> {
      if (now - promise.until > 10 * longestNanos) {
        old.add(session);
      }
    });
    for (Session session : old) {
      Promise promise = promises.remove(session);
      if (promise != null) {
        promise.granted.keySet().forEach(address -> owners.remove(address, session));
      }
    }
    waiting.values().forEach(sessions -> sessions.retainAll(promises.keySet()));
    waiting.values().removeIf(Set::isEmpty);
  }

  private void grant(Session from, Promise promise, long now) {
    promise.refused.clear();
    promise
        .set
        .epochs()
        .forEach((address, epoch) -> {
          Session owner = owners.get(address);
          if (owner != null && !owner.equals(from)) {
            Promise other = promise(owner);
            long left = other.until - now;
            if (left > 0) {
              long theirs = other.granted.getOrDefault(address, 0L);
              promise.refused.put(address, new Refusal(address, owner.node(), theirs, left));
              waiting.computeIfAbsent(address, _ -> new LinkedHashSet<>()).add(from);
              return;
            }
            other.granted.remove(address);
            other.whole = false;
          }
          promise(from, promise, address, epoch);
        });
    promise.whole = promise.refused.isEmpty();
  }

  private void promise(Session to, Promise promise, InetAddress address, long epoch) {
    owners.put(address, to);
    promise.granted.put(address, epoch);
    epochs.merge(address, epoch, Math::max);
  }

  private List<LeaseAction> free(
      Promise promise, List<InetAddress> addresses, Optional<RecordMark> votes, long now) {
    Set<Session> granted = new LinkedHashSet<>();
    Map<Session, SortedMap<InetAddress, Long>> told = new LinkedHashMap<>();
    for (InetAddress address : addresses) {
      promise.granted.remove(address);
      owners.remove(address);
      Set<Session> hopeful = waiting.getOrDefault(address, Set.of());
      Optional<Session> next =
          hopeful.stream().filter(session -> waits(session, address, votes, now)).findFirst();
      if (next.isPresent()) {
        hopeful.remove(next.get());
        Promise theirs = promise(next.get());
        promise(next.get(), theirs, address, theirs.set.epochs().getOrDefault(address, 0L));
        theirs.refused.remove(address);
        theirs.whole = theirs.refused.isEmpty();
        granted.add(next.get());
        continue;
      }
      waiting.remove(address);
      hopeful.forEach(session ->
          told.computeIfAbsent(session, _ -> new TreeMap<>(AddressGroup.ORDER))
              .put(address, epochs.getOrDefault(address, 0L)));
    }
    List<LeaseAction> actions = new ArrayList<>();
    granted.forEach(session -> actions.add(ack(session, promise(session))));
    told.forEach(
        (session, freed) -> actions.add(send(session, new LeaseMessage.Freed(me, session, freed))));
    return actions;
  }

  /// Whether the answer to a session's last heartbeat may still come to grant it an address.
  private boolean waits(
      Session session, InetAddress address, Optional<RecordMark> votes, long now) {
    Promise theirs = promises.get(session);
    return theirs != null
        && !silent(now)
        && now - theirs.until < 0
        && votes.filter(theirs.mark::equals).isPresent()
        && theirs.answeredSet == theirs.set.version()
        && theirs.refused.containsKey(address);
  }

  /// The answer to the session's last heartbeat.
  private LeaseAction ack(Session to, Promise promise) {
    return send(
        to,
        new LeaseMessage.Ack(
            me,
            to,
            promise.lastRound,
            promise.mark,
            promise.answeredSet,
            List.copyOf(promise.refused.values())));
  }

  private Promise promise(Session owner) {
    Promise promise = promises.get(owner);
    if (promise == null) {
      throw new IllegalStateException("no promise of " + owner + ", who owns an address");
    }
    return promise;
  }

  private static LeaseAction send(Session to, LeaseMessage message) {
    return new LeaseAction.Send(to.node(), message);
  }
}
