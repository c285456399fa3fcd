package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Placement;
import dev.thresher.loadbalancer.reconcile.Addressing.Refusal;
import dev.thresher.loadbalancer.reconcile.StatusDocument.Ready;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleConsumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings one `LoadBalancer` to what it asks for.
///
/// Present: finalizer, claims, host objects if the address is held on the host, status, and only
/// then the release of what it no longer needs. Deleted: host Service, then claims, then the
/// finalizer: the address is free for others when nobody answers for it any more. Gone without a
/// finalizer: the same, once the API server confirms that it is gone.
public final class LoadBalancerReconciler implements Reconciler<ObjectKey> {

  private static final Logger log = LoggerFactory.getLogger(LoadBalancerReconciler.class);

  private final KubeApi api;
  private final Informer<LoadBalancer> loadBalancers;
  private final ClaimBook book;
  private final Addressing addressing;
  private final Needs needs;
  private final HostSide host;
  private final Networks networks;
  private final ClaimWriter claims;
  private final Pending pending;
  private final EventRecorder events;
  private final Timeline timeline;
  private final DoubleConsumer allocationSeconds;
  private final OwnWrites<LoadBalancer> ownWrites = new OwnWrites<>();

  LoadBalancerReconciler(
      KubeApi api,
      Informer<LoadBalancer> loadBalancers,
      ClaimBook book,
      Addressing addressing,
      Needs needs,
      HostSide host,
      Networks networks,
      ClaimWriter claims,
      Pending pending,
      EventRecorder events,
      Timeline timeline,
      DoubleConsumer allocationSeconds) {
    this.api = api;
    this.loadBalancers = loadBalancers;
    this.book = book;
    this.addressing = addressing;
    this.needs = needs;
    this.host = host;
    this.networks = networks;
    this.claims = claims;
    this.pending = pending;
    this.events = events;
    this.timeline = timeline;
    this.allocationSeconds = allocationSeconds;
  }

  @Override
  public Result reconcile(ObjectKey key) {
    Optional<LoadBalancer> seen = loadBalancers.get(key).map(ownWrites::newest);
    if (seen.isEmpty()) {
      return gone(key);
    }
    return seen.get().getMetadata().getDeletionTimestamp() == null
        ? present(key, seen.get())
        : deleted(key, seen.get());
  }

  private Result present(ObjectKey key, LoadBalancer object) {
    long wakes = pending.wakes();
    Wish asked = Wish.of(object).needing(needs.of(object));
    if (asked.dhcp()) {
      return settle(key, object, asked, List.of(), Optional.empty(), new StatusDocument().dhcp())
          .result();
    }
    pendingSince(key, object);
    Addressing.Standing standing = addressing.ensure(object, asked);
    boolean again = note(key, standing, wakes);
    Wish wish =
        standing.keep().isEmpty() ? asked : asked.heldAt(standing.keep().get(0).placement());
    var status = new StatusDocument();
    if (!standing.keep().isEmpty() && !standing.adopting()) {
      status.allocated(standing.keep());
    }
    Settled settled = settle(key, object, wish, standing.keep(), standing.blocking(), status);
    // An address that is still answered is not free; the end of that will be heard of.
    standing.surplus().stream()
        .filter(claim -> !settled.answered().contains(claim.address()))
        .forEach(claims::release);
    return again && !(settled.result() instanceof Result.Failed)
        ? Result.after(Duration.ZERO)
        : settled.result();
  }

  /// How a settlement ended.
  ///
  /// @param answered addresses that the host Service says are answered
  private record Settled(Result result, List<IpAddress> answered) {}

  /// Host objects and status, from the addresses that it has.
  ///
  /// Our finalizer holds the object before anything stands on the host for it. A reservation has
  /// claims alone, which name their owner and are released when it is gone, held or not; there the
  /// finalizer comes with the status, in one write.
  private Settled settle(
      ObjectKey key,
      LoadBalancer seen,
      Wish wish,
      List<Claim> held,
      Optional<Refusal> blocking,
      StatusDocument status) {
    List<IpAddress> addresses =
        wish.dhcp()
            ? List.of(IpAddress.parse(HarvesterNames.DHCP_ADDRESS_V4))
            : held.stream().map(Claim::address).toList();
    Optional<Refusal> invalid =
        wish.problems().isEmpty()
            ? Optional.empty()
            : Optional.of(new Refusal("Invalid", String.join("; ", wish.problems()), true));
    boolean onHost =
        wish.placement() == Placement.HOST && !addresses.isEmpty() && invalid.isEmpty();
    Optional<LoadBalancer> current = onHost ? held(key, seen) : Optional.of(seen);
    if (current.isEmpty()) {
      return new Settled(Result.done(), List.of());
    }
    LoadBalancer object = current.get();
    Ready ready;
    Result result = Result.done();
    List<IpAddress> answered = List.of();
    if (onHost) {
      HostSide.Standing side = host.ensure(wish, addresses, object);
      answered = side.answered();
      if (side.problem().isEmpty()) {
        status.address(side.announced().stream().findFirst()).addresses(side.announced());
      }
      status.backends(side.backends(), object, timeline.now());
      OtherConditions.TYPES.forEach(status::noCondition);
      side.conditions().forEach(status::condition);
      OtherVlan.look(held, side.backends(), networks::vlan, object).ifPresent(status::condition);
      ready = Readiness.ofHost(wish, addresses, side, blocking);
      result = side.again().map(Result::after).orElse(result);
      if (side.problem().filter(HostSide::mayPass).isPresent()) {
        result = Result.failed(ready.message());
      }
    } else {
      host.leave(key);
      if (wish.placement() == Placement.GUEST && !held.isEmpty()) {
        status.addresses(addresses);
      }
      ready = Readiness.ofReservation(addresses, invalid.or(() -> blocking));
    }
    Optional<Patch> patch = status.repair(object, ready, timeline.now());
    if (patch.isPresent()) {
      write(key, object, patch.get()).ifPresent(written -> tell(object, written, ready));
    }
    return new Settled(result, answered);
  }

