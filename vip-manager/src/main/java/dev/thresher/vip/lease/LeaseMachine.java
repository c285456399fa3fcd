package dev.thresher.vip.lease;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// One node's part in the leases: voter, holder, follower of the voter record. The same events at
/// the same times give the same actions. Confined to one thread.
public class LeaseMachine {

  private static final long SWEEP_NANOS = 10_000_000_000L;

  private final Session me;
  private final LeaseConfig config;
  private final RandomGenerator random;
  private final Adoption adoption = new Adoption();

  private @Nullable VoterRecord record;

  /// The record came from where no later one can be unknown: this node's own file, or the API
  /// server. A voter that lost its file may have followed a later version than a peer knows.
  private boolean authentic;

  private @Nullable VoterRecord keeping;
  private @Nullable Parts parts;
  private boolean leaving;
  private long sweepAt;
  private long now;

  private record Parts(
      Voting voting,
      Holding holding,
      Witnessing witnessing,
      Presence presence,
      Hearing hearing,
      Joining joining) {}

  /// @param me this process
  /// @param random spreads retries
  public LeaseMachine(Session me, LeaseConfig config, RandomGenerator random) {
    this.me = me;
    this.config = config;
    this.random = random;
  }

  /// One step.
  ///
  /// @param time monotonic nanoseconds, read after the event was there; never less than at the step
  ///   before
  public List<LeaseAction> on(LeaseEvent event, long time) {
    now = time;
    List<LeaseAction> out = new ArrayList<>();
    if (event instanceof LeaseEvent.Began(var kept, var aloneSince)) {
      begin(kept, aloneSince.orElse(now));
    }
    Parts started = parts;
    if (started == null) {
      throw new IllegalStateException("the first event must be Began, found " + event);
    }
    started.holding().lapse(now, out);
    switch (event) {
      case LeaseEvent.Began _, LeaseEvent.Tick _ -> {}
      case LeaseEvent.Received(var message, var network) -> {
        started.hearing().heard(message.from().node(), network, now);
        received(message, started, out);
      }
      case LeaseEvent.KnownTo(var node) -> {
        if (record != null && record.votes(node)) {
          started.holding().hurry();
        }
      }
      case LeaseEvent.Networks(var nodes) -> started.hearing().expect(nodes, now);
      case LeaseEvent.VotersSeen(var seen) -> seen(seen, out);
      case LeaseEvent.VotersKept(var kept) -> kept(kept);
      case LeaseEvent.Want(var ranks, var successors) ->
          started.holding().want(ranks, successors, now, out);
      case LeaseEvent.Peers(var nodes) -> {
        started.presence().peers(nodes);
        started.joining().retain(nodes);
      }
      case LeaseEvent.Leave(var successors) -> {
        leaving = true;
        started.presence().leave();
        started.holding().want(Map.of(), successors, now, out);
      }
      case LeaseEvent.Died(var session) -> {
        started.presence().died(session);
        started.witnessing().died(session);
        out.addAll(started.voting().died(session, votesUnder(), now));
        started.holding().died(session, now);
      }
      case LeaseEvent.WitnessRead(var witness) -> started.witnessing().read(witness, now);
      case LeaseEvent.WitnessWritten(var witness, var sentAt) -> {
        started.witnessing().written(witness, sentAt, now);
        started.holding().hurry();
      }
      case LeaseEvent.WitnessFailed() -> started.witnessing().failed(now);
    }
    settle(started, out);
    return out;
  }

  /// Addresses that may be answered while the lease runs.
  public SortedSet<InetAddress> open() {
    return running().holding().open();
  }

  /// When the lease ends unless it is renewed, in monotonic nanoseconds.
  public long leaseUntil() {
    return running().holding().leaseUntil();
  }

  /// What this node knows of all.
  public LeaseView view() {
    Parts started = running();
    return started
        .presence()
        .view(started.holding().leaseUntil() - now > 0, started.hearing(), record, now);
  }

