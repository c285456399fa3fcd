package dev.thresher.vip.l2;

import java.util.function.DoubleSupplier;

/// How far an address has come: probed, then announced again and again. A sealed state machine on a
/// clock that is handed in; times are nanoseconds of [System#nanoTime()] and are compared by
/// difference only.
///
/// A first claim probes at 0, 15 and 30 ms and claims at 40 ms. A held address is announced at 0,
/// 100 ms, 1 s and 2 s, then every 60 s ± 10 %: below the 300 s after which switches commonly
/// forget (RFC 5227 asks for two announcements only; one lost frame would then cost minutes).
public sealed interface AddressPhase {
  /// Nanoseconds of a millisecond.
  long MILLI = 1_000_000;

  /// When the next step is due.
  long dueNanos();

  /// A first claim, asking before it speaks.
  ///
  /// @param sent probes so far
  record Probing(int sent, long dueNanos) implements AddressPhase {
    private static final int PROBES = 3;
    private static final long INTERVAL = 15 * MILLI;

    /// From the last probe to the claim.
    private static final long LAST_WAIT = 10 * MILLI;
  }

  /// Held.
  ///
  /// @param sent announcements of the present burst
  /// @param burstNanos when the burst began
  record Announcing(int sent, long burstNanos, long dueNanos) implements AddressPhase {
    private static final long[] BURST = {0, 100 * MILLI, 1000 * MILLI, 2000 * MILLI};
    private static final long PERIOD = 60_000 * MILLI;

    /// Spreads announcements, so that many addresses do not speak at once for ever.
    private static final double JITTER = 0.1;

    /// Two stations that both defend must not flood the link.
    private static final long DEFENCE_INTERVAL = 1000 * MILLI;

    /// A new burst, now: the link came up, the MAC changed.
    public Announcing again(long now) {
      return new Announcing(0, now, now);
    }

    /// A new burst because somebody else claimed the address, at most once per second.
    public Announcing provoked(long now) {
      return now - burstNanos < DEFENCE_INTERVAL ? this : again(now);
    }

    private Announcing announced(long now, DoubleSupplier random) {
      int count = sent + 1;
      // Counted from the beginning of the burst: a late step does not shift the later ones, and
      // one that was missed altogether is not made up for.
      while (count < BURST.length && burstNanos + BURST[count] - now <= 0) {
        count++;
      }
      if (count < BURST.length) {
        return new Announcing(count, burstNanos, burstNanos + BURST[count]);
      }
      double spread = 1 + JITTER * (2 * random.getAsDouble() - 1);
      return new Announcing(count, burstNanos, now + (long) (PERIOD * spread));
    }
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

  /// The beginning of a claim; its first step is due at once.
  static AddressPhase begin(Claim claim, long now) {
    return switch (claim) {
      case FIRST -> new Probing(0, now);
      case TAKE_OVER -> new Announcing(0, now, now);
    };
  }

  /// The step at a time. A claim that was probed without conflict becomes [Announcing] here.
  ///
  /// @param random uniform in [0, 1)
  default Step at(long now, DoubleSupplier random) {
    if (now - dueNanos() < 0) {
      return new Step(this, Emission.NOTHING);
    }
    return switch (this) {
      case Probing(int sent, long _) when sent < Probing.PROBES -> {
        long wait = sent + 1 < Probing.PROBES ? Probing.INTERVAL : Probing.LAST_WAIT;
        yield new Step(new Probing(sent + 1, now + wait), Emission.PROBE);
      }
      case Probing _ ->
          new Step(new Announcing(0, now, now).announced(now, random), Emission.ANNOUNCEMENT);
      case Announcing held -> new Step(held.announced(now, random), Emission.ANNOUNCEMENT);
    };
  }
}
