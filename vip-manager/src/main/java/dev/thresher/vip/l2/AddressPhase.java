package dev.thresher.vip.l2;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/// How far an address has come: probed, then announced again and again. A sealed state machine on a
/// clock that is handed in; times are nanoseconds of [System#nanoTime()] and are compared by
/// difference only.
///
/// A first claim probes and claims as its [Pace] says. A held address is announced at 0, 100 ms, 1
/// s and 2 s, then every 60 s ± 10 % unless told otherwise (RFC 5227 asks for two announcements
/// only; one lost frame would then cost minutes).
public sealed interface AddressPhase {
  /// Nanoseconds of a millisecond.
  long MILLI = 1_000_000;

  /// Spreads announcements, so that many addresses do not speak at once for ever.
  double JITTER = 0.1;

  /// So much of a probe's lateness does not shift the steps after it: threads wake late on a busy
  /// node, while those who are asked keep the time that is theirs but for this.
  long MADE_UP_FOR = 2 * MILLI;

  /// When the next step is due.
  long dueNanos();

  /// A first claim, asking before it speaks.
  ///
  /// @param sent probes so far
  /// @param begunNanos when the claim began
  record Probing(int sent, long begunNanos, long dueNanos) implements AddressPhase {}

  /// Held.
  ///
  /// @param sent announcements of the present burst
  /// @param burstNanos when the burst began
  /// @param trial until when a first claim still gives way
  /// @param defence against others
  record Announcing(int sent, long burstNanos, long dueNanos, Trial trial, Defence defence)
      implements AddressPhase {
    private static final long[] BURST = {0, 100 * MILLI, 1000 * MILLI, 2000 * MILLI};

    /// Two stations that both defend must not flood the link (DEFEND_INTERVAL of RFC 5227 1.1).
    private static final long DEFENCE_INTERVAL = 10_000 * MILLI;

    private static Announcing begun(long now, Trial trial) {
      return new Announcing(0, now, now, trial, Defence.NONE);
    }

    /// A new burst, now: the link came up, the MAC or the bridge changed.
    public Announcing again(long now) {
      return new Announcing(0, now, now, trial, defence);
    }

    /// Whether a stranger's claim is given way to.
    boolean givesWay(long now) {
      return trial.lasts(now);
    }

    /// Somebody else claimed the address: a new burst, at most one per ten seconds. A claim that
    /// comes earlier is answered when they are over, for its last word must not stay.
    public Announcing provoked(long now) {
      if (!defence.begun() || now - defence.atNanos() >= DEFENCE_INTERVAL) {
        return new Announcing(0, now, now, trial, new Defence(true, now, false));
      }
      long then = defence.atNanos() + DEFENCE_INTERVAL;
      return new Announcing(
          sent,
          burstNanos,
          then - dueNanos < 0 ? then : dueNanos,
          trial,
          new Defence(true, defence.atNanos(), true));
    }

    private Announcing announced(long now, Pace pace, DoubleSupplier random) {
      if (defence.owed() && now - defence.atNanos() >= DEFENCE_INTERVAL) {
        return new Announcing(0, now, now, trial, new Defence(true, now, false))
            .announced(now, pace, random);
      }
      int count = sent + 1;
      // Counted from the beginning of the burst: a late step does not shift the later ones, and
      // one that was missed altogether is not made up for.
      while (count < BURST.length && burstNanos + BURST[count] - now <= 0) {
        count++;
      }
      long next = count < BURST.length ? burstNanos + BURST[count] : now + period(pace, random);
      long then = defence.atNanos() + DEFENCE_INTERVAL;
      return new Announcing(
          count, burstNanos, defence.owed() && then - next < 0 ? then : next, trial, defence);
    }
  }

  private static long period(Pace pace, DoubleSupplier random) {
    return (long) (pace.period().toNanos() * (1 + JITTER * (2 * random.getAsDouble() - 1)));
  }

  /// A time from a range; nothing is drawn where there is no choice.
  private static long within(Duration least, Duration most, DoubleSupplier random) {
    long range = most.minus(least).toNanos();
    return least.toNanos() + (range == 0 ? 0 : (long) (range * random.getAsDouble()));
  }

  /// The time in which a first claim gives way.
  ///
  /// @param any false for an address that was taken over: its claim was tried by another
  record Trial(boolean any, long endNanos) {
    private static final Trial NONE = new Trial(false, 0);

    boolean lasts(long now) {
      return any && now - endNanos < 0;
    }
  }

  /// @param begun whether there was one
  /// @param atNanos when the last one began
  /// @param owed somebody claimed the address since, too early for another
  record Defence(boolean begun, long atNanos, boolean owed) {
    private static final Defence NONE = new Defence(false, 0, false);
  }

  /// What a step sends.
  enum Emission {
    /// Nothing: none was due.
    NOTHING,
    /// A probe.
    PROBE,
    /// An announcement.
    ANNOUNCEMENT
  }

  /// A step taken.
  record Step(AddressPhase next, Emission emission) {}

  /// The beginning of a claim.
  ///
  /// @param random uniform in [0, 1)
  static AddressPhase begin(Claim claim, Pace pace, long now, DoubleSupplier random) {
    return switch (claim) {
      case FIRST -> new Probing(0, now, now + within(Duration.ZERO, pace.firstWait(), random));
      case TAKE_OVER -> Announcing.begun(now, Trial.NONE);
    };
  }

  /// The step at a time. A claim that was probed without conflict becomes [Announcing] here.
  ///
  /// @param random uniform in [0, 1)
  default Step at(long now, Pace pace, DoubleSupplier random) {
    if (now - dueNanos() < 0) {
      return new Step(this, Emission.NOTHING);
    }
    return switch (this) {
      case Probing(int sent, long begun, long due) when sent < pace.probes() -> {
        long wait =
            sent + 1 < pace.probes()
                ? within(pace.leastInterval(), pace.mostInterval(), random)
                : pace.lastWait().toNanos();
        long late = Math.min(now - due, MADE_UP_FOR);
        yield new Step(new Probing(sent + 1, begun, now - late + wait), Emission.PROBE);
      }
      case Probing(int _, long begun, long _) ->
          new Step(
              Announcing.begun(now, new Trial(true, begun + pace.trial().toNanos()))
                  .announced(now, pace, random),
              Emission.ANNOUNCEMENT);
      case Announcing held -> new Step(held.announced(now, pace, random), Emission.ANNOUNCEMENT);
    };
  }
}