  /// What the lease rests on; changes nothing.
  ///
  /// @param time monotonic nanoseconds, not before the last step
  public LeaseReport report(long time) {
    Parts started = running();
    return new LeaseReport(
        record(),
        Math.max(0, started.holding().leaseUntil() - time),
        isSilentVoter(),
        started.holding().answering(time),
        started.presence().heardAgo(time),
        started.holding().askings(),
        votesUnder().isPresent() ? started.voting().promised(time) : Map.of());
  }

  /// Whether the first event has come.
  public boolean begun() {
    return parts != null;
  }

  /// Whether nothing is held or asked for, the voters were told so, and the witness is not left
  /// here.
  public boolean quiet() {
    return running().holding().isQuiet() && running().witnessing().isGivenBack();
  }

  /// Whether this node is a voter that answers nobody yet, because promises of an earlier life of
  /// it may run, or because it does not know for sure which voters there are.
  public boolean isSilentVoter() {
    VoterRecord followed = record;
    return followed != null
        && followed.votes(me.node())
        && (votesUnder().isEmpty() || running().voting().silent(now));
  }

  /// Whether it is this node that changes the voters: the first voter by name that is there.
  public boolean changesVoters() {
    VoterRecord followed = record;
    if (followed == null || !followed.votes(me.node())) {
      return false;
    }
    Set<String> live = view().live().keySet();
    return followed.voters().stream()
        .filter(voter -> voter.equals(me.node()) || live.contains(voter))
        .findFirst()
        .filter(me.node()::equals)
        .isPresent();
  }

  /// Nodes that may become voters without taking a lease from anybody, and voters that are as well
  /// as these: this node, and those that it has heard for long without a gap and that would
  /// promise. As long as no voter promises anything those that are heard at all, for then there is
  /// no lease.
  public Set<String> joining() {
    Parts started = running();
    VoterRecord followed = record;
    if (followed == null) {
      return Set.of();
    }
    Presence presence = started.presence();
    Set<String> ready = new TreeSet<>(started.joining().ready(followed.mark(), now));
    if (isNothingToLose(followed, started)) {
      ready.addAll(started.joining().present(followed.mark(), now));
    }
    ready.removeIf(presence::parts);
    ready.add(me.node());
    return ready;
  }

  /// Whether those of the voters that may promise something are no majority.
  private boolean isNothingToLose(VoterRecord followed, Parts started) {
    long promising =
        followed.voters().stream()
            .filter(voter ->
                voter.equals(me.node())
                    ? !isSilentVoter()
                    : !started.joining().isSilent(voter, now))
            .count();
    return promising + (followed.witness() ? 1 : 0) < followed.majority();
  }

  /// The version followed.
  public Optional<VoterRecord> record() {
    return Optional.ofNullable(record);
  }

  /// When the voter record may be changed, as far as is known now.
  public Optional<Long> inForceAt() {
    return record == null ? Optional.empty() : adoption.inForceAt(record, witnessed(now));
  }

  /// @param since when no earlier process of this node ran any more: what one promised was promised
  ///   before
  private void begin(Optional<VoterRecord> kept, long since) {
    record = kept.orElse(null);
    authentic = kept.isPresent();
    long silence = record == null ? VoterRecord.LONGEST_LEASE.toNanos() : record.longestNanos();
    parts =
        new Parts(
            voting(record, since + ClockBound.outlasting(silence)),
            holding(
                new Holding.Surroundings() {
                  @Override
                  public @Nullable VoterRecord record() {
                    return record;
                  }

                  @Override
                  public boolean witnessedUntil(long nanos) {
                    return witnessed(nanos);
                  }

                  @Override
                  public boolean contested() {
                    return parts != null && parts.witnessing().isContested();
                  }

                  @Override
                  public LeaseMessage.Footing footing(long nanos) {
                    if (!authentic) {
                      return LeaseMessage.Footing.HEARSAY;
                    }
                    return running().voting().silent(nanos)
                        ? LeaseMessage.Footing.SILENT
                        : LeaseMessage.Footing.READY;
                  }
                }),
            new Witnessing(me, config.twoNodes(), now),
            new Presence(me, config.beat().toNanos(), now),
            new Hearing(me, config.beat().toNanos(), now),
            new Joining());
    sweepAt = now + SWEEP_NANOS;
  }

