package dev.thresher.runtime.leader;

import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.leader.LeaseClient.Outcome;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One candidate for one lease, from the start of the program to its end.
///
/// `CANDIDATE → LEADING → LOST | ENDED`. Leading happens once: whoever loses the lease ends the
/// process, so that nothing of the old tenure survives into a new one. [#start] returns at once;
/// leadership begins later, see [#onceStarted]. [#stop] gives the lease back, so that the next
/// candidate need not wait.
///
/// [#held] looks at the clock, not at the state: a process that was stopped (SIGSTOP, a paused VM)
/// is deposed at the moment it resumes, before any timer has run. Others wait for `leaseDuration`
/// from a moment after the renewal was sent; we stop believing `renewDeadline` after it was sent.
/// The difference is the time that writes in flight have to arrive.
///
/// One attempt runs at a time, on a virtual thread. One that takes longer than half of the
/// `renewDeadline` is given up, so that a dead connection leaves time for another. While renewals
/// fail they follow each other faster, see [Pace].
///
/// Thread-safe.
public final class LeaderElection implements Component, Leadership {

  private static final Logger log = LoggerFactory.getLogger(LeaderElection.class);

  /// What the health check allows beyond the lease duration.
  private static final Duration HEALTH_TOLERANCE = Duration.ofSeconds(20);

  private final LeaderElectionConfig config;
  private final Timeline timeline;
  private final LeaseClient client;
  private final LeaderAnnouncer announcer;
  private final Executor executor;
  private final DoubleSupplier random;
  private final Pace pace;
  private final Duration attemptTimeout;
  private final Optional<LeaseWatch> watch;

  private final Object lock = new Object();
  private State state = State.CANDIDATE;
  private final List<Runnable> startActions = new ArrayList<>();
  private String knownLeader = "";
  private String lastError = "";
  private boolean nudged;
  private @Nullable Attempt running;
  private Timeline.@Nullable Deferred nextAttempt;
  private Timeline.@Nullable Deferred deadline;

  /// Open once an attempt has ended, well or not.
  private final CountDownLatch firstLook = new CountDownLatch(1);

  /// Present while leading; written under the lock, read anywhere.
  private volatile @Nullable Tenure tenure;

  private enum State {
    CANDIDATE,
    LEADING,
    LOST,
    /// Stopped in order, whether it was leading or not.
    ENDED
  }

  /// @param sentAt monotonic time before the last successful write was sent
  private record Tenure(LeaseDocument lease, long sentAt) {}

  LeaderElection(LeaderElectionBuilder builder) {
    this.config = builder.config;
    this.timeline = builder.timeline;
    this.client = new LeaseClient(builder.api.urgent(), builder.config, builder.timeline);
    this.announcer =
        new LeaderAnnouncer(
            config, builder.callbacks, builder.metrics, builder.events, builder.executor);
    this.executor = builder.executor;
    this.random = builder.random;
    this.pace = new Pace(config.retryPeriod());
    this.watch =
        Optional.ofNullable(builder.watchApi)
            .map(watchApi -> new LeaseWatch(watchApi, config, timeline, this::nudge));
    Duration half = config.renewDeadline().dividedBy(2);
    this.attemptTimeout = half.compareTo(config.retryPeriod()) < 0 ? config.retryPeriod() : half;
  }

  public static LeaderElectionBuilder builder(
      LeaderElectionConfig config, KubeApi api, Timeline timeline) {
    return new LeaderElectionBuilder(config, api, timeline);
  }

  @Override
  public String name() {
    return "leader-election";
  }

  @Override
  public void start() {
    log.atInfo()
        .addKeyValue("lease", config.lease())
        .addKeyValue("identity", config.identity())
        .log("standing for leader election");
    synchronized (lock) {
      attemptAfter(Duration.ZERO);
    }
    watch.ifPresent(LeaseWatch::start);
  }

