package dev.thresher.loadbalancer.reconcile;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.PoolProjection;
import dev.thresher.loadbalancer.reconcile.Conflicts.Conflict;
import dev.thresher.loadbalancer.rules.PoolReading;
import dev.thresher.loadbalancer.rules.PoolRules;
import dev.thresher.loadbalancer.rules.Violation;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps a pool's status telling who has what, and ends the claims that were released.
///
/// A claim ends after the pool's history names its owner, so that a load balancer that is made
/// again finds its address whenever a crash comes. The status is written at the pace of
/// [StatusPace]: a burst of claims is one write, and what it left unsaid at the end of the process
/// is said by [#finish].
///
/// A pool that is being deleted stays until nobody has an address of it.
public final class PoolReconciler implements Reconciler<String> {

  private static final Logger log = LoggerFactory.getLogger(PoolReconciler.class);

  private final KubeApi api;
  private final Informer<IPPool> pools;
  private final ClaimBook book;
  private final ClaimWriter claims;
  private final Conflicts conflicts;
  private final Occupants occupants;
  private final EventRecorder events;
  private final Timeline timeline;
  private final Duration holdDown;
  private final OwnWrites<IPPool> ownWrites = new OwnWrites<>();
  private final StatusPace pace;
  private final Map<String, Long> looked = new ConcurrentHashMap<>();
  private final Map<String, PoolProjection> projections = new ConcurrentHashMap<>();
  private volatile boolean finishing;

  /// @param holdDown how long a released address is given to nobody but its owner
  PoolReconciler(
      KubeApi api,
      Informer<IPPool> pools,
      ClaimBook book,
      ClaimWriter claims,
      Conflicts conflicts,
      Occupants occupants,
      EventRecorder events,
      Timeline timeline,
      Duration holdDown) {
    this.api = api;
    this.pools = pools;
    this.book = book;
    this.claims = claims;
    this.conflicts = conflicts;
    this.occupants = occupants;
    this.events = events;
    this.timeline = timeline;
    this.holdDown = holdDown;
    this.pace = new StatusPace(timeline);
  }

  /// What the pools' status said last, by pool, for metrics.
  public Map<String, PoolProjection> projections() {
    return Map.copyOf(projections);
  }

