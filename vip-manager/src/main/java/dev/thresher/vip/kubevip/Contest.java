package dev.thresher.vip.kubevip;

import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.RightTimes;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One Lease in the eyes of this node: what is known of it and what to do about it.
///
/// As client-go does, the time of another's Lease is counted by the own clock from when its last
/// change was seen; the own time from when the renewal was sent. Confined to one thread.
final class Contest {

  /// kube-vip gives its Lease back while its address is still on the interface; so long is waited
  /// before this node asks whether anybody has it.
  static final Duration PAUSE = Duration.ofMillis(500);

  private static final long SMOOTH_NANOS = Duration.ofSeconds(3).toNanos();

  private final ObjectKey key;
  private final String node;
  private final RightTimes times;

  private @Nullable SeenLease seen;
  private long seenAt;
  private boolean busy;
  private boolean urged;

  /// Given up here, though the API server may not know it yet.
  private boolean owed;

  private @Nullable Long notBefore;

  private boolean held;
  private long renewedAt;
  private long round;
  private long heldSince;
  private boolean smooth;
  private boolean metOthers;
  private @Nullable Long silentUntil;

  Contest(ObjectKey key, String node, RightTimes times) {
    this.key = key;
    this.node = node;
    this.times = times;
  }

  /// What a watch says. It may be late: of a Lease that is held it is only a reason to look.
  void heard(SeenLease lease, long now) {
    if (held) {
      urged |= !lease.holder().equals(node);
    } else if (!busy) {
      saw(lease, now);
    }
  }

  private void saw(SeenLease lease, long now) {
    SeenLease before = seen;
    if (before != null && before.version().equals(lease.version())) {
      return;
    }
    boolean left =
        before == null
            ? lease.isFree()
            : isAnothers(before) && !lease.holder().equals(before.holder());
    if (left && !lease.emptyHanded()) {
      silentUntil = now + PAUSE.toNanos();
    }
    metOthers |= isAnothers(lease);
    seen = lease;
    seenAt = now;
  }

  private boolean isAnothers(SeenLease lease) {
    return !lease.isFree() && !lease.holder().equals(node);
  }

  /// What to try now, if anything; it is under way then, until [#wrote], [#found] or [#failed].
  ///
  /// @param early also renew what is due within half of the time between renewals
  Optional<Attempt> attempt(boolean wanted, boolean early, long now) {
    if (busy || (notBefore != null && now - notBefore < 0)) {
      return Optional.empty();
    }
    Attempt next = next(wanted, early, now);
    busy = next != null;
    // From here on nobody knows who has it.
    if (next instanceof Attempt.Release) {
      held = false;
      owed = true;
    }
    return Optional.ofNullable(next);
  }

  private @Nullable Attempt next(boolean wanted, boolean early, long now) {
    SeenLease last = seen;
    if (!wanted) {
      return last != null && (held || owed) ? new Attempt.Release(key, last.version()) : null;
    }
    if (held) {
      long ahead = early ? times.retryPeriod().toNanos() / 2 : 0;
      return urged || now - renewalDue() + ahead >= 0 ? new Attempt.Renew(key) : null;
    }
    if (last == null) {
      return new Attempt.Take(key, "");
    }
    if (last.holder().equals(node)) {
      // From before a restart, or a write whose answer was lost.
      return new Attempt.Renew(key);
    }
    return last.isFree() || now - endsAt(last) >= 0 ? new Attempt.Take(key, last.version()) : null;
  }

  private long renewalDue() {
    return renewedAt + times.retryPeriod().toNanos();
  }

  private long endsAt(SeenLease last) {
    Duration longer =
        last.duration().compareTo(times.leaseDuration()) > 0
            ? last.duration()
            : times.leaseDuration();
    return seenAt + longer.toNanos();
  }

  /// @param sentAt when the request was begun
  /// @param inRound the kernel's slot that was armed before
  void wrote(Attempt attempt, SeenLease now, long sentAt, long inRound, long at) {
    busy = false;
    urged = false;
    notBefore = null;
    owed = false;
    if (attempt instanceof Attempt.Release) {
      seen = now;
      seenAt = at;
      // Whoever wants it next comes first.
      notBefore = at + times.retryPeriod().toNanos();
      metOthers = true;
      return;
    }
    if (!held) {
      held = true;
      heldSince = at;
      SeenLease before = seen;
      boolean resumed = attempt instanceof Attempt.Renew && !metOthers;
      smooth = resumed || (before != null && before.emptyHanded());
    }
    seen = now;
    seenAt = at;
    renewedAt = sentAt;
    round = inRound;
  }

  /// It is not as the attempt wanted it; nothing was written.
  void found(Optional<SeenLease> now, long at) {
    busy = false;
    urged = false;
    owed &= now.isPresent() && now.get().holder().equals(node);
    held = false;
    if (now.isEmpty()) {
      seen = null;
    } else {
      saw(now.get(), at);
    }
  }

  /// Nobody knows what became of the request.
  void failed(long at) {
    busy = false;
    notBefore = at + times.retryPeriod().toNanos();
  }

  /// The right ended by time.
  void lapsed() {
    held = false;
    urged = false;
  }

  /// @param alone whether no other Lease is held, see [Contests]
  long heldUntil(boolean alone) {
    Duration most =
        alone ? times.renewDeadline() : times.renewDeadline().minus(times.retryPeriod());
    return renewedAt + most.toNanos();
  }

  boolean isHeld() {
    return held;
  }

  boolean isIdle() {
    return !busy && !held && !owed;
  }

  long round() {
    return round;
  }

  /// When answering may begin, if it has to wait.
  Optional<Long> silentUntil() {
    return Optional.ofNullable(silentUntil);
  }

  /// Whether nobody can have an address of this Lease on an interface any more.
  boolean isSmooth(long now) {
    return smooth && now - heldSince < SMOOTH_NANOS;
  }

  String holder() {
    return held ? node : seen == null ? "" : seen.holder();
  }

  /// When to look again though nothing happens.
  long wake(boolean wanted, boolean alone, long now) {
    long never = now + times.leaseDuration().toNanos();
    if (held) {
      long due = notBefore != null && notBefore - renewalDue() > 0 ? notBefore : renewalDue();
      return busy ? heldUntil(alone) : Math.min(due, heldUntil(alone));
    }
    if (busy || (!wanted && !owed)) {
      return never;
    }
    long due = seen == null || seen.isFree() || seen.holder().equals(node) ? now : endsAt(seen);
    return notBefore != null && notBefore - due > 0 ? notBefore : due;
  }
}
