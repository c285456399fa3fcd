package dev.thresher.runtime.leader;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Lease;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/// The calls of one candidate: acquire, renew, release.
///
/// Every write is either a create or a replace guarded by the version that was read, so that of two
/// candidates one wins; roles that allow get, create and update are enough. Blocking; keeps no
/// state but the observation of others.
final class LeaseClient {

  private final KubeApi api;
  private final LeaderElectionConfig config;
  private final Timeline timeline;
  private final LeaseObserver observer;

  LeaseClient(KubeApi api, LeaderElectionConfig config, Timeline timeline) {
    this.api = api;
    this.config = config;
    this.timeline = timeline;
    this.observer = new LeaseObserver(config.leaseDuration());
  }

  sealed interface Outcome {

    /// The lease is ours.
    ///
    /// @param sentAt monotonic time before the write was sent: others saw it later than this
    /// @param remembered false if the lease had to be read before the write
    record Ours(LeaseDocument lease, long sentAt, boolean remembered) implements Outcome {}

    /// Somebody else holds it.
    record Theirs(String holder, Duration left) implements Outcome {}

    /// Somebody wrote at the same time.
    record Raced() implements Outcome {}
  }

  /// Takes the lease if it is free.
  ///
  /// @throws KubeApiException if the API server does not answer or refuses; the write may or may
  ///   not have happened
  Outcome acquire() {
    long askedAt = timeline.nanoTime();
    Optional<LeaseDocument> present = read();
    if (present.isEmpty()) {
      return create();
    }
    LeaseDocument lease = present.get();
    LeaseObserver.View view = observer.look(lease, askedAt, timeline.nanoTime());
    // Our own identity: a predecessor in the same place, or a try of ours whose answer was lost.
    if (lease.holder().filter(config.identity()::equals).isPresent()) {
      return take(lease);
    }
    return switch (view) {
      case LeaseObserver.View.Free() -> take(lease);
      case LeaseObserver.View.Held(String holder, Duration left) ->
          new Outcome.Theirs(holder, left);
    };
  }

  /// Renews a lease that is ours.
  ///
  /// @param mine as it was last written or read
  Outcome renew(LeaseDocument mine) {
    LeaseDocument wanted = mine.renewed(config.leaseDuration(), timeline.now());
    long sentAt = timeline.nanoTime();
    try {
      Optional<V1Lease> written = replace(wanted);
      if (written.isPresent()) {
        return ours(wanted, written.get(), sentAt, true);
      }
    } catch (KubeApiException e) {
      if (!e.is(Reason.CONFLICT)) {
        throw e;
      }
    }
    return renewAfterReading(mine);
  }

  private Outcome renewAfterReading(LeaseDocument mine) {
    Optional<LeaseDocument> present = read();
    if (present.isEmpty()) {
      return create();
    }
    LeaseDocument lease = present.get();
    if (!isSameTenure(lease, mine)) {
      return new Outcome.Theirs(lease.holder().orElse(""), Duration.ZERO);
    }
    long sentAt = timeline.nanoTime();
    try {
      return replace(lease.renewed(config.leaseDuration(), timeline.now()))
          .map(written -> ours(lease, written, sentAt, false))
          .orElseGet(Outcome.Raced::new);
    } catch (KubeApiException e) {
      if (e.is(Reason.CONFLICT)) {
        return new Outcome.Raced();
      }
      throw e;
    }
  }

  /// Gives the lease back if it is still ours.
  ///
  /// @return false if it was not ours any more
  boolean release(LeaseDocument mine) {
    try {
      return replace(mine.released(timeline.now())).isPresent();
    } catch (KubeApiException e) {
      if (!e.is(Reason.CONFLICT)) {
        throw e;
      }
    }
    return releaseIfHeld(Optional.of(mine));
  }

  /// Gives the lease back if what the server has says that it is ours.
  ///
  /// @param mine the tenure to give back, empty for any of our identity
  boolean releaseIfHeld(Optional<LeaseDocument> mine) {
    Optional<LeaseDocument> present = read();
    if (present.isEmpty()
        || present.get().holder().filter(config.identity()::equals).isEmpty()
        || (mine.isPresent() && !isSameTenure(present.get(), mine.get()))) {
      return false;
    }
    return replace(present.get().released(timeline.now())).isPresent();
  }

  /// Two processes with one identity would each find their own name in the lease: the moment of
  /// acquisition tells them apart.
  private boolean isSameTenure(LeaseDocument lease, LeaseDocument mine) {
    return lease.holder().filter(config.identity()::equals).isPresent()
        && lease.acquireTime().equals(mine.acquireTime());
  }

  private Outcome create() {
    LeaseDocument wanted =
        LeaseDocument.absent(config.lease())
            .acquiredBy(config.identity(), config.leaseDuration(), timeline.now());
    long sentAt = timeline.nanoTime();
    try {
      V1Lease made = api.createJson(CoreTypes.LEASE, config.lease().namespace(), wanted.json());
      return ours(wanted, made, sentAt, false);
    } catch (KubeApiException e) {
      if (e.is(Reason.ALREADY_EXISTS)) {
        return new Outcome.Raced();
      }
      throw e;
    }
  }

  private Outcome take(LeaseDocument lease) {
    LeaseDocument wanted =
        lease.acquiredBy(config.identity(), config.leaseDuration(), timeline.now());
    long sentAt = timeline.nanoTime();
    try {
      return replace(wanted)
          .map(written -> ours(wanted, written, sentAt, false))
          .orElseGet(Outcome.Raced::new);
    } catch (KubeApiException e) {
      if (e.is(Reason.CONFLICT)) {
        return new Outcome.Raced();
      }
      throw e;
    }
  }

  private Optional<LeaseDocument> read() {
    Optional<JsonObject> json = api.getJson(CoreTypes.LEASE, config.lease());
    return json.map(LeaseDocument::new);
  }

  private Optional<V1Lease> replace(LeaseDocument lease) {
    return api.replaceJson(CoreTypes.LEASE, config.lease(), lease.json());
  }

  private static Outcome ours(
      LeaseDocument content, V1Lease written, long sentAt, boolean remembered) {
    String version =
        Objects.requireNonNull(
            written.getMetadata().getResourceVersion(), "the server gave no resourceVersion");
    return new Outcome.Ours(content.atVersion(version), sentAt, remembered);
  }
}
