package dev.thresher.vip.lease;

import dev.thresher.vip.election.AddressGroup;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The holder's part: heartbeats, the lease that their answers give, and the addresses under it.
/// Confined to one thread.
///
/// Round k is *armed* before its heartbeats leave and *confirmed* when a majority has promised
/// every open address for it; its lease counts from before it was sent. Only the newest confirmed
/// round counts, so an address that is opened with round k is never answered under an earlier one.
/// A lease that lapsed is not continued: all is closed and asked for anew, under higher epochs. A
/// node asks for nothing as long as it does not hear a majority of the voters: they may hear it,
/// and would promise it what it cannot use and others could.
class Holding {

  /// What is asked of the rest of the node.
  interface Surroundings {
    /// The version followed, or null as long as none is known.
    @Nullable VoterRecord record();

    /// Whether the witness counts for a lease that ends then.
    boolean witnessedUntil(long nanos);

    /// Whether another may hold what is held here, because neither could ask.
    boolean contested();

    /// What a promise of this node is worth.
    LeaseMessage.Footing footing(long now);
  }

  /// Heartbeats in which the voters of a record may begin to answer.
  private static final int SETTLING_IN = 10;

  private final Session me;
  private final long beatNanos;
  private final LeaseConfig config;
  private final NoMajority policy;
  private final RandomGenerator random;
  private final Surroundings around;

  /// What may be answered while the lease runs, and what is only asked for; both with their epochs.
  private final SortedMap<InetAddress, Long> open = new TreeMap<>(AddressGroup.ORDER);

  /// A copy of `open`, until it changes.
  private @Nullable SortedMap<InetAddress, Long> openNow;

  private final SortedMap<InetAddress, Asking> asked = new TreeMap<>(AddressGroup.ORDER);
  private final Map<InetAddress, Long> knownEpochs = new HashMap<>();

  /// What this node held or heard another say that it holds. An epoch says less: each asking has a
  /// higher one, also after one that came to nothing.
  private final Set<InetAddress> heldBefore = new HashSet<>();

  private final Map<InetAddress, Long> retryAt = new HashMap<>();
  private Map<InetAddress, Integer> wanted = Map.of();

  private record Asking(long epoch, long since) {}

  private final HandingOver handingOver;

  private OfferedSet set = OfferedSet.NOTHING;
  private boolean setChanged;

  /// A heartbeat before its time may bring what is asked for.
  private boolean hurry;

  /// Somebody waits for what this node gave back.
  private boolean awaited;

  /// When each voter answered last; for people.
  private final Map<String, Long> answeredAt = new HashMap<>();

  private final Deque<Round> rounds = new ArrayDeque<>();
  private long lastRound;
  private long confirmed;
  private long leaseUntil;

  /// The witness's vote made the majority of the confirmed round.
  private boolean leansOnWitness;

  private long beatAt;
  private long lastBeat;
  private long agreedAt;

  /// When the last heartbeat was sent that a majority answered, whatever it said, or when these
  /// voters became known.
  private long heardAt;

  /// Heartbeats in their time since then. A process that stood still has sent none meanwhile. Where
  /// these voters did not answer yet, they may be silent after their own start: that is no
  /// deafness.
  private int unanswered = -SETTLING_IN;

  Holding(Session me, LeaseConfig config, RandomGenerator random, Surroundings around, long now) {
    this.me = me;
    this.config = config;
    this.beatNanos = config.beat().toNanos();
    this.policy = config.policy();
    this.random = random;
    this.around = around;
    this.handingOver = new HandingOver(me, beatNanos);
    this.leaseUntil = now;
    this.beatAt = now;
    this.lastBeat = now - beatNanos;
    this.agreedAt = now;
    this.heardAt = now;
  }

  /// Addresses that may be answered while the lease runs.
  SortedSet<InetAddress> open() {
    return AddressGroup.sorted(open.keySet());
  }

  /// The same with their epochs. The same object as before if nothing changed: this is asked for at
  /// every event, and must not look at each address then.
  SortedMap<InetAddress, Long> openEpochs() {
    SortedMap<InetAddress, Long> epochs = openNow;
    if (epochs == null) {
      epochs = Collections.unmodifiableSortedMap(new TreeMap<>(open));
      openNow = epochs;
    }
    return epochs;
  }

  /// Whether nothing is held or asked for, and the voters were told so.
  boolean isQuiet() {
    return open.isEmpty() && asked.isEmpty() && !setChanged;
  }

