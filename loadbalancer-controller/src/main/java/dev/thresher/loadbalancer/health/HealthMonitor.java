package dev.thresher.loadbalancer.health;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.loadbalancer.health.Verdict.Health;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks the back ends of all load balancers in their turn and keeps the verdicts.
///
/// Each back end has its own turn, spread at random over the period and shaken a little each time,
/// so that thousands are never asked in one moment. One of which nothing is known yet is asked at
/// once and a few times faster, since traffic waits for it. A probe under way is never doubled.
///
/// All times are those of the timeline. Thread-safe; nobody is called with the lock held.
public final class HealthMonitor {

  private static final Logger log = LoggerFactory.getLogger(HealthMonitor.class);

  private static final long STEP_NANOS = Duration.ofMillis(10).toNanos();
  private static final int SLOTS = 1024;

  /// Within this time a back end of which nothing is known is asked for the first time.
  private static final Duration FIRST = Duration.ofMillis(50);

  /// How many times faster it is asked until there is a verdict.
  private static final int HASTE = 5;

  /// The part of the period by which a turn comes earlier or later.
  private static final double JITTER = 0.1;

  /// One back end of one load balancer.
  private static final class Target {
    private final ObjectKey owner;
    private final IpAddress address;
    private final Check check;
    private Hysteresis state;
    private TimerWheel.@Nullable Timer<Target> timer;
    private long begun;
    private int hasty;
    private boolean gone;

    private Target(ObjectKey owner, IpAddress address, Check check, Verdict start) {
      this.owner = owner;
      this.address = address;
      this.check = check;
      this.state = Hysteresis.from(start);
      this.hasty = check.successThreshold() + check.failureThreshold();
    }
  }

  private final Timeline timeline;
  private final RandomGenerator random;
  private final Prober prober;
  private final Consumer<ObjectKey> changed;
  private final HealthObserver observer;

  private final Object lock = new Object();
  private final TimerWheel<Target> turns;
  private final Map<ObjectKey, Map<IpAddress, Target>> groups = new HashMap<>();
  private Timeline.@Nullable Deferred wake;
  private long wakeAt;

  /// @param changed hears of every load balancer of which a verdict has changed
  public HealthMonitor(
      Timeline timeline,
      RandomGenerator random,
      Prober prober,
      Consumer<ObjectKey> changed,
      HealthObserver observer) {
    this.timeline = timeline;
    this.random = random;
    this.prober = prober;
    this.changed = changed;
    this.observer = observer;
    this.turns = new TimerWheel<>(STEP_NANOS, SLOTS, timeline.nanoTime());
  }

  /// Says who is to be checked for a load balancer from now on, and how. Whoever was checked before
  /// and is not named is forgotten; whoever was and is keeps the verdict, also if the check is
  /// another one now.
  ///
  /// @param starts each back end with the verdict to begin with if it is not checked yet
  /// @return the verdicts as they are now
  public Map<IpAddress, Verdict> watch(
      ObjectKey owner, Check check, Map<IpAddress, Verdict> starts) {
    synchronized (lock) {
      Map<IpAddress, Target> before = groups.getOrDefault(owner, Map.of());
      var after = new HashMap<IpAddress, Target>();
      var verdicts = new HashMap<IpAddress, Verdict>();
      starts.forEach((address, start) -> {
        @Nullable Target known = before.get(address);
        Target target =
            known != null && known.check.equals(check)
                ? known
                : begin(owner, address, check, known == null ? start : known.state.verdict());
        after.put(address, target);
        verdicts.put(address, target.state.verdict());
      });
      before.forEach((address, target) -> {
        if (after.get(address) != target) {
          end(target);
        }
      });
      if (after.isEmpty()) {
        groups.remove(owner);
      } else {
        groups.put(owner, after);
      }
      arm();
      return verdicts;
    }
  }

  /// Nobody of this load balancer is to be checked any more.
  public void forget(ObjectKey owner) {
    synchronized (lock) {
      @Nullable Map<IpAddress, Target> group = groups.remove(owner);
      if (group != null) {
        group.values().forEach(this::end);
      }
    }
  }

