package dev.thresher.vip.lease;

import dev.thresher.vip.election.AddressGroup;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
/// by proof that its process is dead. A voter that restarted has forgotten what it promised and is
/// silent until all of it has run out.
final class Voting {

  /// A dead session's late heartbeats would only cost others time; so few need to be remembered.
  private static final int REMEMBERED_DEAD = 256;

  private static final class Promise {
    OfferedSet set = OfferedSet.NOTHING;
    final Map<InetAddress, Long> granted = new HashMap<>();
    long lastRound = Long.MIN_VALUE;
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

  /// A session says what it holds and asks for.
  List<LeaseAction> offered(LeaseMessage.Offer offer, long now) {
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
    return free(promise, givenBack);
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
    List<Refusal> refusals =
        promise.whole && now - promise.until < 0 ? List.of() : grant(from, promise, now);
    promise.lastRound = beat.round();
    long until = now + ClockBound.outlasting(beat.leaseNanos());
    if (until - promise.until > 0) {
      promise.until = until;
    }
    return List.of(
        send(
            from,
            new LeaseMessage.Ack(me, from, beat.round(), beat.record(), beat.set(), refusals)));
  }

  /// The session's process answers nothing any more, and never will.
  List<LeaseAction> died(Session session) {
    dead.put(session, true);
    Promise promise = promises.remove(session);
    return promise == null ? List.of() : free(promise, List.copyOf(promise.granted.keySet()));
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

  private List<Refusal> grant(Session from, Promise promise, long now) {
    List<Refusal> refusals = new ArrayList<>();
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
              refusals.add(new Refusal(address, owner.node(), theirs, left));
              waiting.computeIfAbsent(address, _ -> new HashSet<>()).add(from);
              return;
            }
            other.granted.remove(address);
            other.whole = false;
          }
          owners.put(address, from);
          promise.granted.put(address, epoch);
          epochs.merge(address, epoch, Math::max);
        });
    promise.whole = refusals.isEmpty();
    return refusals;
  }

  private List<LeaseAction> free(Promise promise, List<InetAddress> addresses) {
    Map<Session, SortedMap<InetAddress, Long>> told = new LinkedHashMap<>();
    for (InetAddress address : addresses) {
      promise.granted.remove(address);
      owners.remove(address);
      Set<Session> hopeful = waiting.remove(address);
      if (hopeful != null) {
        hopeful.forEach(session ->
            told.computeIfAbsent(session, _ -> new TreeMap<>(AddressGroup.ORDER))
                .put(address, epochs.getOrDefault(address, 0L)));
      }
    }
    List<LeaseAction> actions = new ArrayList<>();
    told.forEach(
        (session, freed) -> actions.add(send(session, new LeaseMessage.Freed(me, session, freed))));
    return actions;
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