  /// Addresses that are asked for and not open.
  SortedSet<InetAddress> asked() {
    return AddressGroup.sorted(asked.keySet());
  }

  /// When the lease ends unless a round is confirmed; in the past if there is none.
  long leaseUntil() {
    return leaseUntil;
  }

  /// Voters that answered for these voters within the time of one lease.
  SortedSet<String> answering(long now) {
    SortedSet<String> voters = new TreeSet<>();
    VoterRecord record = around.record();
    if (record != null) {
      answeredAt.forEach((voter, at) -> {
        if (now - at < record.leaseNanos()) {
          voters.add(voter);
        }
      });
    }
    return voters;
  }

  /// What voters said to the asking under which each address is held or asked for, of the rounds
  /// since the one that was confirmed last.
  Map<InetAddress, LeaseReport.Asking> askings() {
    SortedMap<InetAddress, Long> epochs = new TreeMap<>(open);
    asked.forEach((address, asking) -> epochs.put(address, asking.epoch()));
    Map<InetAddress, LeaseReport.Asking> askings = new HashMap<>();
    epochs.forEach((address, epoch) -> {
      SortedSet<String> granting = new TreeSet<>();
      SortedMap<String, Refusal> refusing = new TreeMap<>();
      // Later rounds after earlier ones: the last word counts.
      for (Round round : rounds) {
        if (round.set.names(address, epoch)) {
          Map<String, Refusal> against = round.against(address);
          round
              .answering()
              .forEach(voter -> {
                Refusal refusal = against.get(voter);
                if (refusal == null) {
                  granting.add(voter);
                  refusing.remove(voter);
                } else {
                  granting.remove(voter);
                  refusing.put(voter, refusal);
                }
              });
        }
      }
      askings.put(address, new LeaseReport.Asking(granting, refusing));
    });
    return askings;
  }

  /// Until when the witness must stay here because what is open was given with its vote; not after
  /// now if it may go.
  long leansOnWitnessUntil(long now) {
    return leansOnWitness && !open.isEmpty() ? leaseUntil : now;
  }

  /// Whether this node should be nobody's choice: no majority answers it, and not only because it
  /// stood still.
  boolean hearsNobody(long now) {
    VoterRecord record = around.record();
    return record != null
        && isDeaf(record, now)
        && unanswered >= record.leaseNanos() / config.beatNanos(record);
  }

  /// When the last heartbeat was sent on which a majority agreed without the witness.
  long agreedAt() {
    return agreedAt;
  }

  /// The lease is over: whatever comes now, nothing may be answered before it is asked for anew. To
  /// be called first at every event.
  void lapse(long now, List<LeaseAction> out) {
    if (open.isEmpty() || now - leaseUntil < 0 || policy == NoMajority.KEEP) {
      return;
    }
    SortedSet<InetAddress> lost = open();
    drop(lost, "no majority of the voters renewed the lease in time", out);
    lost.forEach(address -> retryAt.put(address, now));
  }

  void want(
      Map<InetAddress, Integer> ranks,
      Map<InetAddress, String> successors,
      long now,
      List<LeaseAction> out) {
    Map<InetAddress, Integer> before = wanted;
    wanted = ranks;
    SortedMap<InetAddress, Long> leaving = new TreeMap<>(open);
    leaving.keySet().removeAll(ranks.keySet());
    handingOver.give(leaving, successors, now, out);
    SortedSet<InetAddress> unwanted = AddressGroup.sorted(leaving.keySet());
    unwanted.removeIf(handingOver::isGoing);
    for (InetAddress address : asked.keySet()) {
      if (!ranks.containsKey(address) && !handingOver.isComing(address, now)) {
        unwanted.add(address);
      }
    }
    ranks.keySet().stream().filter(handingOver::isGoing).forEach(handingOver::settled);
    if (!unwanted.isEmpty()) {
      drop(unwanted, "another node should hold it, or nobody", out);
    }
    retryAt.keySet().retainAll(ranks.keySet());
    ranks.forEach((address, rank) -> {
      if (!before.containsKey(address) && !inSet(address)) {
        retryAt.put(address, now + rank * beatNanos / 2);
      }
    });
  }

  /// Somebody said that it holds these: the next asking here has a higher epoch.
  void heardOf(Map<InetAddress, Long> epochs) {
    heldBefore.addAll(epochs.keySet());
    epochs.forEach((address, epoch) -> knownEpochs.merge(address, epoch, Math::max));
  }

