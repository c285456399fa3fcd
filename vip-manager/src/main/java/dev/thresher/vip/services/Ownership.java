package dev.thresher.vip.services;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.election.Right;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.l2.Fence;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings together what is wanted, who should hold it, who may, and what is done for it: one loop
/// on one thread that looks at everything whenever anything changed. However many changes come
/// meanwhile, the next look sees them all.
public final class Ownership implements Component {

  private static final Logger LOG = LoggerFactory.getLogger(Ownership.class);

  private final Cluster cluster;
  private final Right right;
  private final AddressKeeper keeper;
  private final Timeline timeline;
  private final Reports reports;
  private final Assignment.Settings settings;
  private final Duration stopDeadline;
  private final Supplier<Fence> fence;
  private final List<Consumer<Set<ObjectKey>>> listeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<Desired>> readers = new CopyOnWriteArrayList<>();

  private final Object lock = new Object();
  private boolean changed;
  private boolean stopping;
  private @Nullable Thread loop;
  private volatile Desired desired = Desired.NOTHING;
  private volatile Map<InetAddress, String> aims = Map.of();
  private volatile Map<ObjectKey, Finding> findings = Map.of();
  private volatile Assignment assignment = Assignment.NOTHING;
  private volatile Collection<ServiceReading> readings = List.of();
  private volatile boolean ready;
  private final HolderTimes holderTimes = new HolderTimes();

  private static final Duration NOT_YET = Duration.ofMillis(100);
  private static final Duration ANSWER_AT_MOST = Duration.ofSeconds(5);

  // The loop's own.
  private final Rebalancing rebalancing = new Rebalancing();
  private final EndpointWaits waits = new EndpointWaits();
  private final LookPace pace = new LookPace(System.nanoTime());
  private long restUntil = System.nanoTime();
  private long wantedAt = -1;
  private final Map<InetAddress, Long> failedSince = new HashMap<>();
  private Timeline.@Nullable Deferred again;

  /// @param fence what keeps this node from answering after its lease, for people
  public Ownership(
      Cluster cluster,
      Right right,
      AddressKeeper keeper,
      Timeline timeline,
      Reports reports,
      Assignment.Settings settings,
      Duration stopDeadline,
      Supplier<Fence> fence) {
    this.cluster = cluster;
    this.right = right;
    this.keeper = keeper;
    this.timeline = timeline;
    this.reports = reports;
    this.settings = settings;
    this.stopDeadline = stopDeadline;
    this.fence = fence;
    right.onChange(view -> {
      changed();
      // A grant is acted on before the record that gives it is shown here: what is said of a
      // Service depends on both.
      tell(keeper.keeping().addresses().keySet());
    });
    keeper.onChange(addresses -> {
      changed();
      tell(addresses);
    });
    cluster.onChange(this::changed);
  }

  @Override
  public String name() {
    return "ownership";
  }

  @Override
  public void start() {
    loop = Thread.ofPlatform().name("vip-ownership").daemon(true).start(this::run);
    changed();
  }

