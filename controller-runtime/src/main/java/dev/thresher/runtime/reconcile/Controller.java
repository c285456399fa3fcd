package dev.thresher.runtime.reconcile;

import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.queue.Backoff;
import dev.thresher.runtime.queue.KeyedQueue;
import dev.thresher.runtime.queue.Priority;
import dev.thresher.runtime.queue.WorkqueueMetrics;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.common.KubernetesObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A queue of keys, the workers that empty it, and the reconciler they call.
///
/// Keys may be put in from the construction on. Work begins after [#start], when leadership has
/// begun and every informer given to [#watch] or [#needs] has synced. [#stop] hands out nothing
/// more, lets running reconciles end, and interrupts those that take longer than the stop grace.
///
/// A worker asks for leadership before each reconcile; that the writes themselves are fenced is the
/// client's part ([dev.thresher.runtime.client.KubeApi#fenced]).
///
/// Thread-safe.
public final class Controller<K> implements Component {

  private static final Logger log = LoggerFactory.getLogger(Controller.class);
  private static final Duration SYNC_REPORT = Duration.ofSeconds(10);

  /// Between two questions to a cache that answers at once that it has not synced.
  private static final Duration SYNC_PAUSE = Duration.ofMillis(50);

  private final String name;
  private final KeyedQueue<K> queue;
  private final Worker<K> worker;
  private final Leadership leadership;
  private final int workers;
  private final Duration stopGrace;
  private final List<Informer<?>> caches = new CopyOnWriteArrayList<>();

  private final Object lock = new Object();
  private final List<Thread> threads = new ArrayList<>();
  private @Nullable Thread beginning;
  private boolean stopped;

  private Controller(Builder<K> builder) {
    this.name = builder.name;
    this.queue =
        new KeyedQueue<>(
            builder.backoff, builder.timeline, WorkqueueMetrics.of(builder.metrics, name));
    this.leadership = builder.leadership;
    this.workers = builder.workers;
    this.worker =
        new Worker<>(
            name,
            builder.reconciler,
            queue,
            leadership,
            new ReconcileMetrics(builder.metrics, name, workers),
            builder.timeline);
    this.stopGrace = builder.stopGrace;
  }

  /// @param name for logs, metrics and threads, for example `service`
  public static <K> Builder<K> builder(String name, Reconciler<K> reconciler, Timeline timeline) {
    return new Builder<>(name, reconciler, timeline);
  }

  @Override
  public String name() {
    return name;
  }

  /// Asks for a look at this key.
  public void enqueue(K key) {
    queue.add(key, Priority.NEW);
  }

  public void enqueue(K key, Priority priority) {
    queue.add(key, priority);
  }

  /// Asks for a look at this key when the delay has passed. See [KeyedQueue] for what several such
  /// wishes come to.
  public void enqueueAfter(K key, Duration delay) {
    queue.addAfter(key, delay, Priority.NEW);
  }

  public void enqueueAfter(K key, Duration delay, Priority priority) {
    queue.addAfter(key, delay, priority);
  }

  /// Looks at once at every key that failed and waits for its next try: a server that did not
  /// answer is back.
  public void retryFailed() {
    queue.retryFailed();
  }

  /// Looks at the keys that a change concerns. What the first list brings, and updates that change
  /// nothing, have priority RESYNC.
  public <T extends KubernetesObject> Controller<K> watch(
      Informer<T> informer, Function<Change<T>, ? extends Collection<K>> keys) {
    needs(informer);
    informer.onChange(change -> {
      Priority priority = priorityOf(change, informer.hasSynced());
      for (K key : keys.apply(change)) {
        enqueue(key, priority);
      }
    });
    return this;
  }

  /// Begins no work before this cache has synced. Only before the start.
  public Controller<K> needs(Informer<?> informer) {
    caches.add(informer);
    return this;
  }

  /// The queue, for health checks and tests.
  public KeyedQueue<K> queue() {
    return queue;
  }

  @Override
  public void start() {
    leadership.onceStarted(() -> {
      synchronized (lock) {
        if (!stopped) {
          beginning = Thread.ofVirtual().name(name + "-start").start(this::begin);
        }
      }
    });
  }

