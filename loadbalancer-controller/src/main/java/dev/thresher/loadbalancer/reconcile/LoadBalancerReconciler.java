package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
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
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleConsumer;

/// Brings one `LoadBalancer` to what it asks for.
///
/// Present: finalizer, claims, host objects if the address is held on the host, status, and only
/// then the release of what it no longer needs. Deleted or gone: [Departure].
public final class LoadBalancerReconciler implements Reconciler<ObjectKey> {

  private final Informer<LoadBalancer> loadBalancers;
  private final Addressing addressing;
  private final Needs needs;
  private final HostSide host;
  private final Networks networks;
  private final ClaimWriter claims;
  private final Pending pending;
  private final Timeline timeline;
  private final DoubleConsumer allocationSeconds;
  private final LoadBalancerWriter writer;
  private final Transitions transitions;
  private final Departure departure;

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
    this.loadBalancers = loadBalancers;
    this.addressing = addressing;
    this.needs = needs;
    this.host = host;
    this.networks = networks;
    this.claims = claims;
    this.pending = pending;
    this.timeline = timeline;
    this.allocationSeconds = allocationSeconds;
    this.writer = new LoadBalancerWriter(api);
    this.transitions = new Transitions(events);
    this.departure = new Departure(api, book, addressing, host, claims, pending, events, writer);
  }

  @Override
  public Result reconcile(ObjectKey key) {
    Optional<LoadBalancer> seen = loadBalancers.get(key).map(writer::newest);
    if (seen.isEmpty()) {
      return departure.gone(key);
    }
    return seen.get().getMetadata().getDeletionTimestamp() == null
        ? present(key, seen.get())
        : departure.deleted(key, seen.get());
  }

  private Result present(ObjectKey key, LoadBalancer object) {
    long wakes = pending.wakes();
    Wish asked = Wish.of(object).needing(needs.of(object));
    if (asked.dhcp()) {
      Wish standing = host.stands(asked, object) ? asked.heldAt(Placement.HOST) : asked;
      return settle(key, object, standing, List.of(), Optional.empty(), new StatusDocument().dhcp())
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
    standing.surplus().stream().filter(settled::frees).forEach(claims::release);
    return again && !(settled.result() instanceof Result.Failed)
        ? Result.after(Duration.ZERO)
        : settled.result();
  }

  /// How a settlement ended.
  ///
  /// @param reached whether the host objects are as they are to be; while they are not, the Service
  ///   may ask for any address that it ever had
  /// @param answered addresses that the host Service says are answered
  private record Settled(Result result, boolean reached, List<IpAddress> answered) {

    /// Whether nobody can answer for the address of a claim that is not needed any more.
    boolean frees(Claim claim) {
      return reached && !answered.contains(claim.address());
    }
  }

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
    Optional<Refusal> frozen = invalid.or(() -> blocking.filter(SharedPorts::isClash));
    boolean onHost = wish.placement() == Placement.HOST && !addresses.isEmpty() && frozen.isEmpty();
    Optional<LoadBalancer> current = onHost ? held(key, seen) : Optional.of(seen);
    if (current.isEmpty()) {
      return new Settled(Result.done(), false, List.of());
    }
    LoadBalancer object = current.get();
    Ready ready;
    Result result = Result.done();
    boolean reached = true;
    List<IpAddress> answered = List.of();
    if (onHost) {
      HostSide.Standing side = host.ensure(wish, addresses, object);
      reached = side.problem().isEmpty();
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
      // One without a claim may have had its address since before there were claims.
      Optional<HostSide.Standing> followed =
          frozen.isPresent() || addresses.isEmpty()
              ? host.follow(wish, addresses, object)
              : Optional.empty();
      if (followed.isPresent()) {
        HostSide.Standing side = followed.get();
        reached = side.problem().isEmpty();
        answered = side.answered();
        status.backends(side.backends(), object, timeline.now());
        side.conditions().forEach(status::condition);
        result =
            side.problem()
                .filter(HostSide::mayPass)
                .map(problem -> Result.failed(problem.message()))
                .or(() -> side.again().map(Result::after))
                .orElse(result);
      } else {
        host.leave(key);
      }
      if (wish.placement() == Placement.GUEST && !held.isEmpty()) {
        status.addresses(addresses);
      }
      ready = Readiness.ofReservation(addresses, invalid.or(() -> blocking));
    }
    if (invalid.isEmpty()) {
      WantedAddress.look(wish, held, object)
          .ifPresentOrElse(status::condition, () -> status.noCondition(WantedAddress.TYPE));
    }
    Optional<Patch> patch = status.repair(object, ready, timeline.now());
    if (patch.isPresent()) {
      writer
          .write(key, object, patch.get())
          .ifPresent(written -> transitions.tell(object, written, ready));
    }
    return new Settled(result, reached, answered);
  }

  /// The object with our finalizer, empty if it is gone.
  private Optional<LoadBalancer> held(ObjectKey key, LoadBalancer seen) {
    Optional<Patch> finalizer = Patches.addFinalizer(seen, HarvesterNames.LB_FINALIZER);
    return finalizer.isEmpty() ? Optional.of(seen) : writer.write(key, seen, finalizer.get());
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
}