  /// What is held of every back end, by load balancer.
  public Map<ObjectKey, Map<IpAddress, Verdict>> verdicts() {
    var all = new HashMap<ObjectKey, Map<IpAddress, Verdict>>();
    synchronized (lock) {
      groups.forEach((owner, group) -> {
        var verdicts = new HashMap<IpAddress, Verdict>();
        group.forEach((address, target) -> verdicts.put(address, target.state.verdict()));
        all.put(owner, verdicts);
      });
    }
    return all;
  }

  /// How many back ends there are of each verdict.
  public Map<Health, Long> counts() {
    var counts = new EnumMap<Health, Long>(Health.class);
    synchronized (lock) {
      for (Map<IpAddress, Target> group : groups.values()) {
        group
            .values()
            .forEach(target -> counts.merge(target.state.verdict().health(), 1L, Long::sum));
      }
    }
    return counts;
  }

  private Target begin(ObjectKey owner, IpAddress address, Check check, Verdict start) {
    var target = new Target(owner, address, check, start);
    Duration within = check.period();
    if (start.health() == Health.UNKNOWN && within.compareTo(FIRST) > 0) {
      within = FIRST;
    }
    target.timer =
        turns.set(timeline.nanoTime() + (long) (random.nextDouble() * within.toNanos()), target);
    return target;
  }

  private void end(Target target) {
    target.gone = true;
    if (target.timer != null) {
      turns.cancel(target.timer);
      target.timer = null;
    }
  }

  private void turn() {
    var due = new ArrayList<Target>();
    synchronized (lock) {
      wake = null;
      long now = timeline.nanoTime();
      turns.advance(now, due::add);
      for (Target target : due) {
        target.timer = null;
        target.begun = now;
      }
      arm();
    }
    due.forEach(this::ask);
  }

  private void ask(Target target) {
    try {
      prober.probe(target.address, target.check, outcome -> ended(target, outcome));
    } catch (RuntimeException e) {
      // A defect here must not end the checks of everybody.
      log.atError().addKeyValue("address", target.address).setCause(e).log("probe not begun");
      ended(target, new Outcome.Inconclusive("the probe could not be begun: " + e));
    }
  }

  private void ended(Target target, Outcome outcome) {
    Verdict before;
    Verdict after;
    long now = timeline.nanoTime();
    double seconds = (now - target.begun) / 1e9;
    synchronized (lock) {
      if (target.gone || target.timer != null) {
        return;
      }
      before = target.state.verdict();
      target.state = target.state.after(outcome, target.check);
      after = target.state.verdict();
      target.timer = turns.set(Math.max(now, target.begun + pause(target)), target);
      arm();
    }
    observer.probed(target.check.probe().kind(), result(outcome), seconds);
    if (!before.equals(after)) {
      tell(target, before, after);
    }
  }

  private long pause(Target target) {
    long period = target.check.period().toNanos();
    if (target.state.verdict().health() == Health.UNKNOWN && target.hasty > 0) {
      // Not for ever: one that answers now and then never gets a verdict.
      target.hasty--;
      return period / HASTE;
    }
    return (long) (period * (1 + JITTER * (2 * random.nextDouble() - 1)));
  }

  private void tell(Target target, Verdict before, Verdict after) {
    if (before.health() != after.health()) {
      observer.changed(after.health());
    }
    log.atInfo()
        .addKeyValue("loadBalancer", target.owner)
        .addKeyValue("address", target.address)
        .addKeyValue("port", target.check.port())
        .addKeyValue("health", after.health())
        .addKeyValue("reason", after.reason())
        .addKeyValue("message", after.message())
        .log("back end health changed");
    changed.accept(target.owner);
  }

  /// Sees to it that the next turn is not missed.
  private void arm() {
    long now = timeline.nanoTime();
    OptionalLong until = turns.untilNext(now);
    if (until.isEmpty()) {
      if (wake != null) {
        wake.cancel();
        wake = null;
      }
      return;
    }
    long at = now + until.getAsLong();
    if (wake != null) {
      if (wakeAt - at <= 0) {
        return;
      }
      wake.cancel();
    }
    wakeAt = at;
    wake = timeline.after(Duration.ofNanos(until.getAsLong()), this::turn);
  }

  private static String result(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Passed() -> "success";
      case Outcome.Failed(String _, String _) -> "failure";
      case Outcome.Inconclusive(String _) -> "inconclusive";
    };
  }
}
