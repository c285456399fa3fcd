package dev.thresher.vip.election;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.l2.LeaseSlots;
import dev.thresher.vip.linux.Scheduling;
import dev.thresher.vip.mesh.Mesh;
import dev.thresher.vip.mesh.MeshEvent;
import io.kubernetes.client.openapi.models.V1Lease;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The right from Leases in the API server and proof of death from the mesh: [RightMachine] with a
/// clock, a thread and I/O.
///
/// One platform thread of its own runs the machine and the [Grants]; requests run on virtual
/// threads and come back as events. A request that takes longer than the call deadline counts as
/// one of unknown fate.
public final class LeaseRight implements Right {

  private static final Logger LOG = LoggerFactory.getLogger(LeaseRight.class);

  private final RightConfig config;
  private final Informer<V1Lease> leases;
  private final Mesh mesh;
  private final Timeline timeline;
  private final Grants grants;
  private final LeaseSlots slots;
  private final RightMetrics metrics;
  private final Consumer<String> fatal;
  private static final String REMEDY =
      "set vip_right=majority on all nodes, which keeps no record of them, or have fewer addresses";
  private static final String FULL = "is full; " + REMEDY;
  private static final String CLOSED =
      "the addresses of this cluster are given by a majority of voters: set vip_right=majority on"
          + " all nodes; or, to go back, stop all vip-managers and run \"vip-manager voters end"
          + " --all-are-off\"";

  private final LeaseStore store;
  private final RightMachine machine;
  private final Duration callDeadline;

  private final BlockingQueue<RightEvent> events = new LinkedBlockingQueue<>();
  private final List<Consumer<RightView>> listeners = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Void> resigned = new CompletableFuture<>();
  private final CompletableFuture<Void> left = new CompletableFuture<>();

  /// What people may ask for, as of the last step.
  private record Told(
      boolean session,
      long entitledUntil,
      SortedMap<String, String> silent,
      Set<InetAddress> left) {}

  private volatile Told told = new Told(false, 0, new TreeMap<>(), Set.of());
  private volatile RightView view = RightView.NOTHING;
  private volatile boolean stopping;
  private volatile @Nullable Thread loop;

  // The loop's own.
  private Timeline.@Nullable Deferred wake;
  private Map<String, NodeLease> meshed = Map.of();

  /// Renewals by when they were sent, since the last that was confirmed.
  private final NavigableMap<Long, Long> renewals = new TreeMap<>();

  private long renewal;

  /// @param grants acts on the right
  /// @param slots the kernel's clock over what was granted: one slot per renewal
  /// @param fatal hears what makes it impossible to go on; the program should end then
  public LeaseRight(
      RightConfig config,
      KubeApi api,
      Informers informers,
      Mesh mesh,
      Timeline timeline,
      Grants grants,
      LeaseSlots slots,
      Metrics metrics,
      Consumer<String> fatal) {
    this.config = config;
    this.leases = leases(informers, config);
    this.mesh = mesh;
    this.timeline = timeline;
    this.grants = grants;
    this.slots = slots;
    this.metrics = new RightMetrics(metrics);
    this.fatal = fatal;
    this.store = new LeaseStore(api, config, LeaseRight::unreadable);
    this.machine =
        new RightMachine(
            config.node(),
            config.process(),
            config.times(),
            NodeLinks.NONE,
            () -> timeline.now().toEpochMilli());
    Duration third = config.times().renewDeadline().dividedBy(3);
    Duration most = Duration.ofSeconds(3);
    this.callDeadline = third.compareTo(most) < 0 ? third : most;
    mesh.onEvent(this::heard);
  }

  /// The Leases of all nodes, and those that nodes share.
  public static Informer<V1Lease> leases(Informers informers, RightConfig config) {
    return informers.informer(
        CoreTypes.LEASE,
        new Scope(config.namespace(), OwnershipNames.LABEL + "=" + OwnershipNames.FORMAT, ""));
  }

  @Override
  public String name() {
    return "right";
  }