  /// Addresses have become free; whoever wants them asks now.
  void freed(Map<InetAddress, Long> epochs, long now) {
    epochs.forEach((address, epoch) -> {
      knownEpochs.merge(address, epoch, Math::max);
      hurry |= asked.containsKey(address);
      Integer rank = wanted.get(address);
      if (rank != null && !inSet(address)) {
        retryAt.put(address, now + rank * beatNanos / 2);
      }
    });
  }

  /// Somebody died, who may have held what is wanted here.
  void died(Session session, long now) {
    handingOver.died(session.node(), now);
    askSoon(now);
  }

  /// The holder of these gives them to this node as soon as it is in line for them.
  void handedOver(Session from, Map<InetAddress, Long> epochs, long now) {
    heldBefore.addAll(epochs.keySet());
    epochs.forEach((address, epoch) -> {
      knownEpochs.merge(address, epoch, Math::max);
      if (!open.containsKey(address) && handingOver.offered(address, from, epoch, now)) {
        asked.remove(address);
        retryAt.remove(address);
        ask(address, now);
      }
    });
  }

  /// A node waits for these: they are closed and given back.
  void awaited(String node, Map<InetAddress, Long> epochs, List<LeaseAction> out) {
    SortedSet<InetAddress> closing = handingOver.awaitedBy(node, epochs, open);
    if (!closing.isEmpty()) {
      drop(closing, "handed over to " + node, out);
      awaited = true;
    }
  }

  /// A heartbeat may bring now what the last one did not.
  void hurry() {
    hurry = true;
  }

  /// Other voters: what was asked of the old ones gives nothing any more.
  void votersChanged(long now) {
    rounds.clear();
    answeredAt.clear();
    beatAt = now;
    heardAt = now;
    unanswered = -SETTLING_IN;
  }

  /// A voter lacks the set: it is sent again, with the newest heartbeat, which is armed already.
  void offerAgain(String voter, long now, List<LeaseAction> out) {
    Round newest = rounds.peekLast();
    VoterRecord record = around.record();
    if (newest != null && record != null && newest.record.equals(record.mark())) {
      send(newest, record, voter, true, now, out);
    }
  }

  void acked(LeaseMessage.Ack ack, long now, List<LeaseAction> out) {
    VoterRecord record = around.record();
    if (record == null
        || !ack.to().equals(me)
        || !ack.record().equals(record.mark())
        || !record.votes(ack.from().node())) {
      return;
    }
    answeredAt.put(ack.from().node(), now);
    for (Round round : rounds) {
      if (round.isAnsweredBy(ack)) {
        ack.refusals()
            .forEach(refusal -> knownEpochs.merge(refusal.address(), refusal.epoch(), Math::max));
        round.answered(ack.from().node(), ack.refusals());
        boolean witnessed = around.witnessedUntil(endOf(round, now));
        if (round.sentAt - heardAt > 0 && record.isMajority(round.answering(), witnessed)) {
          if (isDeaf(record, now)) {
            askSoon(now);
          }
          heardAt = round.sentAt;
          unanswered = 0;
        }
        tellHolders(round, record, now, out);
        giveWay(round, record, now, out);
        confirm(round, record, now, out);
        return;
      }
    }
  }

  /// Does what is due: begins askings, gives up those that had no success, beats.
  void settle(long now, List<LeaseAction> out) {
    VoterRecord record = around.record();
    if (record == null) {
      return;
    }
    Set<InetAddress> overdue = handingOver.overdue(now);
    if (!overdue.isEmpty()) {
      drop(overdue, "another node should hold it, which says nothing", out);
    }
    giveUpAfterPatience(now);
    if (!isDeaf(record, now)) {
      retryAt
          .entrySet()
          .removeIf(retry -> {
            if (now - retry.getValue() < 0) {
              return false;
            }
            ask(retry.getKey(), now);
            return true;
          });
    }
    boolean regular = now - beatAt >= 0;
    if (regular) {
      unblock(record, out, now);
    }
    // A burst of changes goes into a few rounds.
    unanswered += regular ? 1 : 0;
    if (regular || awaited || ((setChanged || hurry) && now - lastBeat >= beatNanos / 20)) {
      beat(record, now, out);
    }
  }