  /// Makes the voter's part.
  Voting voting(@Nullable VoterRecord kept, long silentUntil) {
    return new Voting(me, silentUntil);
  }

  /// Makes the holder's part.
  Holding holding(Holding.Surroundings around) {
    return new Holding(me, config, random, around, now);
  }

  /// How long a voter promises nothing that has followed one version and now follows another.
  /// Majorities of versions that do not follow each other need not have a member in common: one was
  /// forced, or this node has missed some. What was granted under the former must have ended.
  long silence(VoterRecord before, VoterRecord next) {
    return before.whyNotFollowedBy(next).isEmpty()
        ? 0
        : ClockBound.outlasting(Math.max(before.longestNanos(), next.longestNanos()));
  }

  private void received(LeaseMessage message, Parts started, List<LeaseAction> out) {
    started.presence().heard(message.from(), now);
    if (started.presence().peers().contains(message.from().node())) {
      started.joining().heard(message, now);
    }
    switch (message) {
      case LeaseMessage.Heartbeat beat -> {
        VoterRecord followed = record;
        if (beat.footing() != LeaseMessage.Footing.HEARSAY) {
          heardOf(beat.from().node(), beat.record());
        }
        if (followed != null && beat.record().equals(followed.mark())) {
          if (votesUnder().isPresent()) {
            out.addAll(started.voting().asked(beat, followed, now));
          }
        } else {
          compare(beat.from(), beat.record(), out);
        }
      }
      case LeaseMessage.Offer offer ->
          out.addAll(started.voting().offered(offer, votesUnder(), now));
      case LeaseMessage.Ack ack -> {
        heardOf(ack.from().node(), ack.record());
        started.holding().acked(ack, now, out);
      }
      case LeaseMessage.NeedOffer(var from, var to, _) -> {
        if (to.equals(me)) {
          started.holding().offerAgain(from.node(), now, out);
        }
      }
      case LeaseMessage.Freed(_, var to, var epochs) -> {
        if (to.equals(me)) {
          started.holding().freed(epochs, now);
        }
      }
      case LeaseMessage.HandOver(var from, var epochs) -> {
        if (!leaving) {
          started.holding().handedOver(from, epochs, now);
        }
      }
      case LeaseMessage.InLine(var from, var to, var epochs) -> {
        if (to.equals(me)) {
          started.holding().awaited(from.node(), epochs, out);
        }
      }
      case LeaseMessage.Alive _ -> {}
      case LeaseMessage.Holds holds -> {
        started.presence().holds(holds, now);
        started.holding().heardOf(holds.epochs());
      }
      case LeaseMessage.Hears hears -> started.presence().hears(hears);
      case LeaseMessage.Misses misses -> started.hearing().told(misses);
      case LeaseMessage.Voters(_, var seen) -> told(seen, out);
      case LeaseMessage.NeedVoters(var from, var known) -> {
        if (record != null && record.version() > known.version()) {
          out.add(send(from, new LeaseMessage.Voters(me, record)));
        }
      }
    }
  }

  /// The version of the voters under which this node promises, if it does.
  private Optional<RecordMark> votesUnder() {
    VoterRecord followed = record;
    return followed != null && authentic && followed.votes(me.node())
        ? Optional.of(followed.mark())
        : Optional.empty();
  }

  /// Somebody follows another version: the one with the later one tells the other.
  private void compare(Session other, RecordMark theirs, List<LeaseAction> out) {
    VoterRecord followed = record;
    if (followed == null) {
      out.add(send(other, new LeaseMessage.NeedVoters(me, new RecordMark(0, 0))));
    } else if (theirs.cluster() == followed.cluster()) {
      out.add(
          theirs.version() < followed.version()
              ? send(other, new LeaseMessage.Voters(me, followed))
              : send(other, new LeaseMessage.NeedVoters(me, followed.mark())));
    }
  }

  /// The newest version that the API server has.
  private void seen(VoterRecord seen, List<LeaseAction> out) {
    boolean late = record != null && isBefore(seen, record);
    if (authentic) {
      told(seen, out);
    } else if (!late && !seen.equals(keeping)) {
      keeping = seen;
      out.add(new LeaseAction.Keep(seen));
    }
  }