  @Override
  public void start() {
    events.add(new RightEvent.Began());
    leases.onChange(this::seen);
    loop = Thread.ofPlatform().name("vip-right").daemon(true).start(this::run);
  }

  @Override
  public void stop() {
    stopping = true;
    Thread running = loop;
    if (running == null) {
      return;
    }
    events.add(new RightEvent.Tick());
    try {
      running.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void want(RightView basis, Map<InetAddress, String> aims) {
    events.add(new RightEvent.Want(aims, basis.recordVersion()));
  }

  @Override
  public RightView view() {
    return view;
  }

  @Override
  public void onChange(Consumer<RightView> listener) {
    listeners.add(listener);
  }

  @Override
  public void links(NodeLinks links) {
    events.add(new RightEvent.LinksChanged(links));
  }

  @Override
  public RightStanding standing() {
    Told last = told;
    long left = last.entitledUntil() - timeline.nanoTime();
    return new RightStanding(
        RightStanding.By.LEASES,
        last.session() && left > 0 ? Optional.of(Duration.ofNanos(left)) : Optional.empty(),
        Optional.empty(),
        last.silent(),
        full(last.left()),
        new TreeMap<>(),
        "");
  }

  private static Map<InetAddress, RightStanding.Words> full(Set<InetAddress> left) {
    Map<InetAddress, RightStanding.Words> words = new HashMap<>();
    for (InetAddress address : left) {
      words.put(
          address,
          new RightStanding.Words(
              new TreeSet<>(), new TreeMap<>(Map.of(OwnershipNames.HOLDERS_LEASE, FULL)), ""));
    }
    return words;
  }

  @Override
  public Optional<String> problem() {
    Thread running = loop;
    if (running != null && !stopping && !running.isAlive()) {
      return Optional.of("the thread of the right has ended, see the log");
    }
    return Optional.empty();
  }

  @Override
  public boolean resign(Map<InetAddress, String> aims, Duration atMost) {
    if (loop == null) {
      return true;
    }
    events.add(new RightEvent.Resign(aims));
    long end = System.nanoTime() + atMost.toNanos();
    try {
      resigned.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
      // Only a courtesy to the others; not worth much of the time left.
      long rest = Math.min(end - System.nanoTime(), Duration.ofMillis(500).toNanos());
      left.get(Math.max(0, rest), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      LOG.atWarn()
          .addKeyValue("deadline", atMost)
          .addKeyValue("handedOver", resigned.isDone())
          .log("the other nodes may not know yet that this one stops");
      return resigned.isDone();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("resigning failed", e.getCause());
    }
  }

  private void seen(Change<V1Lease> change) {
    V1Lease lease = change.object();
    String name = lease.getMetadata().getName();
    boolean gone = change instanceof Change.Deleted<V1Lease>;
    if (OwnershipNames.HOLDERS_LEASE.equals(name)) {
      if (!gone && LeaseText.isClosed(lease)) {
        fatal.accept(CLOSED);
        return;
      }
      events.add(
          gone
              ? new RightEvent.RecordVanished()
              : new RightEvent.RecordSeen(LeaseText.record(lease, LeaseRight::unreadable)));
      return;
    }
    LeaseText.node(lease, LeaseRight::unreadable)
        .map(
            node -> gone ? new RightEvent.PeerVanished(node.node()) : new RightEvent.PeerSeen(node))
        .ifPresent(events::add);
  }

  private void heard(MeshEvent event) {
    switch (event) {
      case MeshEvent.Greeted(var node, var process, var session) -> {
        if (session > 0) {
          events.add(new RightEvent.SessionHeard(node, new Session(session, process)));
        }
      }
      case MeshEvent.Died(var node, var process, _) ->
          events.add(new RightEvent.ProcessDied(node, process));
      case MeshEvent.RecordAt(_, var version) -> events.add(new RightEvent.RecordHint(version));
    }
  }

  private void run() {
    Scheduling.shortSlices();
    try {
      while (!stopping) {
        step(events.take());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      LOG.atError().setCause(e).log("the right failed");
      fatal.accept("the right failed: " + e);
    } finally {
      Set<InetAddress> rest = machine.granted();
      if (!rest.isEmpty()) {
        grants.revoked(rest, "this vip-manager ends");
        grants.tell();
      }
    }
  }

  private void step(RightEvent event) {
    long now = timeline.nanoTime();
    if (event instanceof RightEvent.ProcessDied(var node, _)) {
      metrics.heardOfDeath(node, now);
    }
    for (RightAction action : machine.on(event, now)) {
      act(action, now);
    }
    grants.tell();
    Set<InetAddress> left = machine.left();
    if (!left.isEmpty() && told.left().isEmpty()) {
      LOG.atError()
          .addKeyValue("lease", OwnershipNames.HOLDERS_LEASE)
          .addKeyValue("addresses", left.size())
          .log("addresses are held by nobody: the record of holders is full; " + REMEDY);
    }
    metrics.state(machine.granted().size(), machine.hasSession(), left.size());
    told = new Told(machine.hasSession(), machine.entitledUntil(), machine.silent(now), left);
  }

  private void act(RightAction action, long now) {
    switch (action) {
      case RightAction.Grant(var addresses) -> {
        grants.granted(addresses);
        metrics.granted(addresses, timeline.nanoTime());
      }
      case RightAction.Revoke(var addresses, var reason) -> {
        grants.revoked(addresses, reason);
        metrics.revoked(addresses.size(), reason);
      }
      case RightAction.ReadOwnLease() ->
          call(
              "read-own",
              () -> new RightEvent.OwnLeaseRead(store.readOwn()),
              RightEvent.OwnLeaseReadFailed::new,
              late -> null);
      case RightAction.WriteOwnLease write -> writeOwn(write, now);
      case RightAction.ConfirmLease(var node) ->
          call(
              "confirm",
              () -> new RightEvent.PeerConfirmed(node, store.readNode(node), now),
              _ -> new RightEvent.PeerConfirmFailed(node),
              late -> null);
      case RightAction.ReadRecord() ->
          call(
              "read-record",
              () -> new RightEvent.RecordRead(store.readRecord().map(this::opened), now),
              RightEvent.RecordReadFailed::new,
              late -> null);
      case RightAction.CreateRecord(var holders) ->
          call(
              "create-record",
              () -> written(store.createRecord(holders)),
              RightEvent.RecordWriteFailed::new,
              LeaseRight::lateRecord);
      case RightAction.ChangeRecord(var base, var changes) -> {
        LOG.atInfo()
            .addKeyValue("changes", changes)
            .addKeyValue("version", base.version() + 1)
            .log("changing who holds what");
        call(
            "change-record",
            () -> written(store.changeRecord(base, changes)),
            RightEvent.RecordWriteFailed::new,
            LeaseRight::lateRecord);
      }
      case RightAction.Entitled(var sentAt) -> {
        Long round = renewals.get(sentAt);
        if (round != null) {
          slots.confirm(round);
          renewals.headMap(sentAt, true).clear();
        }
      }
      case RightAction.BeginSession(var session) -> {
        LOG.atInfo().addKeyValue("session", session).log("this node may be given addresses");
        mesh.session(session.number());
      }
      case RightAction.Announce(var version) -> mesh.announce(version);
      case RightAction.WakeAt(var at) -> wakeAt(at);
      case RightAction.Publish(var changed) -> publish(changed);
      case RightAction.Resigned() -> {
        resigned.complete(null);
        if (!machine.hasSession()) {
          left.complete(null);
        }
      }
      case RightAction.Fail(var why) -> {
        LOG.atError().addKeyValue("reason", why).log("the right cannot go on");
        fatal.accept(why);
      }
    }
  }

  private HoldersRecord opened(V1Lease lease) {
    if (LeaseText.isClosed(lease)) {
      fatal.accept(CLOSED);
      throw new IllegalStateException(CLOSED);
    }
    return LeaseText.record(lease, LeaseRight::unreadable);
  }

  private void writeOwn(RightAction.WriteOwnLease write, long sentAt) {
    List<InetSocketAddress> endpoints = mesh.endpoints();
    // Before the request leaves: who sees the renewal counts from later than the slot does.
    slots.arm(++renewal, config.times().renewDeadline().toNanos());
    renewals.putIfAbsent(sentAt, renewal);
    call(
        "renew",
        () ->
            switch (store.writeOwn(write, endpoints, timeline.now())) {
              case LeaseStore.Outcome.Done<NodeLease>(var lease) -> {
                if (write.leaving()) {
                  left.complete(null);
                }
                yield new RightEvent.Renewed(lease, sentAt);
              }
              case LeaseStore.Outcome.Conflict<NodeLease>() -> new RightEvent.RenewConflict();
            },
        RightEvent.RenewFailed::new,
        late -> late);
  }

  private static RightEvent written(LeaseStore.Outcome<HoldersRecord> outcome) {
    return switch (outcome) {
      case LeaseStore.Outcome.Done<HoldersRecord>(var record) ->
          new RightEvent.RecordWritten(record);
      case LeaseStore.Outcome.Conflict<HoldersRecord>() -> new RightEvent.RecordConflict();
    };
  }

  /// A write that was given up and succeeded after all is news like any other.
  private static @Nullable RightEvent lateRecord(RightEvent late) {
    return late instanceof RightEvent.RecordWritten(var record)
        ? new RightEvent.RecordSeen(record)
        : null;
  }

  /// @param late what an answer is good for that came after the deadline
  private void call(
      String operation,
      Supplier<RightEvent> request,
      Function<String, RightEvent> failed,
      Function<RightEvent, @Nullable RightEvent> late) {
    AtomicBoolean settled = new AtomicBoolean();
    Timeline.Deferred deadline =
        timeline.after(
            callDeadline,
            () -> {
              if (settled.compareAndSet(false, true)) {
                metrics.request(operation, "timeout");
                events.add(failed.apply("no answer within " + callDeadline));
              }
            });
    Thread.ofVirtual()
        .name("right-" + operation)
        .start(() -> {
          @Nullable RightEvent answer = null;
          String why = "";
          try {
            answer = request.get();
          } catch (KubeApiException e) {
            why = e.reason() + ": " + e.getMessage();
          } catch (RuntimeException e) {
            why = e.toString();
            LOG.atError()
                .setCause(e)
                .addKeyValue("operation", operation)
                .log("request for the right failed unexpectedly");
          }
          boolean inTime = settled.compareAndSet(false, true);
          deadline.cancel();
          if (answer == null) {
            metrics.request(operation, "error");
            if (inTime) {
              LOG.atWarn()
                  .addKeyValue("operation", operation)
                  .addKeyValue("error", why)
                  .log("request for the right failed");
              events.add(failed.apply(why));
            }
            return;
          }
          metrics.request(operation, inTime ? "ok" : "late");
          RightEvent useful = inTime ? answer : late.apply(answer);
          if (useful != null) {
            events.add(useful);
          }
        });
  }

  private void wakeAt(long at) {
    if (wake != null) {
      wake.cancel();
    }
    // A little late rather than early: a tick that is early would only ask for another one.
    Duration delay = Duration.ofNanos(Math.max(0, at - timeline.nanoTime()) + 100_000);
    wake = timeline.after(delay, () -> events.add(new RightEvent.Tick()));
  }

  private void publish(RightView changed) {
    view = changed;
    Map<String, NodeLease> others = new HashMap<>(changed.live());
    others.remove(config.node());
    if (!others.equals(meshed)) {
      meshed = others;
      Map<String, List<InetSocketAddress>> endpoints = new HashMap<>();
      others.forEach((node, lease) -> endpoints.put(node, lease.mesh()));
      mesh.peers(endpoints);
    }
    for (Consumer<RightView> listener : listeners) {
      listener.accept(changed);
    }
  }

  private static void unreadable(String lease, String problem) {
    LOG.atWarn()
        .addKeyValue("lease", lease)
        .addKeyValue("problem", problem)
        .log("a Lease of the vip-managers cannot be read, it counts as absent");
  }
}