  /// When [#settle] or [#lapse] wants to be called.
  long nextWake(long now) {
    long next = beatAt;
    if (setChanged || hurry) {
      next = earlier(next, lastBeat + beatNanos / 20, now);
    }
    if (!open.isEmpty() && policy == NoMajority.SILENT) {
      next = earlier(next, leaseUntil, now);
    }
    VoterRecord record = around.record();
    if (record != null && !isDeaf(record, now)) {
      for (long at : retryAt.values()) {
        next = earlier(next, at, now);
      }
    }
    return handingOver.nextWake(next, now);
  }

  /// Whether what was granted in this round was granted for this very asking. Between two askings
  /// the address may have been given back and held by another.
  boolean covers(Round round, InetAddress address, long epoch) {
    return round.set.names(address, epoch);
  }

  /// When the lease that a round gives ends: counted from before the round was sent, so that no
  /// voter's promise can end earlier.
  long endOf(Round round, long now) {
    return round.sentAt + round.leaseNanos;
  }

  /// Whether no majority has answered for as long as a lease runs. Heartbeats go on, without what
  /// is only wanted.
  private boolean isDeaf(VoterRecord record, long now) {
    return now - heardAt >= record.leaseNanos();
  }

  private boolean inSet(InetAddress address) {
    return open.containsKey(address) || asked.containsKey(address);
  }

  private void askSoon(long now) {
    wanted.forEach((address, rank) -> {
      if (!inSet(address)) {
        retryAt.put(address, now + rank * beatNanos / 2);
      }
    });
  }

  private void ask(InetAddress address, long now) {
    if (!inSet(address)) {
      asked.put(address, new Asking(knownEpochs.merge(address, 1L, Long::sum), now));
      setChanged = true;
    }
  }

  private void giveUpAfterPatience(long now) {
    List<InetAddress> tired = new ArrayList<>();
    asked.forEach((address, asking) -> {
      if (now - asking.since >= 2 * beatNanos && !handingOver.isComing(address, now)) {
        tired.add(address);
      }
    });
    for (InetAddress address : tired) {
      giveUp(address, now + beatNanos + random.nextLong(2 * beatNanos));
    }
  }

  private void giveUp(InetAddress address, long again) {
    asked.remove(address);
    setChanged = true;
    if (wanted.containsKey(address)) {
      retryAt.put(address, again);
    }
  }

  private void drop(Collection<InetAddress> addresses, String reason, List<LeaseAction> out) {
    SortedSet<InetAddress> closing = open();
    closing.retainAll(addresses);
    if (!closing.isEmpty()) {
      out.add(new LeaseAction.Close(closing, reason));
    }
    openNow = null;
    addresses.forEach(address -> {
      open.remove(address);
      asked.remove(address);
      handingOver.settled(address);
    });
    setChanged = true;
  }

  private void tellHolders(Round round, VoterRecord record, long now, List<LeaseAction> out) {
    if (!handingOver.isAnyComing()) {
      return;
    }
    Map<InetAddress, Long> asking = new HashMap<>();
    asked.forEach((address, since) -> asking.put(address, since.epoch()));
    boolean witnessed = around.witnessedUntil(endOf(round, now));
    handingOver.tellHolders(round, record, asking, witnessed, now, out);
  }

  /// Gives way where a majority cannot be had, or where the policy holds without one and another
  /// has the higher epoch.
  private void giveWay(Round round, VoterRecord record, long now, List<LeaseAction> out) {
    for (InetAddress address : round.refused()) {
      Long held = open.get(address);
      Asking asking = asked.get(address);
      long epoch;
      if (held != null) {
        epoch = held;
      } else if (asking != null) {
        epoch = asking.epoch();
      } else {
        continue;
      }
      if (!covers(round, address, epoch)) {
        continue;
      }
      Map<String, Refusal> against = round.against(address);
      if (held == null && handingOver.passes(address, against.values(), now)) {
        continue;
      }
      boolean outvoted = record.members() - against.size() < record.majority();
      boolean outranked =
          (policy == NoMajority.KEEP || around.contested())
              && against.values().stream().anyMatch(refusal -> refusal.epoch() > epoch);
      if (!outvoted && !outranked) {
        continue;
      }
      long left = against.values().stream().mapToLong(Refusal::leftNanos).min().orElse(0);
      Refusal one = against.values().iterator().next();
      if (held != null) {
        drop(List.of(address), "promised to " + one.holder(), out);
      }
      giveUp(address, now + left + random.nextLong(beatNanos / 2 + 1));
    }
  }