  @Override
  public void stop() {
    List<Thread> running;
    synchronized (lock) {
      stopped = true;
      if (beginning != null) {
        // It only waits; there is nothing to finish.
        beginning.interrupt();
      }
      running = List.copyOf(threads);
    }
    queue.close();
    long end = System.nanoTime() + stopGrace.toNanos();
    try {
      if (joinAll(running, end)) {
        return;
      }
      log.atWarn()
          .addKeyValue("controller", name)
          .addKeyValue("grace", stopGrace)
          .log("reconciles still run after the stop grace, interrupting them");
      running.forEach(Thread::interrupt);
      if (!joinAll(running, System.nanoTime() + Duration.ofSeconds(2).toNanos())) {
        log.atError()
            .addKeyValue("controller", name)
            .log("reconciles ignore the interrupt and are left behind");
      }
    } catch (InterruptedException _) {
      running.forEach(Thread::interrupt);
      Thread.currentThread().interrupt();
    }
  }

  private void begin() {
    try {
      for (Informer<?> cache : caches) {
        awaitSync(cache);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return;
    } catch (RuntimeException e) {
      log.atError().setCause(e).addKeyValue("controller", name).log("controller did not begin");
      return;
    }
    log.atDebug().addKeyValue("controller", name).addKeyValue("workers", workers).log("working");
    for (int i = 0; i < workers; i++) {
      spawn(Thread.ofVirtual().name(name + "-" + i).unstarted(worker));
    }
  }

  private void awaitSync(Informer<?> cache) throws InterruptedException {
    long reported = System.nanoTime();
    while (!cache.awaitSync(SYNC_REPORT)) {
      Thread.sleep(SYNC_PAUSE);
      if (isStopped()) {
        throw new InterruptedException("stopped");
      }
      if (System.nanoTime() - reported >= SYNC_REPORT.toNanos()) {
        reported = System.nanoTime();
        log.atWarn()
            .addKeyValue("controller", name)
            .addKeyValue("cache", cache)
            .log("still waiting for a cache to sync, no work begins before");
      }
    }
  }

  private boolean isStopped() {
    synchronized (lock) {
      return stopped;
    }
  }

  private void spawn(Thread thread) {
    synchronized (lock) {
      if (stopped) {
        return;
      }
      threads.add(thread);
      thread.start();
    }
  }

  private static boolean joinAll(List<Thread> threads, long end) throws InterruptedException {
    boolean all = true;
    for (Thread thread : threads) {
      all &= thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
    }
    return all;
  }

  static <T extends KubernetesObject> Priority priorityOf(Change<T> change, boolean synced) {
    if (!synced) {
      return Priority.RESYNC;
    }
    return switch (change) {
      case Change.Added<T> _, Change.Deleted<T> _ -> Priority.NEW;
      case Change.Updated<T>(T before, T after) ->
          Objects.equals(version(before), version(after)) ? Priority.RESYNC : Priority.NEW;
    };
  }

  private static String version(KubernetesObject object) {
    return Objects.requireNonNullElse(object.getMetadata().getResourceVersion(), "");
  }

  /// Builds a [Controller]. Defaults: one worker, [Backoff#DEFAULT], no metrics, no leadership
  /// needed, 5 s for running reconciles to end on stop.
  public static final class Builder<K> {
    private final String name;
    private final Reconciler<K> reconciler;
    private final Timeline timeline;
    private int workers = 1;
    private Backoff backoff = Backoff.DEFAULT;
    private Metrics metrics = new Metrics();
    private Leadership leadership = Leadership.always();
    private Duration stopGrace = Duration.ofSeconds(5);

    private Builder(String name, Reconciler<K> reconciler, Timeline timeline) {
      this.name = name;
      this.reconciler = reconciler;
      this.timeline = timeline;
    }

    /// Keys worked on at the same time, at least 1.
    public Builder<K> workers(int count) {
      if (count < 1) {
        throw new IllegalArgumentException(
            "controller " + name + " needs at least 1 worker, got " + count);
      }
      this.workers = count;
      return this;
    }

    public Builder<K> backoff(Backoff value) {
      this.backoff = value;
      return this;
    }

    /// Measures queue and reconciles, under the name of the controller.
    public Builder<K> metrics(Metrics value) {
      this.metrics = value;
      return this;
    }

    /// Works only while this is held, and begins when it begins.
    public Builder<K> onlyWhenLeading(Leadership value) {
      this.leadership = value;
      return this;
    }

    /// How long running reconciles may go on at the stop before they are interrupted.
    public Builder<K> stopGrace(Duration value) {
      this.stopGrace = value;
      return this;
    }

    public Controller<K> build() {
      return new Controller<>(this);
    }
  }
}
