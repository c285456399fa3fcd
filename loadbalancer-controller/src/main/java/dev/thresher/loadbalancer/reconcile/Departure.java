package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.reconcile.Result;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The end of a load balancer: host Service, then claims, then the finalizer. The address is free
/// for others when nobody answers for it any more. One that is gone without its finalizer ends in
/// the same way, once the API server confirms that it is gone.
final class Departure {

  private static final Logger log = LoggerFactory.getLogger(Departure.class);

  private final KubeApi api;
  private final ClaimBook book;
  private final Addressing addressing;
  private final HostSide host;
  private final ClaimWriter claims;
  private final Pending pending;
  private final EventRecorder events;
  private final LoadBalancerWriter writer;

  Departure(
      KubeApi api,
      ClaimBook book,
      Addressing addressing,
      HostSide host,
      ClaimWriter claims,
      Pending pending,
      EventRecorder events,
      LoadBalancerWriter writer) {
    this.api = api;
    this.book = book;
    this.addressing = addressing;
    this.host = host;
    this.claims = claims;
    this.pending = pending;
    this.events = events;
    this.writer = writer;
  }

  /// Of an object with a deletion timestamp.
  Result deleted(ObjectKey key, LoadBalancer object) {
    forget(key);
    Optional<Patch> finalizer = Patches.removeFinalizer(object, HarvesterNames.LB_FINALIZER);
    if (finalizer.isEmpty()) {
      // Somebody else's finalizer holds it. What is claimed for it is released when it is gone.
      return Result.done();
    }
    Wish asked = Wish.of(object);
    addressing.adoptAll(object, asked);
    List<Claim> held = book.of(asked.owner());
    Supplier<Result> release = () -> letGo(key, object, finalizer.get());
    return asked.mayBeOnHost(held) ? afterHost(key, object, asked, release) : release.get();
  }

  /// Of an object that the cache does not have.
  Result gone(ObjectKey key) {
    forget(key);
    writer.forget(key);
    var owner = new Owner(key.namespace(), key.name());
    boolean holds = book.of(owner).stream().anyMatch(Claim::active);
    // The cache may lack an object that has just been made again under this name.
    if (!holds || api.get(LoadBalancerTypes.LOAD_BALANCER, key).isPresent()) {
      return Result.done();
    }
    List<Claim> held = book.of(owner);
    Supplier<Result> release =
        () -> {
          release(owner);
          return Result.done();
        };
    // Somebody took our finalizer off: its Service may still have the address answered.
    LoadBalancer former = Former.of(key, held);
    Wish asked = Wish.of(former);
    return asked.mayBeOnHost(held) ? afterHost(key, former, asked, release) : release.get();
  }

  private void forget(ObjectKey key) {
    pending.forget(key);
    addressing.forget(new Owner(key.namespace(), key.name()));
    host.leave(key);
  }

  /// @param release when nothing stands on the host any more
  private Result afterHost(
      ObjectKey key, LoadBalancer object, Wish asked, Supplier<Result> release) {
    return switch (host.remove(asked, object)) {
      case HostSide.Removal.Gone() -> release.get();
      case HostSide.Removal.Going() -> {
        log.atDebug()
            .addKeyValue("loadBalancer", key)
            .log("waiting for the host Service to be gone before the address is released");
        yield Result.done();
      }
      case HostSide.Removal.Blocked(String message) -> {
        events.warning(object, "AddressInUse", message);
        yield Result.failed(message);
      }
    };
  }

  private Result letGo(ObjectKey key, LoadBalancer object, Patch finalizer) {
    release(new Owner(key.namespace(), key.name()));
    if (writer.write(key, object, finalizer).isPresent()) {
      log.atInfo().addKeyValue("loadBalancer", key).log("load balancer released");
    }
    return Result.done();
  }

  private void release(Owner owner) {
    book.cancelAll(owner);
    for (Claim claim : book.of(owner)) {
      if (claim.active()) {
        claims.release(claim);
        addressing.released(claim);
        log.atInfo()
            .addKeyValue("loadBalancer", owner)
            .addKeyValue("address", claim.key())
            .addKeyValue("pool", claim.pool())
            .log("address released");
      }
    }
  }
}