  /// Gives up all that is held, to whom it should go next.
  @Override
  public void stop() {
    Thread running;
    synchronized (lock) {
      stopping = true;
      lock.notifyAll();
      running = loop;
    }
    if (running == null) {
      return;
    }
    try {
      running.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    RightView view = right.view();
    Assignment last =
        Assignment.of(
            snapshot(view, ready ? cluster.readings(view) : List.of()), settings.asLeaving());
    long begin = System.nanoTime();
    boolean known = right.resign(last.aims(), stopDeadline);
    LOG.atInfo()
        .addKeyValue("milliseconds", (System.nanoTime() - begin) / 1_000_000)
        .addKeyValue("known", known)
        .log("gave up all addresses");
  }

  /// Hears of Services whose addresses changed state here; must not block. To be called before the
  /// start.
  public void onServicesChange(Consumer<Set<ObjectKey>> listener) {
    listeners.add(listener);
  }

  /// Hears what all Services want each time before the right does; must not block. To be called
  /// before the start.
  public void beforeWanting(Consumer<Desired> reader) {
    readers.add(reader);
  }

  /// What all Services want, as of the last look.
  public Desired desired() {
    return desired;
  }

  /// What this node has to say of Services, as of the last look.
  public Map<ObjectKey, Finding> findings() {
    return findings;
  }

  /// Who should hold what, as of the last look.
  public Map<InetAddress, String> aims() {
    return aims;
  }

  /// What this node knows of every address, for people; see [StatusReport]. May block for a second.
  public JsonObject report() {
    return StatusReport.of(
        new StatusReport.Facts(
            settings.node(),
            cluster.drained(),
            fence.get(),
            right.standing(),
            right.view(),
            holderTimes.since(),
            assignment,
            keeper.keeping(),
            keeper::virtualMac,
            cluster.barredNodes(),
            cluster.networks(),
            Unheld.of(readings, assignment.desired(), cluster.services()::get),
            timeline.nanoTime()));
  }

  /// What is handed over from here when addresses are to be spread again, as JSON: `problem` why
  /// nothing is, `moves` what would be, `moving` what is just now. Any thread; waits for a look.
  ///
  /// @param begin an address to hand over with what belongs to it, if it is one of those that would
  ///   move and nothing else does; empty: only to know
  public JsonObject rebalance(Optional<InetAddress> begin) {
    if (!settings.knowsOthers()) {
      return Rebalancing.refused(
          "with profile compatible kube-vip's Leases say who holds an address, and all addresses of"
              + " a Lease are together: nothing can be spread");
    }
    CompletableFuture<JsonObject> answer = rebalancing.ask(begin);
    lookNow();
    return answer
        .completeOnTimeout(
            Rebalancing.refused(
                "this vip-manager does not know yet what there is to hold: try again in a moment"),
            ANSWER_AT_MOST.toMillis(),
            TimeUnit.MILLISECONDS)
        .join();
  }

  /// Whether a look was possible: caches synced and the record known.
  public boolean ready() {
    return ready;
  }

  /// Something changed that this does not hear of by itself. Any thread; never blocks.
  public void lookNow() {
    changed();
  }

  private void changed() {
    synchronized (lock) {
      changed = true;
      lock.notifyAll();
    }
  }

  private void run() {
    try {
      while (true) {
        if (!awaitChange()) {
          return;
        }
        long began = System.nanoTime();
        try {
          look();
        } catch (RuntimeException e) {
          LOG.atError().setCause(e).log("looking at who should hold what failed, trying again");
          lookAgain(Duration.ofSeconds(1));
        }
        restUntil = pace.after(began, System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// @return false if there is nothing more to look at, since this stops
  private boolean awaitChange() throws InterruptedException {
    synchronized (lock) {
      while (!stopping) {
        long rest = restUntil - System.nanoTime();
        if (!changed) {
          lock.wait();
        } else if (rest > 0) {
          lock.wait(rest / 1_000_000, (int) (rest % 1_000_000));
        } else {
          changed = false;
          return true;
        }
      }
      return false;
    }
  }

  private void look() {
    RightView view = right.view();
    if (!view.recordKnown()) {
      lookAgain(NOT_YET);
      return;
    }
    holderTimes.saw(view.holders(), timeline.nanoTime());
    if (!cluster.synced()) {
      // A cache that becomes full tells of its objects, not of that.
      lookAgain(NOT_YET);
      if (!ready && cluster.controlPlane(view).isPresent()) {
        lookAtTheControlPlane(view);
      }
      return;
    }
    Assignment.Snapshot snapshot = snapshot(view, cluster.readings(view));
    Assignment assignment = Assignment.of(snapshot, settings);
    this.assignment = assignment;
    this.readings = snapshot.readings();
    Desired before = desired;
    desired = assignment.desired();
    keeper.interfaces(assignment.desired().interfaces());
    keeper.known(known(assignment.desired(), view));
    right.links(cluster.links());
    want(view, assignment.aims());
    ready = true;
    if (!before.byService().equals(desired.byService())) {
      tell(keeper.keeping().addresses().keySet());
    }
    reports.report(assignment, snapshot.readings(), view, cluster.misnamed(view));
    Set<ObjectKey> waiting = waits.saw(snapshot.readings(), desired, snapshot.now());
    reports.waiting(waiting, view);
    tellFindings(
        Finding.of(
            snapshot.readings(),
            assignment,
            snapshot.keeping(),
            new Finding.Speech(
                settings.node(),
                reports.speaks(view),
                view.holders()::containsKey,
                waiting,
                findings.keySet())));
    Stream.of(
            assignment.lookAgain(),
            waits.next(snapshot.now()),
            Optional.of(Rebalancing.AGAIN).filter(any -> !snapshot.moving().isEmpty()))
        .flatMap(Optional::stream)
        .min(Duration::compareTo)
        .ifPresent(this::lookAgain);
    if (rebalancing.answer(
        () -> Assignment.moves(snapshot, settings), desired.services(), snapshot.now())) {
      lookNow();
    }
  }

  /// Its address is configuration, while what Services want only an API server can say, which may
  /// be waiting for that address. What this node holds besides, others have handed to it: it stays.
  private void lookAtTheControlPlane(RightView view) {
    Assignment alone = Assignment.of(snapshot(view, List.of()), settings);
    this.assignment = alone;
    keeper.interfaces(alone.desired().interfaces());
    keeper.known(known(alone.desired(), view));
    right.links(cluster.links());
    reports.controlPlane(alone, cluster.misnamed(view));
    Map<InetAddress, String> wanted = new HashMap<>();
    view.holders()
        .forEach((address, holder) -> {
          if (holder.node().equals(settings.node())) {
            wanted.put(address, settings.node());
          }
        });
    wanted.putAll(alone.aims());
    want(view, wanted);
  }

  /// The control plane's address is nobody's but its holder's on nodes that cannot hold it, too.
  private Set<InetAddress> known(Desired all, RightView view) {
    Set<InetAddress> known = new HashSet<>(all.addresses());
    known.addAll(cluster.controlPlanes(view));
    return known;
  }

  private void want(RightView view, Map<InetAddress, String> wanted) {
    if (!wanted.equals(aims) || view.recordVersion() != wantedAt) {
      aims = wanted;
      wantedAt = view.recordVersion();
      readers.forEach(reader -> reader.accept(assignment.desired()));
      right.want(view, wanted);
    }
  }

  private void tellFindings(Map<ObjectKey, Finding> now) {
    Set<ObjectKey> changed = new HashSet<>();
    now.forEach((key, finding) -> {
      if (!finding.equals(findings.get(key))) {
        changed.add(key);
      }
    });
    findings = now;
    if (!changed.isEmpty()) {
      listeners.forEach(listener -> listener.accept(changed));
    }
  }

  private Assignment.Snapshot snapshot(RightView view, Collection<ServiceReading> readings) {
    long now = timeline.nanoTime();
    Keeping keeping = keeper.keeping();
    // A node that could not hold an address is no candidate for it for a while, then tries again.
    keeping
        .addresses()
        .forEach((address, kept) -> {
          if (kept.state() instanceof Keeping.State.Failed) {
            failedSince.put(address, now);
          }
        });
    failedSince.values().removeIf(at -> now - at > Assignment.FAILED_PAUSE.toNanos());
    return new Assignment.Snapshot(
        readings,
        cluster.controlPlane(view),
        cluster::endpoints,
        cluster.barredNodes(),
        view,
        keeping,
        cluster.networks(),
        Map.copyOf(failedSince),
        rebalancing.moving(view, settings.node(), now),
        now);
  }

  private void lookAgain(Duration delay) {
    if (again != null) {
      again.cancel();
    }
    again = timeline.after(delay, this::changed);
  }

  private void tell(Set<InetAddress> addresses) {
    Map<InetAddress, Set<ObjectKey>> services = desired.services();
    Set<ObjectKey> keys = new HashSet<>();
    addresses.forEach(address -> keys.addAll(services.getOrDefault(address, Set.of())));
    if (!keys.isEmpty()) {
      listeners.forEach(listener -> listener.accept(keys));
    }
  }
}