  /// The object with our finalizer, empty if it is gone.
  private Optional<LoadBalancer> held(ObjectKey key, LoadBalancer seen) {
    Optional<Patch> finalizer = Patches.addFinalizer(seen, HarvesterNames.LB_FINALIZER);
    return finalizer.isEmpty() ? Optional.of(seen) : write(key, seen, finalizer.get());
  }

  private Result deleted(ObjectKey key, LoadBalancer object) {
    pending.forget(key);
    addressing.forget(new Owner(key.namespace(), key.name()));
    host.leave(key);
    Optional<Patch> finalizer = Patches.removeFinalizer(object, HarvesterNames.LB_FINALIZER);
    if (finalizer.isEmpty()) {
      // Somebody else's finalizer holds it. What is claimed for it is released when it is gone.
      return Result.done();
    }
    Wish asked = Wish.of(object);
    addressing.adoptAll(object, asked);
    List<Claim> held = book.of(asked.owner());
    boolean onHost =
        held.isEmpty()
            ? asked.placement() == Placement.HOST
            : held.stream().anyMatch(claim -> claim.placement() == Placement.HOST);
    HostSide.Removal removal = onHost ? host.remove(asked, object) : new HostSide.Removal.Gone();
    return switch (removal) {
      case HostSide.Removal.Gone() -> letGo(key, object, finalizer.get());
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
    if (write(key, object, finalizer).isPresent()) {
      log.atInfo().addKeyValue("loadBalancer", key).log("load balancer released");
    }
    return Result.done();
  }

  private Result gone(ObjectKey key) {
    pending.forget(key);
    host.leave(key);
    ownWrites.forget(key);
    var owner = new Owner(key.namespace(), key.name());
    addressing.forget(owner);
    boolean holds = book.of(owner).stream().anyMatch(Claim::active);
    // The cache may lack an object that has just been made again under this name.
    if (!holds || api.get(LoadBalancerTypes.LOAD_BALANCER, key).isPresent()) {
      return Result.done();
    }
    List<Claim> held = book.of(owner);
    if (held.stream().noneMatch(claim -> claim.placement() == Placement.HOST)) {
      release(owner);
      return Result.done();
    }
    // Somebody took our finalizer off: its Service may still have the address answered.
    LoadBalancer former = Former.of(key, held);
    return switch (host.remove(Wish.of(former), former)) {
      case HostSide.Removal.Gone() -> {
        release(owner);
        yield Result.done();
      }
      case HostSide.Removal.Going() -> {
        log.atInfo()
            .addKeyValue("loadBalancer", key)
            .log("gone before its host Service, whose end is waited for");
        yield Result.done();
      }
      case HostSide.Removal.Blocked(String message) -> {
        events.warning(former, "AddressInUse", message);
        yield Result.failed(message);
      }
    };
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

  private void pendingSince(ObjectKey key, LoadBalancer object) {
    if (Recorded.of(object).isEmpty()) {
      pending.begun(key, timeline.nanoTime());
    }
  }

  /// @param wakes how often all were woken before this look
  /// @return whether it must look again at once
  private boolean note(ObjectKey key, Addressing.Standing standing, long wakes) {
    if (!standing.refusals().isEmpty()) {
      return pending.waits(key, wakes);
    }
    long nanos = pending.satisfied(key, timeline.nanoTime());
    if (nanos >= 0) {
      allocationSeconds.accept(nanos / 1e9);
    }
    return false;
  }

  private Optional<LoadBalancer> write(ObjectKey key, LoadBalancer before, Patch patch) {
    Optional<LoadBalancer> after = api.patch(LoadBalancerTypes.LOAD_BALANCER, key, patch);
    after.ifPresent(now -> ownWrites.wrote(before, now));
    return after;
  }

  /// An Event for each transition: of the readiness, and of the addresses though it stays.
  private void tell(LoadBalancer before, LoadBalancer after, Ready ready) {
    var changes = new ArrayList<BackendChanges.Change>(BackendChanges.of(before, after));
    changes.addAll(OtherConditions.changes(before, after));
    for (BackendChanges.Change change : changes) {
      if (change.warning()) {
        events.warning(before, change.reason(), change.message());
      } else {
        events.normal(before, change.reason(), change.message());
      }
    }
    Optional<Condition> said = StatusDocument.condition(before);
    boolean same =
        said.filter(condition ->
                (ready.status() ? "True" : "False").equals(condition.getStatus())
                    && ready.reason().equals(condition.getReason()))
            .isPresent();
    if (same && addresses(before).equals(addresses(after))) {
      return;
    }
    if (ready.status() || Readiness.isOnTheWay(ready)) {
      events.normal(before, ready.reason(), ready.message());
    } else {
      events.warning(before, ready.reason(), ready.message());
    }
    log.atInfo()
        .addKeyValue("loadBalancer", ObjectKey.of(before))
        .addKeyValue("ready", ready.status())
        .addKeyValue("reason", ready.reason())
        .addKeyValue("message", ready.message())
        .log("readiness changed");
  }

  private static Set<IpAddress> addresses(LoadBalancer object) {
    return Recorded.of(object).stream().map(Recorded::address).collect(Collectors.toSet());
  }
}
