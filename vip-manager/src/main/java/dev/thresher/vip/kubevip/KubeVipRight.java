package dev.thresher.vip.kubevip;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.election.Grants;
import dev.thresher.vip.election.Holder;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Right;
import dev.thresher.vip.election.RightConfig;
import dev.thresher.vip.election.RightStanding;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.election.Session;
import dev.thresher.vip.l2.LeaseSlots;
import dev.thresher.vip.linux.Scheduling;
import io.kubernetes.client.openapi.models.V1Lease;
import io.prometheus.metrics.core.metrics.Counter;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The right from kube-vip's Leases: [Contests] with a clock, a thread and I/O.
///
/// This node knows of no other one: its view has itself alone, so that the choice says whether it
/// *can* hold an address, and the Leases say whether it may. One platform thread runs it; requests
/// run on virtual threads and come back as events.
public final class KubeVipRight implements Right {

  private static final Logger LOG = LoggerFactory.getLogger(KubeVipRight.class);

  /// In place of the process of another node, which its Lease does not tell.
  private static final Session OTHER = Session.ofProcess("other");

  private final RightConfig config;
  private final Function<Set<ObjectKey>, List<ObjectKey>> leasesOf;
  private final Timeline timeline;
  private final Grants grants;
  private final LeaseSlots slots;
  private final Consumer<String> fatal;
  private final KubeVipStore store;
  private final Contests contests;
  private final Session session;
  private final Duration callDeadline;
  private final Counter requests;
  private final Counter transitions;
  private final List<Informer<V1Lease>> watched;

  private final BlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
  private final List<Consumer<RightView>> listeners = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Void> left = new CompletableFuture<>();
  private volatile RightView view = RightView.NOTHING;
  private volatile boolean stopping;
  private volatile @Nullable Thread loop;
  private volatile Map<InetAddress, Set<ObjectKey>> services = Map.of();
  private volatile long held;
  private volatile Map<String, Boolean> leading = Map.of();

  /// By Lease the node that has it, as of the last step.
  private volatile SortedMap<String, String> holders = new TreeMap<>();

  // The loop's own.
  private NodeLinks links = NodeLinks.NONE;
  private boolean reachable = true;
  private long round;
  private Timeline.@Nullable Deferred wake;

  /// @param scopes where the Leases are watched
  /// @param leasesOf the Leases that give the right to what these Services have, see [LeaseNames]
  /// @param fatal hears what makes it impossible to go on; the program should end then
  public KubeVipRight(
      RightConfig config,
      Set<Scope> scopes,
      Function<Set<ObjectKey>, List<ObjectKey>> leasesOf,
      KubeApi api,
      Informers informers,
      Timeline timeline,
      Grants grants,
      LeaseSlots slots,
      Metrics metrics,
      Consumer<String> fatal) {
    this.config = config;
    this.leasesOf = leasesOf;
    this.timeline = timeline;
    this.grants = grants;
    this.slots = slots;
    this.fatal = fatal;
    this.store = new KubeVipStore(api, config.node(), config.times());
    this.contests = new Contests(config.node(), config.times());
    this.session = Session.ofProcess(config.process());
    Duration third = config.times().renewDeadline().dividedBy(3);
    Duration most = Duration.ofSeconds(3);
    this.callDeadline = third.compareTo(most) < 0 ? third : most;
    this.watched =
        scopes.stream().map(scope -> informers.informer(CoreTypes.LEASE, scope)).toList();
    this.requests =
        metrics.counter(
            "thresher_vip_kube_vip_lease_requests_total",
            "Requests for kube-vip's Leases.",
            "operation",
            "outcome");
    metrics.gauge(
        "thresher_vip_kube_vip_leases_held",
        "How many of kube-vip's Leases this node holds.",
        () -> held);
    this.transitions =
        metrics.counter(
            "kube_vip_leader_election_transitions_total",
            "How often this node got a Lease.",
            "lease_name");
    metrics.gauges(
        "kube_vip_is_leader",
        "1 if this node holds the Lease.",
        List.of("node", "lease_name"),
        () ->
            leading.entrySet().stream()
                .map(entry ->
                    new Metrics.Sample(
                        entry.getValue() ? 1 : 0, List.of(config.node(), entry.getKey())))
                .toList());
  }

