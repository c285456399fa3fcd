package dev.thresher.runtime.leader;

import com.google.gson.JsonObject;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Measures how long a foreign holder has given no sign of life, with our own monotonic clock from
/// the moment we saw the last one.
///
/// The times written in the lease are never compared with any clock: the holder's may be wrong by
/// hours. The price is that a holder that died long ago is waited out once. Thread-safe.
final class LeaseObserver {

  private final Duration ownDuration;
  private @Nullable JsonObject lastSeen;
  private long seenAt;

  /// @param ownDuration how long to wait for a holder that does not say
  LeaseObserver(Duration ownDuration) {
    this.ownDuration = ownDuration;
  }

  /// What a look at the lease says.
  sealed interface View {
    /// Nobody holds it, or the holder has been silent for too long.
    record Free() implements View {}

    /// @param left until it is free, if the holder stays silent
    record Held(String holder, Duration left) implements View {}
  }

  /// Both times are monotonic nanoseconds. A new sign of life counts from the answer, and silence
  /// only up to the question: however slow the server, the wait is never too short.
  ///
  /// @param askedAt before the lease was asked for
  /// @param answeredAt after it was received
  synchronized View look(LeaseDocument lease, long askedAt, long answeredAt) {
    if (!lease.signOfLife().equals(lastSeen)) {
      lastSeen = lease.signOfLife();
      seenAt = answeredAt;
    }
    if (lease.holder().isEmpty()) {
      return new View.Free();
    }
    Duration wait = lease.duration().orElse(ownDuration);
    Duration left = wait.minusNanos(askedAt - seenAt);
    return left.isPositive() ? new View.Held(lease.holder().get(), left) : new View.Free();
  }
}
