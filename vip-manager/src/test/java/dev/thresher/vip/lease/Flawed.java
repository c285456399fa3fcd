package dev.thresher.vip.lease;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// [LeaseMachine], with a mistake or none.
final class Flawed extends LeaseMachine {

  private final Flaw flaw;
  private final Session me;
  private final LeaseConfig config;
  private final RandomGenerator random;
  private long time;

  Flawed(Flaw flaw, Session me, LeaseConfig config, RandomGenerator random) {
    super(me, config, random);
    this.flaw = flaw;
    this.me = me;
    this.config = config;
    this.random = random;
  }

  List<LeaseAction> step(LeaseEvent event, long now) {
    time = now;
    if (flaw == Flaw.GIVES_BACK_BEFORE_CLOSING) {
      return closingLast(on(event, now));
    }
    if (flaw == Flaw.CLAIMS_BEFORE_THE_RELEASE
        && event instanceof LeaseEvent.Received(LeaseMessage.Ack ack, _)) {
      return on(new LeaseEvent.Received(believed(ack)), now);
    }
    if (event instanceof LeaseEvent.Received(LeaseMessage.Heartbeat beat, _)) {
      return switch (flaw) {
        case ACKS_AN_UNKNOWN_SET -> acksAnything(beat, now);
        case ACKS_UNKNOWN_VOTERS -> acksForOtherVoters(beat, now);
        case NO_BOUND_FOR_CLOCKS ->
            on(received(beat, beat.record(), beat.leaseNanos() * 32 / 33), now);
        case COUNTS_HEARSAY -> on(new LeaseEvent.Received(kept(beat)), now);
        default -> on(event, now);
      };
    }
    return on(event, now);
  }

  private static List<LeaseAction> closingLast(List<LeaseAction> actions) {
    List<LeaseAction> ordered = new ArrayList<>(actions);
    ordered.removeIf(LeaseAction.Close.class::isInstance);
    actions.stream().filter(LeaseAction.Close.class::isInstance).forEach(ordered::add);
    return ordered;
  }

  private static LeaseMessage believed(LeaseMessage.Ack ack) {
    return new LeaseMessage.Ack(
        ack.from(), ack.to(), ack.round(), ack.record(), ack.set(), List.of());
  }

  private List<LeaseAction> acksAnything(LeaseMessage.Heartbeat beat, long now) {
    List<LeaseAction> actions = new ArrayList<>();
    for (LeaseAction action : on(received(beat, beat.record(), beat.leaseNanos()), now)) {
      actions.add(
          action
                  instanceof
                  LeaseAction.Send(var to, LeaseMessage.NeedOffer(var from, var session, var set))
              ? new LeaseAction.Send(
                  to,
                  new LeaseMessage.Ack(from, session, beat.round(), beat.record(), set, List.of()))
              : action);
    }
    return actions;
  }

  private List<LeaseAction> acksForOtherVoters(LeaseMessage.Heartbeat beat, long now) {
    RecordMark mine = record().map(VoterRecord::mark).orElse(beat.record());
    List<LeaseAction> actions = new ArrayList<>();
    for (LeaseAction action : on(received(beat, mine, beat.leaseNanos()), now)) {
      actions.add(
          action instanceof LeaseAction.Send(var to, LeaseMessage.Ack ack)
              ? new LeaseAction.Send(
                  to,
                  new LeaseMessage.Ack(
                      ack.from(), ack.to(), ack.round(), beat.record(), ack.set(), ack.refusals()))
              : action);
    }
    return actions;
  }

  private static LeaseMessage kept(LeaseMessage.Heartbeat beat) {
    return new LeaseMessage.Heartbeat(
        beat.from(),
        beat.round(),
        beat.record(),
        beat.leaseNanos(),
        beat.set(),
        beat.digest(),
        LeaseMessage.Footing.SILENT);
  }

  private static LeaseEvent received(
      LeaseMessage.Heartbeat beat, RecordMark mark, long leaseNanos) {
    return new LeaseEvent.Received(
        new LeaseMessage.Heartbeat(
            beat.from(),
            beat.round(),
            mark,
            leaseNanos,
            beat.set(),
            beat.digest(),
            beat.footing()));
  }

  @Override
  Voting voting(@Nullable VoterRecord kept, long silentUntil) {
    return new Voting(
        me,
        switch (flaw) {
          case SPEAKS_AT_ONCE -> time;
          case SHORT_SILENCE -> kept == null ? silentUntil : time + kept.leaseNanos();
          default -> silentUntil;
        });
  }

  @Override
  long silence(VoterRecord before, VoterRecord next) {
    return flaw == Flaw.FORCED_SPEAKS_AT_ONCE ? 0 : super.silence(before, next);
  }

  @Override
  Holding holding(Holding.Surroundings around) {
    return new Holding(me, config, random, around, time) {
      @Override
      boolean covers(Round round, InetAddress address, long epoch) {
        return flaw == Flaw.NO_EPOCH
            ? round.set.epochs().containsKey(address)
            : super.covers(round, address, epoch);
      }

      @Override
      long leansOnWitnessUntil(long now) {
        return flaw == Flaw.LETS_THE_WITNESS_GO ? now : super.leansOnWitnessUntil(now);
      }

      @Override
      long endOf(Round round, long now) {
        return flaw == Flaw.LEASE_FROM_THE_ACK ? now + round.leaseNanos : super.endOf(round, now);
      }
    };
  }
}