  @Override
  public String name() {
    return "right";
  }

  @Override
  public void start() {
    watched.forEach(informer -> informer.onChange(this::seen));
    events.add(() -> {});
    loop = Thread.ofPlatform().name("vip-right").daemon(true).start(this::run);
  }

  @Override
  public void stop() {
    stopping = true;
    Thread running = loop;
    if (running == null) {
      return;
    }
    events.add(() -> {});
    try {
      running.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Which Services have each address; to be told before it is wanted. Any thread.
  public void services(Map<InetAddress, Set<ObjectKey>> now) {
    services = Map.copyOf(now);
  }

  @Override
  public void want(RightView basis, Map<InetAddress, String> aims) {
    Map<InetAddress, List<ObjectKey>> leases = new HashMap<>();
    Set<InetAddress> here = new HashSet<>();
    Map<InetAddress, Set<ObjectKey>> wantedBy = services;
    aims.forEach((address, aim) -> {
      leases.put(address, leasesOf.apply(wantedBy.getOrDefault(address, Set.of())));
      if (aim.equals(config.node())) {
        here.add(address);
      }
    });
    events.add(() -> contests.want(new Contests.Wanted(leases, here)));
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
  public void links(NodeLinks now) {
    events.add(() -> links = now);
  }

  /// Nobody is known to whom addresses could be handed: the Leases are given back.
  @Override
  public boolean resign(Map<InetAddress, String> aims, Duration atMost) {
    if (loop == null) {
      return true;
    }
    events.add(contests::leave);
    try {
      left.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      LOG.atWarn()
          .addKeyValue("deadline", atMost)
          .log("Leases could not be given back, others wait until they end");
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("resigning failed", e.getCause());
    }
  }

  @Override
  public RightStanding standing() {
    return new RightStanding(
        RightStanding.By.KUBE_VIP_LEASES,
        Optional.empty(),
        Optional.empty(),
        new TreeMap<>(),
        Map.of(),
        holders,
        "");
  }

  @Override
  public Optional<String> problem() {
    Thread running = loop;
    return running != null && !stopping && !running.isAlive()
        ? Optional.of("the thread of the right has ended, see the log")
        : Optional.empty();
  }

  private void seen(Change<V1Lease> change) {
    if (change instanceof Change.Deleted<V1Lease>) {
      // Found out at the next renewal; nobody is harmed by a Lease that nobody has.
      return;
    }
    V1Lease lease = change.object();
    ObjectKey key = ObjectKey.of(lease);
    events.add(() -> contests.of(key).ifPresent(contest -> news(contest, lease)));
  }

  private void news(Contest contest, V1Lease lease) {
    contest.heard(SeenLease.of(lease), timeline.nanoTime());
    // Who holds nothing asks for nothing as long as another renews: that it hears so is all that
    // says that the server can be reached again.
    reachable |= !contest.isHeld();
  }

  private void run() {
    Scheduling.shortSlices();
    try {
      while (!stopping) {
        events.take().run();
        step();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      LOG.atError().setCause(e).log("the right failed");
      fatal.accept("the right failed: " + e);
    } finally {
      if (!contests.granted().isEmpty()) {
        grants.revoked(contests.granted(), "this vip-manager ends");
        grants.tell();
      }
    }
  }

  private void step() {
    long now = timeline.nanoTime();
    Contests.Step step = contests.step(now);
    if (!step.revoked().isEmpty()) {
      grants.revoked(step.revoked(), "another node has its Lease, or this one should not hold it");
    }
    step.confirmed().ifPresent(slots::confirm);
    if (!step.granted().isEmpty()) {
      grants.granted(step.granted());
    }
    if (!step.attempts().isEmpty()) {
      // Before the requests leave: who sees a renewal counts from later than the slot does.
      slots.arm(++round, config.times().renewDeadline().toNanos());
      step.attempts().forEach(attempt -> send(attempt, round, now));
    }
    grants.tell();
    wakeAt(step.wakeAt(), now);
    held = contests.held();
    leading = Map.copyOf(contests.leading());
    holders = contests.byLease();
    publish();
    if (contests.hasLeft()) {
      left.complete(null);
    }
  }

  private void send(Attempt attempt, long inRound, long sentAt) {
    AtomicBoolean settled = new AtomicBoolean();
    String operation = attempt.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    Timeline.Deferred deadline =
        timeline.after(
            callDeadline,
            () -> {
              if (settled.compareAndSet(false, true)) {
                failed(attempt, operation, "no answer within " + callDeadline);
              }
            });
    Thread.ofVirtual()
        .name("right-" + operation)
        .start(() -> {
          try {
            KubeVipStore.Outcome outcome = store.attempt(attempt, timeline.now());
            if (settled.compareAndSet(false, true)) {
              requests.labelValues(operation, "ok").inc();
              events.add(() -> heard(attempt, outcome, inRound, sentAt));
            }
          } catch (KubeApiException e) {
            if (settled.compareAndSet(false, true)) {
              failed(attempt, operation, e.reason() + ": " + e.getMessage());
            }
          } catch (RuntimeException e) {
            LOG.atError()
                .setCause(e)
                .addKeyValue("operation", operation)
                .log("request for the right failed unexpectedly");
            if (settled.compareAndSet(false, true)) {
              failed(attempt, operation, e.toString());
            }
          } finally {
            deadline.cancel();
          }
        });
  }

  private void failed(Attempt attempt, String operation, String why) {
    requests.labelValues(operation, "error").inc();
    LOG.atWarn()
        .addKeyValue("lease", attempt.lease())
        .addKeyValue("operation", operation)
        .addKeyValue("error", why)
        .log("request for a Lease of kube-vip failed");
    events.add(() -> {
      reachable = false;
      contests.of(attempt.lease()).ifPresent(contest -> contest.failed(timeline.nanoTime()));
    });
  }

  private void heard(Attempt attempt, KubeVipStore.Outcome outcome, long inRound, long sentAt) {
    reachable = true;
    Contest contest = contests.of(attempt.lease()).orElseThrow();
    boolean before = contest.isHeld();
    String holder = contest.holder();
    switch (outcome) {
      case KubeVipStore.Outcome.Wrote(var lease) ->
          contest.wrote(attempt, lease, sentAt, inRound, timeline.nanoTime());
      case KubeVipStore.Outcome.Found(var lease) -> contest.found(lease, timeline.nanoTime());
    }
    if (contest.isHeld() && !before) {
      transitions.labelValues(attempt.lease().name()).inc();
    }
    if (contest.isHeld() != before || !contest.holder().equals(holder)) {
      LOG.atInfo()
          .addKeyValue("lease", attempt.lease())
          .addKeyValue("holder", contest.holder())
          .log("a Lease of kube-vip has another holder");
    }
  }

  private void wakeAt(long at, long now) {
    if (wake != null) {
      wake.cancel();
    }
    // A little late rather than early: a look that is early would only ask for another one.
    Duration delay = Duration.ofNanos(Math.max(0, at - now) + 1_000_000);
    wake = timeline.after(delay, () -> events.add(() -> {}));
  }

  private void publish() {
    Map<InetAddress, Holder> holders = new HashMap<>();
    contests
        .holders()
        .forEach((address, node) ->
            holders.put(
                address, new Holder(node, node.equals(config.node()) ? session : OTHER, 1)));
    NodeLease self = NodeLease.heard(config.node(), config.process(), List.of(), links);
    reachable |= contests.isAtRest();
    RightView last = view;
    RightView next =
        new RightView(
            Map.of(config.node(), self),
            holders,
            reachable ? Optional.of(session) : Optional.empty(),
            true,
            last.recordVersion());
    if (next.equals(last)) {
      return;
    }
    view = new RightView(next.live(), holders, next.session(), true, last.recordVersion() + 1);
    listeners.forEach(listener -> listener.accept(view));
  }
}