  /// Waits for the end of the first attempt, whatever came of it.
  ///
  /// @param atMost no longer than this
  /// @return whether it has ended
  public boolean awaitFirstLook(Duration atMost) throws InterruptedException {
    return firstLook.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public boolean held() {
    Tenure now = tenure;
    return now != null && timeline.nanoTime() - now.sentAt < config.renewDeadline().toNanos();
  }

  @Override
  public void onceStarted(Runnable action) {
    synchronized (lock) {
      switch (state) {
        case CANDIDATE -> {
          startActions.add(action);
          return;
        }
        case LOST, ENDED -> {
          return;
        }
        case LEADING -> {}
      }
    }
    action.run();
  }

  /// Looks at the lease at once, because somebody saw it change. Cheap; may be called often.
  public void nudge() {
    synchronized (lock) {
      if (state != State.CANDIDATE) {
        return;
      }
      if (running == null) {
        attemptAfter(Duration.ZERO);
      } else {
        nudged = true;
      }
    }
  }

  /// For [dev.thresher.runtime.serving.HealthChecks]: what is wrong, empty if nothing. A candidate
  /// is healthy; so is a leader whose last renewal is at most `leaseDuration` and 20 s old.
  public Optional<String> health() {
    Tenure now = tenure;
    if (now == null) {
      return Optional.empty();
    }
    Duration age = Duration.ofNanos(timeline.nanoTime() - now.sentAt);
    return age.compareTo(config.leaseDuration().plus(HEALTH_TOLERANCE)) > 0
        ? Optional.of("lease " + config.lease() + " was renewed " + age.toSeconds() + " s ago")
        : Optional.empty();
  }

  /// The holder seen last, empty if none was.
  public Optional<String> leader() {
    synchronized (lock) {
      return Optional.of(knownLeader).filter(leader -> !leader.isEmpty());
    }
  }

  @Override
  public void stop() {
    watch.ifPresent(LeaseWatch::end);
    Optional<LeaseDocument> mine;
    @Nullable Attempt inFlight;
    synchronized (lock) {
      if (state == State.LOST || state == State.ENDED) {
        return;
      }
      mine = Optional.ofNullable(tenure).map(Tenure::lease);
      inFlight = running;
      state = State.ENDED;
      tenure = null;
      running = null;
      startActions.clear();
      cancelTimers();
    }
    if (mine.isPresent() || inFlight != null) {
      new LeaseRelease(config, client, executor).run(mine, Optional.ofNullable(inFlight));
      mine.ifPresent(announcer::released);
    }
  }

  /// With the lock held.
  private void attemptAfter(Duration delay) {
    if (nextAttempt != null) {
      nextAttempt.cancel();
    }
    nextAttempt = timeline.after(delay, this::attempt);
  }

  private void attempt() {
    Attempt begun;
    synchronized (lock) {
      if (running != null || state == State.LOST || state == State.ENDED) {
        return;
      }
      Tenure mine = tenure;
      if (mine != null && !held()) {
        // A process that slept must not bring its own tenure back to life.
        lose("not renewed for " + config.renewDeadline());
        return;
      }
      begun = new Attempt(self -> carryOut(self, Optional.ofNullable(mine)));
      running = begun;
      var _ = timeline.after(attemptTimeout, () -> giveUp(begun));
    }
    executor.execute(begun);
  }

  /// On a thread of the executor, without the lock.
  private void carryOut(Attempt attempt, Optional<Tenure> mine) {
    try {
      Outcome outcome = mine.isPresent() ? client.renew(mine.get().lease) : client.acquire();
      synchronized (lock) {
        if (conclude(attempt)) {
          apply(outcome);
        }
      }
    } catch (RuntimeException e) {
      synchronized (lock) {
        if (conclude(attempt)) {
          failed(String.valueOf(e.getMessage()));
        }
      }
    } finally {
      firstLook.countDown();
    }
  }

  private void giveUp(Attempt attempt) {
    synchronized (lock) {
      if (conclude(attempt)) {
        failed("no answer in " + attemptTimeout);
        // A new connection may fare better: no reason to wait longer.
        if (state == State.CANDIDATE || state == State.LEADING) {
          attemptAfter(Duration.ZERO);
        }
      }
    }
    attempt.interrupt();
  }

  /// @return false if nobody waits for this attempt any more
  private boolean conclude(Attempt attempt) {
    if (running != attempt) {
      return false;
    }
    running = null;
    return true;
  }

  /// With the lock held.
  private void apply(Outcome outcome) {
    if (!lastError.isEmpty()) {
      lastError = "";
      log.atInfo().addKeyValue("lease", config.lease()).log("lease can be reached again");
    }
    switch (outcome) {
      case Outcome.Ours ours -> keep(ours);
      case Outcome.Theirs(String holder, Duration left) -> {
        seen(holder);
        if (tenure != null) {
          lose("the lease is held by \"" + holder + "\"");
        } else {
          boolean watching = watch.filter(LeaseWatch::hears).isPresent();
          Duration look = pace.candidate(watching, random.getAsDouble());
          attemptAfter(nudged ? Duration.ZERO : earlier(look, left.plusMillis(1)));
        }
      }
      // The next look will tell who won.
      case Outcome.Raced() -> attemptAfter(pace.raced());
    }
    nudged = false;
  }

  private void keep(Outcome.Ours ours) {
    boolean first = tenure == null;
    if (!first && !ours.remembered()) {
      announcer.slowPath();
    }
    tenure = new Tenure(ours.lease(), ours.sentAt());
    if (!held()) {
      // The answer came too late to rely on.
      if (first) {
        tenure = null;
        attemptAfter(Duration.ZERO);
      } else {
        lose("the answer to the renewal took longer than " + config.renewDeadline());
      }
      return;
    }
    if (deadline != null) {
      deadline.cancel();
    }
    long left = ours.sentAt() + config.renewDeadline().toNanos() - timeline.nanoTime();
    deadline = timeline.after(Duration.ofNanos(left), () -> deadlinePassed(ours.sentAt()));
    attemptAfter(pace.renewed());
    if (first) {
      state = State.LEADING;
      // Never a candidate again.
      watch.ifPresent(LeaseWatch::end);
      seen(config.identity());
      List<Runnable> actions = List.copyOf(startActions);
      startActions.clear();
      announcer.started(ours.lease(), actions);
    }
  }

  private void deadlinePassed(long sentAt) {
    synchronized (lock) {
      Tenure mine = tenure;
      if (mine != null && mine.sentAt == sentAt) {
        lose("not renewed for " + config.renewDeadline());
      }
    }
  }

  private void lose(String reason) {
    Optional<LeaseDocument> mine = Optional.ofNullable(tenure).map(Tenure::lease);
    state = State.LOST;
    tenure = null;
    running = null;
    cancelTimers();
    mine.ifPresent(lease -> announcer.lost(lease, reason));
  }

  private void failed(String error) {
    if (!error.equals(lastError)) {
      lastError = error;
      log.atWarn()
          .addKeyValue("lease", config.lease())
          .addKeyValue("leading", tenure != null)
          .addKeyValue("error", error)
          .log("lease cannot be reached, trying again");
    }
    nudged = false;
    double spread = random.getAsDouble();
    attemptAfter(tenure == null ? pace.candidate(true, spread) : pace.notRenewed(spread));
  }

  private void seen(String holder) {
    if (!holder.isEmpty() && !holder.equals(knownLeader)) {
      knownLeader = holder;
      announcer.newLeader(holder);
    }
  }

  private void cancelTimers() {
    if (nextAttempt != null) {
      nextAttempt.cancel();
    }
    if (deadline != null) {
      deadline.cancel();
    }
  }

  private static Duration earlier(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
