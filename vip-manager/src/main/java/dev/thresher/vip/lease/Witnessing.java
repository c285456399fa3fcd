package dev.thresher.vip.lease;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Taking the witness while the other voter does not answer, and giving it back. Confined to one
/// thread.
///
/// The witness is a Lease in the API server that changes hands by compare-and-set: the vote of a
/// member that promises everything to one session at a time. It counts for the taker for 15 s from
/// the *sending* of its last successful write; others take it over only after they saw it unchanged
/// for 20 s, or when its process is proven dead. It stops to count before it is given back, and is
/// given back when no lease runs any more for which it counted. It remembers the version of the
/// voters, so that who follows an earlier one cannot use it.
///
/// It is read once while it is not needed, so that taking it costs a single request later.
final class Witnessing {

  private static final long SECOND = 1_000_000_000L;
  private static final long RENEW = 5 * SECOND;
  private static final long COUNTS = 15 * SECOND;
  private static final long EXPIRES = 20 * SECOND;
  private static final long READ_AGAIN = SECOND / 2;

  private final Session me;
  private @Nullable Witness known;
  private long unchangedSince;
  private boolean ours;
  private long oursUntil;
  private long renewAt;
  private boolean asking;
  private boolean writing;
  private long nextAt;

  /// Written or perhaps written, and not known to be given back.
  private boolean left;

  /// The API server did not answer while nobody else did.
  private boolean assumed;

  /// That was so, and the witness was not had since: the other node may hold what is held here.
  private boolean contested;

  /// Until then a lease runs for which the witness counted.
  private long leanedOnUntil;

  private final TwoNodes twoNodes;
  private Need need = Need.NONE;
  private final Set<String> dead = new HashSet<>();

  /// What the witness is to this node now.
  enum Need {
    /// The record names no witness, this node does not vote, or it stops: it must not be left here.
    NONE,
    /// It may be needed at any time.
    SOON,
    /// The other voters do not promise, or are about to stop.
    NOW,
    /// They are not heard at all.
    ALONE
  }

  Witnessing(Session me, TwoNodes twoNodes, long now) {
    this.me = me;
    this.twoNodes = twoNodes;
    this.nextAt = now;
    this.leanedOnUntil = now;
  }

  /// Whether the witness counts here for a lease that ends then.
  boolean countsUntil(long nanos, RecordMark mark, long now) {
    if (assumed) {
      return true;
    }
    return ours
        && known != null
        && known.mark().equals(mark)
        && oursUntil - now > 0
        && nanos - oursUntil <= 0;
  }

  /// Whether what is held here may be held by the other node too, because neither could ask.
  boolean isContested() {
    return contested;
  }

  void read(Witness witness, long now) {
    asking = false;
    assumed = false;
    if (known == null || !known.resourceVersion().equals(witness.resourceVersion())) {
      unchangedSince = now;
      ours = false;
    }
    known = witness;
  }

  void written(Witness witness, long sentAt, long now) {
    asking = false;
    writing = false;
    assumed = false;
    contested = false;
    known = witness;
    unchangedSince = now;
    ours = witness.holder().equals(me.toString());
    left = ours;
    if (ours) {
      oursUntil = sentAt + COUNTS;
      renewAt = sentAt + RENEW;
    }
  }

  void failed(long now) {
    asking = false;
    if (writing && !ours) {
      known = null;
    }
    // Somebody may have written before: a look tells. Only looks that fail are spaced.
    nextAt = writing ? now : now + (need == Need.SOON ? RENEW : READ_AGAIN);
    writing = false;
    if (need == Need.ALONE && twoNodes == TwoNodes.AVAILABLE) {
      assumed = true;
      contested = true;
    }
    if (ours) {
      // What the write did is not known; a read tells, and until then the time runs on.
      renewAt = now + READ_AGAIN;
    }
  }

  /// The session's process answers nothing any more, and never will: what it took is free.
  void died(Session session) {
    dead.add(session.toString());
  }

  /// Whether this node has left nothing that others would have to wait for.
  boolean isGivenBack() {
    return !left && !writing;
  }

  /// What is to be done now.
  ///
  /// @param leanedOnUntil when the lease ends for which the witness counted; not after now if none
  List<LeaseAction> settle(Need wanted, RecordMark mark, long leanedOnUntil, long now) {
    this.leanedOnUntil = leanedOnUntil;
    List<LeaseAction> out = new ArrayList<>();
    boolean needed = wanted == Need.NOW || wanted == Need.ALONE;
    if (needed && (need == Need.NONE || need == Need.SOON)) {
      nextAt = now;
    }
    need = wanted;
    assumed &= need == Need.ALONE;
    contested &= needed;
    if (ours && oursUntil - now <= 0) {
      ours = false;
      known = null;
    }
    if (asking) {
      return out;
    }
    Witness base = known;
    if (!needed) {
      ours = false;
      if (base != null && !base.holder().equals(me.toString())) {
        left = false;
      }
      if (left && leanedOnUntil - now > 0) {
        return out;
      }
      if (left && (base != null || now - nextAt >= 0)) {
        write(base, "", mark, now, out);
      } else if (need == Need.SOON && base == null && now - nextAt >= 0) {
        look(now, out);
      }
      return out;
    }
    if (ours) {
      boolean sameVersion = base != null && base.mark().equals(mark);
      if (now - renewAt >= 0 || !sameVersion) {
        write(base, me.toString(), mark, now, out);
      }
    } else if (base != null && mayTake(base, mark, now)) {
      write(base, me.toString(), mark, now, out);
    } else if (now - nextAt >= 0) {
      // What was read before stays known: how long it is unchanged counts.
      look(now, out);
    }
    return out;
  }

  long nextWake(long now) {
    boolean waiting =
        switch (need) {
          case NONE -> left;
          case SOON -> left || known == null;
          case NOW, ALONE -> true;
        };
    if (asking || !waiting) {
      return now + EXPIRES;
    }
    boolean needed = need == Need.NOW || need == Need.ALONE;
    if (!needed && left && leanedOnUntil - now > 0) {
      return leanedOnUntil;
    }
    return ours ? renewAt : nextAt;
  }

  private void look(long now, List<LeaseAction> out) {
    asking = true;
    nextAt = now + READ_AGAIN;
    out.add(new LeaseAction.ReadWitness());
  }

  private boolean mayTake(Witness base, RecordMark mark, long now) {
    boolean free =
        base.holder().isEmpty()
            || base.holder().startsWith(me.node() + "/")
            || dead.contains(base.holder())
            || now - unchangedSince >= ClockBound.outlasting(EXPIRES);
    boolean later =
        base.mark().equals(Witness.UNMARKED)
            || (base.mark().cluster() == mark.cluster() && base.mark().version() <= mark.version());
    return free && later;
  }

  private void write(
      @Nullable Witness base, String holder, RecordMark mark, long now, List<LeaseAction> out) {
    if (base == null) {
      look(now, out);
      return;
    }
    asking = true;
    nextAt = now + READ_AGAIN;
    writing = true;
    left = left || !holder.isEmpty();
    out.add(new LeaseAction.WriteWitness(base, holder, mark));
  }
}