  /// Says in the pools' status what was left unsaid for the sake of the pace: Harvester's
  /// controller may come next, which knows no claims and would give away what no status names.
  /// Claims that were released end when the next leader looks.
  ///
  /// To be called once, when nobody allocates any more and while writing is still allowed.
  ///
  /// @throws KubeApiException if a status could not be written; the others were tried nevertheless
  public void finish() {
    finishing = true;
    List<KubeApiException> failures = new ArrayList<>();
    for (IPPool pool : pools.list()) {
      String name = pool.getMetadata().getName();
      pace.forget(name);
      try {
        reconcile(name);
      } catch (KubeApiException e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
  }

  @Override
  public Result reconcile(String name) {
    if (name.isEmpty()) {
      // Of addresses that were adopted from a status which named no pool.
      return endReleased(name, released(book.ofPool(name)));
    }
    ObjectKey key = ObjectKey.cluster(name);
    Optional<IPPool> seen = pools.get(key).map(ownWrites::newest);
    if (seen.isEmpty()) {
      ownWrites.forget(key);
      pace.forget(name);
      looked.remove(name);
      projections.remove(name);
      return endReleased(name, released(book.ofPool(name)));
    }
    IPPool object = seen.get();
    boolean deleting = object.getMetadata().getDeletionTimestamp() != null;
    if (!deleting) {
      Optional<Patch> finalizer = Patches.addFinalizer(object, HarvesterNames.IPAM_FINALIZER);
      if (finalizer.isPresent()) {
        Optional<IPPool> written = write(key, object, finalizer.get());
        if (written.isEmpty()) {
          return Result.done();
        }
        object = written.get();
      }
    }
    return switch (PoolReading.of(object)) {
      case PoolReading.Broken broken -> broken(key, object, broken.problem(), deleting);
      case PoolReading.Usable(Pool pool) -> usable(key, object, pool, deleting);
    };
  }

  private Result usable(ObjectKey key, IPPool object, Pool pool, boolean deleting) {
    // To find out what is to be written costs more than to wait: of a burst the last state counts.
    Duration wait = isFreedByHand(object, pool) ? Duration.ZERO : pace.left(pool.name());
    long changes = book.changesOf(pool.name());
    if (!wait.isZero() && changes != looked.getOrDefault(pool.name(), -1L)) {
      return Result.after(wait);
    }
    looked.put(pool.name(), changes);
    List<Claim> claimed = book.ofPool(pool.name());
    PoolProjection projection =
        PoolProjection.of(
            pool, PoolReading.standing(object), claimed, PoolReading.freedByHand(object));
    projections.put(pool.name(), projection);
    List<Violation> violations =
        PoolRules.ofStored(
            object,
            pools.list().stream().map(PoolReading::of).toList(),
            occupants.all(),
            address -> isInUse(pool, address));
    List<Conflict> twice = conflicts.ofPool(pool.name());
    Optional<Patch> patch =
        PoolStatus.repair(object, projection, twice, violations, timeline.now());
    if (patch.isPresent()) {
      if (!wait.isZero()) {
        return Result.after(wait);
      }
      long begin = pace.begins(pool.name());
      Optional<IPPool> written = write(key, object, patch.get());
      pace.ends(pool.name(), begin, projection.bytes());
      if (written.isEmpty()) {
        return Result.done();
      }
      tell(object, projection, twice);
      if (!violations.isEmpty() && !PoolStatus.saysAgainstRules(object, violations)) {
        events.warning(object, "AgainstRules", PoolStatus.message(violations));
      }
      tellEnds(object, written.get());
      object = written.get();
    }
    if (deleting) {
      letGo(key, object, projection);
    }
    Result result = endReleased(pool.name(), released(claimed));
    if (!deleting && isReleaseDone(object)) {
      // As Harvester's controller does: the next one to be freed needs no other to be taken off.
      // In a write of its own, since the API server asks a webhook about it.
      var done = new JsonObject();
      done.add(HarvesterNames.MANUALLY_RELEASE_IP, JsonNull.INSTANCE);
      var _ =
          write(key, object, Patches.merge(object, Patches.nest(done, "metadata", "annotations")));
    }
    return result;
  }

  /// Whether what a person wanted to be freed does not stand there any more.
  private static boolean isReleaseDone(IPPool object) {
    Map<String, String> freed = PoolReading.freedByHand(object);
    return !freed.isEmpty()
        && object.getStatus() != null
        && freed.entrySet().stream()
            .noneMatch(entry ->
                entry.getValue().equals(object.getStatus().getAllocated().get(entry.getKey())));
  }

  private boolean isInUse(Pool pool, IpAddress address) {
    return book.at(new ClaimKey(pool.network(), address)).filter(Claim::active).isPresent();
  }

  /// Whether a person frees an entry that still stands there: somebody may wait for it.
  private boolean isFreedByHand(IPPool object, Pool pool) {
    Map<String, String> freed = PoolReading.freedByHand(object);
    if (freed.isEmpty() || object.getStatus() == null) {
      return false;
    }
    Map<String, String> said = object.getStatus().getAllocated();
    return freed.entrySet().stream()
        .filter(entry -> entry.getValue().equals(said.get(entry.getKey())))
        .flatMap(entry -> IpAddress.tryParse(entry.getKey()).stream())
        .anyMatch(address -> book.at(new ClaimKey(pool.network(), address)).isEmpty());
  }

  /// Nothing is given from a pool that cannot be understood; its status stays as it is but for the
  /// condition and for what ends: claims that were released do, as those of any pool, once the
  /// history names their owners.
  private Result broken(ObjectKey key, IPPool object, String problem, boolean deleting) {
    projections.remove(key.name());
    Optional<Patch> patch = PoolStatus.broken(object, problem, timeline.now());
    IPPool now = object;
    if (patch.isPresent()) {
      Optional<IPPool> written = write(key, object, patch.get());
      if (written.isEmpty()) {
        return Result.done();
      }
      events.warning(object, "InvalidRange", problem);
      log.atWarn()
          .addKeyValue("pool", key.name())
          .addKeyValue("problem", problem)
          .log("pool cannot be used");
      now = written.get();
    }
    List<Claim> claimed = book.ofPool(key.name());
    Released released = released(claimed);
    Optional<Patch> ends = PoolStatus.released(now, released.over());
    if (ends.isPresent() && !finishing) {
      Optional<IPPool> written = write(key, now, ends.get());
      if (written.isEmpty()) {
        return Result.done();
      }
      now = written.get();
    }
    if (deleting && claimed.stream().noneMatch(Claim::active)) {
      Optional<Patch> finalizer = Patches.removeFinalizer(now, HarvesterNames.IPAM_FINALIZER);
      finalizer.ifPresent(f -> write(key, object, f));
    }
    return endReleased(key.name(), released);
  }

  private void letGo(ObjectKey key, IPPool object, PoolProjection projection) {
    if (!projection.allocated().isEmpty()) {
      events.warning(
          object,
          "PoolInUse",
          "the pool is being deleted, but "
              + projection.allocated().size()
              + " addresses are in use, first "
              + projection.allocated().firstEntry().getKey()
              + " by "
              + projection.allocated().firstEntry().getValue()
              + "; it goes when they are released");
      return;
    }
    Optional<Patch> finalizer = Patches.removeFinalizer(object, HarvesterNames.IPAM_FINALIZER);
    finalizer.ifPresent(patch -> write(key, object, patch));
  }

  /// Claims that were released, as they are at one moment.
  ///
  /// @param over those whose hold-down is over
  /// @param next until the hold-down of the next one is over, empty if there is none
  private record Released(List<Claim> over, Optional<Duration> next) {}

  /// @param claimed what the pool's status was made from: a claim that was released after that
  ///   still stands there as given, and without its claim it would stand there for ever
  private Released released(List<Claim> claimed) {
    Instant now = timeline.now();
    var over = new ArrayList<Claim>();
    Optional<Duration> next = Optional.empty();
    for (Claim claim : claimed) {
      if (claim.releasedAt() == null) {
        continue;
      }
      Duration left = Duration.between(now, claim.releasedAt().plus(holdDown));
      if (left.isPositive()) {
        next = Optional.of(next.filter(n -> n.compareTo(left) < 0).orElse(left));
      } else {
        over.add(claim);
      }
    }
    return new Released(over, next);
  }

  /// Ends the claims whose hold-down is over.
  private Result endReleased(String pool, Released released) {
    if (finishing) {
      return Result.done();
    }
    for (Claim claim : released.over()) {
      if (claims.end(claim)) {
        log.atDebug()
            .addKeyValue("pool", pool)
            .addKeyValue("address", claim.key())
            .addKeyValue("owner", claim.owner())
            .log("claim ended");
      }
    }
    return released.next().map(Result::after).orElse(Result.done());
  }

  private void tell(IPPool before, PoolProjection projection, List<Conflict> twice) {
    if (!twice.isEmpty() && !PoolStatus.saysConflicts(before, twice)) {
      events.warning(
          before,
          "AddressConflicts",
          "LoadBalancers say that they have addresses of others; nothing is freed or changed until the"
              + " one or the other gives way: "
              + twice.stream().limit(10).map(Conflict::toString).collect(Collectors.joining(", ")));
    }
    if (projection.truncated() > 0 && !PoolStatus.saysTruncated(before)) {
      events.warning(before, "ProjectionTruncated", PoolStatus.truncatedMessage(projection));
    }
    if (projection.unclaimed().isEmpty() || PoolStatus.saysUnclaimed(before, projection)) {
      return;
    }
    events.warning(
        before,
        "UnclaimedAddresses",
        "status.allocated has entries that no LoadBalancer claims, given to nobody until one does"
            + " or they are freed by annotation "
            + HarvesterNames.MANUALLY_RELEASE_IP
            + ": "
            + String.join(", ", projection.unclaimedEntries().stream().limit(10).toList()));
  }

  private void tellEnds(IPPool before, IPPool after) {
    PoolStatus.ended(before, after)
        .forEach(end -> events.normal(before, end.reason(), end.message()));
  }

  private Optional<IPPool> write(ObjectKey key, IPPool before, Patch patch) {
    Optional<IPPool> after = api.patch(LoadBalancerTypes.IP_POOL, key, patch);
    after.ifPresent(now -> ownWrites.wrote(before, now));
    return after;
  }
}