  /// A version that a node knows. Who votes keeps it first. Who does not vote, because it may have
  /// followed a later one before it lost its file, must not keep it: after a restart it would pass
  /// for that node's own.
  private void told(VoterRecord seen, List<LeaseAction> out) {
    VoterRecord newest = keeping == null || !authentic ? record : keeping;
    if (newest != null && !isBefore(newest, seen)) {
      return;
    }
    if (authentic) {
      keeping = seen;
      out.add(new LeaseAction.Keep(seen));
    } else {
      follow(seen);
    }
  }

  private void kept(VoterRecord kept) {
    boolean mixed = record != null && record.cluster() != kept.cluster();
    if (record == null || isBefore(record, kept) || (mixed && !authentic)) {
      follow(kept);
    }
    authentic = authentic || kept.equals(record);
    if (keeping != null && !isBefore(kept, keeping)) {
      keeping = null;
    }
  }

  private void follow(VoterRecord next) {
    VoterRecord before = record;
    if (before != null) {
      running().voting().silentUntil(now + silence(before, next));
    }
    record = next;
    running().holding().votersChanged(now);
  }

  private void settle(Parts started, List<LeaseAction> out) {
    VoterRecord followed = record;
    if (followed == null) {
      out.addAll(started.presence().settle(started.holding().openEpochs(), followed, now));
      out.add(new LeaseAction.WakeAt(now + config.beat().toNanos()));
      return;
    }
    if (authentic) {
      adoption.follows(me.node(), followed.mark(), followed, now);
    }
    started.holding().settle(now, out);
    // What was closed just now leans on nothing any more.
    out.addAll(
        started
            .witnessing()
            .settle(
                needOfWitness(followed, started),
                followed.mark(),
                started.holding().leansOnWitnessUntil(now),
                now));
    started.presence().deaf(started.holding().hearsNobody(now));
    out.addAll(started.presence().settle(started.holding().openEpochs(), followed, now));
    out.addAll(started.hearing().settle(followed, started.presence().peers(), now));
    if (now - sweepAt >= 0) {
      sweepAt = now + SWEEP_NANOS;
      started.voting().sweep(now, followed.longestNanos());
    }
    long next = started.holding().nextWake(now);
    long witness = started.witnessing().nextWake(now);
    next = next - now <= witness - now ? next : witness;
    long presence = started.presence().nextWake();
    out.add(new LeaseAction.WakeAt(next - now <= presence - now ? next : presence));
  }

  /// Who stops must not take it: the other voter would have to wait until it is seen to be of
  /// nobody. Nor who is silent after a start, for it would take it from one who can use it; unless
  /// it votes alone.
  private Witnessing.Need needOfWitness(VoterRecord followed, Parts started) {
    if (!followed.witness() || !followed.votes(me.node()) || leaving) {
      return Witnessing.Need.NONE;
    }
    boolean unanswered = now - started.holding().agreedAt() > config.beatNanos(followed) * 5 / 2;
    List<String> others =
        followed.voters().stream().filter(voter -> !voter.equals(me.node())).toList();
    boolean parting = others.stream().allMatch(started.presence()::parts);
    if (!(unanswered || parting) || (started.voting().silent(now) && !others.isEmpty())) {
      return Witnessing.Need.SOON;
    }
    return others.stream().noneMatch(voter -> started.presence().isHeard(voter, now))
        ? Witnessing.Need.ALONE
        : Witnessing.Need.NOW;
  }

  private void heardOf(String node, RecordMark followed) {
    if (record != null) {
      adoption.follows(node, followed, record, now);
    }
  }

  private boolean witnessed(long until) {
    return record != null
        && record.witness()
        && record.votes(me.node())
        && parts != null
        && parts.witnessing().countsUntil(until, record.mark(), now);
  }

  private Parts running() {
    if (parts == null) {
      throw new IllegalStateException("the machine has not begun");
    }
    return parts;
  }

  private static boolean isBefore(VoterRecord a, VoterRecord b) {
    return a.cluster() == b.cluster() && a.version() < b.version();
  }

  private static LeaseAction send(Session to, LeaseMessage message) {
    return new LeaseAction.Send(to.node(), message);
  }
}