  /// An open address that some voter promised to another spoils that voter's word for all others:
  /// if only that stands between this node and a majority, it goes.
  private void unblock(VoterRecord record, List<LeaseAction> out, long now) {
    Round last = rounds.peekLast();
    if (last == null || last.number == confirmed) {
      return;
    }
    if (!record.isMajority(last.answering(), around.witnessedUntil(endOf(last, now)))) {
      return;
    }
    SortedSet<InetAddress> spoiling = open();
    spoiling.retainAll(last.refused());
    if (!spoiling.isEmpty()) {
      drop(spoiling, "promised to another by a voter that is needed", out);
      spoiling.forEach(address -> retryAt.put(address, now + beatNanos));
      confirm(last, record, now, out);
    }
  }

  private void confirm(Round round, VoterRecord record, long now, List<LeaseAction> out) {
    long end = endOf(round, now);
    if (round.number < confirmed || now - end >= 0) {
      return;
    }
    if (!coversAllOpen(round)) {
      return;
    }
    boolean witnessed = around.witnessedUntil(end);
    Set<String> granting = round.granting(open.keySet());
    if (!record.isMajority(granting, witnessed)) {
      return;
    }
    Map<InetAddress, Long> gained = new TreeMap<>(AddressGroup.ORDER);
    for (Map.Entry<InetAddress, Asking> asking : asked.entrySet()) {
      if (covers(round, asking.getKey(), asking.getValue().epoch())) {
        // One and the same majority must have promised all that is open.
        Set<String> still = round.granting(granting, asking.getKey());
        if (record.isMajority(still, witnessed)) {
          granting = still;
          gained.put(asking.getKey(), asking.getValue().epoch());
        }
      }
    }
    if (!gained.isEmpty()) {
      open.putAll(gained);
      openNow = null;
    }
    asked.keySet().removeAll(gained.keySet());
    gained.keySet().forEach(handingOver::settled);
    if (round.number > confirmed) {
      confirmed = round.number;
      leaseUntil = end;
      rounds.removeIf(other -> other.number < round.number);
      out.add(new LeaseAction.Confirm(round.number));
    }
    leansOnWitness = !record.isMajority(granting, false);
    if (!leansOnWitness) {
      agreedAt = round.sentAt;
    }
    if (!gained.isEmpty()) {
      Set<InetAddress> known = new HashSet<>(gained.keySet());
      known.retainAll(heldBefore);
      heldBefore.addAll(gained.keySet());
      out.add(new LeaseAction.Open(gained, known));
    }
  }

  // The same object, not an equal one: the present set names all that is open, unless it is about
  // to be replaced. A look at each address at every answer costs more than all the rest.
  @SuppressWarnings("ReferenceEquality")
  private boolean coversAllOpen(Round round) {
    return (round.set == set && !setChanged)
        || open.entrySet().stream().allMatch(held -> covers(round, held.getKey(), held.getValue()));
  }

  private void beat(VoterRecord record, long now, List<LeaseAction> out) {
    boolean offering = setChanged;
    if (setChanged) {
      Map<InetAddress, Long> epochs = new TreeMap<>(open);
      asked.forEach((address, asking) -> epochs.put(address, asking.epoch()));
      set = OfferedSet.of(set.version() + 1, epochs);
      setChanged = false;
    }
    rounds.removeIf(round -> round.number != confirmed && now - endOf(round, now) >= 0);
    Round round = new Round(++lastRound, now, record, set);
    rounds.addLast(round);
    lastBeat = now;
    hurry = false;
    awaited = false;
    beatAt = now + config.beatNanos(record);
    out.add(new LeaseAction.Arm(round.number, record.leaseNanos()));
    if (policy == NoMajority.KEEP && !open.isEmpty()) {
      out.add(new LeaseAction.Confirm(round.number));
    }
    record.voters().forEach(voter -> send(round, record, voter, offering, now, out));
  }

  private void send(
      Round round,
      VoterRecord record,
      String voter,
      boolean offering,
      long now,
      List<LeaseAction> out) {
    if (offering) {
      out.add(new LeaseAction.Send(voter, new LeaseMessage.Offer(me, round.set)));
    }
    out.add(
        new LeaseAction.Send(
            voter,
            new LeaseMessage.Heartbeat(
                me,
                round.number,
                round.record,
                record.leaseNanos(),
                round.set.version(),
                round.set.digest(),
                around.footing(now))));
  }

  private static long earlier(long a, long b, long now) {
    return a - now <= b - now ? a : b;
  }
}
