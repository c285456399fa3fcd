package dev.thresher.runtime.informer;

import dev.thresher.api.ResourceType;
import dev.thresher.runtime.client.WatchApi;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.common.KubernetesObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The caches of what one API server holds.
///
/// Each has a virtual thread that lists and watches and one for its handlers.
public final class RemoteInformers implements Informers {

  private static final Logger LOG = LoggerFactory.getLogger(RemoteInformers.class);

  /// How long `stop` waits for a list that is being read.
  private static final Duration STOP_LIMIT = Duration.ofSeconds(3);

  private record Key(ResourceType<?> type, Scope scope) {}

  /// A cache with the threads that serve it.
  private record Running(
      ObjectCache<?> cache, Reflector<?> reflector, HandlerLine line, boolean optional) {}

  private final WatchApi api;
  private final Timeline timeline;
  private final InformerTiming timing;
  private final RandomGenerator random;
  private final InformerMetrics metrics;
  private final Map<Key, Running> informers = new LinkedHashMap<>();
  private final Map<Reflector<?>, Thread> threads = new LinkedHashMap<>();
  private boolean started;
  private boolean stopped;

  public RemoteInformers(WatchApi api, Timeline timeline, Metrics metrics) {
    this(api, timeline, metrics, InformerTiming.DEFAULT, RandomGenerator.getDefault());
  }

  public RemoteInformers(
      WatchApi api,
      Timeline timeline,
      Metrics metrics,
      InformerTiming timing,
      RandomGenerator random) {
    this.api = api;
    this.timeline = timeline;
    this.timing = timing;
    this.random = random;
    this.metrics = new InformerMetrics(metrics);
  }

  @Override
  public <T extends KubernetesObject> Informer<T> informer(ResourceType<T> type, Scope scope) {
    return informer(type, scope, false);
  }

  @Override
  public <T extends KubernetesObject> Informer<T> optional(ResourceType<T> type, Scope scope) {
    return informer(type, scope, true);
  }

  @Override
  public synchronized List<String> undefined() {
    return informers.entrySet().stream()
        .filter(one -> !one.getValue().optional() && !one.getValue().cache().isDefined())
        .map(one -> one.getKey().type().resource())
        .distinct()
        .toList();
  }

  private synchronized <T extends KubernetesObject> Informer<T> informer(
      ResourceType<T> type, Scope scope, boolean optional) {
    if (!type.namespaced() && !scope.namespace().isEmpty()) {
      throw new IllegalArgumentException(
          type + " is cluster-scoped, it has no namespace \"" + scope.namespace() + "\"");
    }
    Key key = new Key(type, scope);
    Running known = informers.get(key);
    if (known != null) {
      // Each cache is made for the type that its key holds.
      @SuppressWarnings("unchecked")
      ObjectCache<T> cache = (ObjectCache<T>) known.cache();
      return cache;
    }
    String what = type.resource() + (scope.equals(Scope.ALL) ? "" : " " + scope);
    var line = new HandlerLine("handlers " + what);
    var cache = new ObjectCache<T>(what, timeline, line);
    var reflector =
        new Reflector<>(
            api,
            type,
            scope,
            cache,
            timing,
            timeline,
            random,
            metrics.of(api.name(), type.resource(), scope, cache),
            this::hurry,
            optional);
    var running = new Running(cache, reflector, line, optional);
    informers.put(key, running);
    if (started && !stopped) {
      begin(running, what);
    }
    return cache;
  }

  @Override
  public String name() {
    return "informers on " + api.name();
  }

  @Override
  public synchronized void start() {
    started = true;
    informers.forEach((key, running) -> begin(running, key.type().resource()));
  }

  @Override
  public void stop() {
    List<Thread> ending;
    synchronized (this) {
      stopped = true;
      threads.keySet().forEach(Reflector::stop);
      ending = List.copyOf(threads.values());
    }
    long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
    for (Thread thread : ending) {
      try {
        if (!thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))) {
          LOG.atInfo()
              .addKeyValue("thread", thread.getName())
              .log("a list is still being read at the end and is left alone");
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    synchronized (this) {
      informers.values().forEach(running -> running.line().close());
    }
  }

  @Override
  public boolean awaitSync(Duration atMost) {
    List<Running> all;
    synchronized (this) {
      all = List.copyOf(informers.values());
    }
    long deadline = System.nanoTime() + atMost.toNanos();
    for (Running running : all) {
      Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
      if (!running.cache().awaitSync(left)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public synchronized boolean hasSynced() {
    return informers.values().stream().allMatch(running -> running.cache().hasSynced());
  }

  /// One cache hears of the server again: the others need not wait for the end of their pauses,
  /// which are long after a long outage.
  private void hurry() {
    List<Running> all;
    synchronized (this) {
      all = List.copyOf(informers.values());
    }
    all.forEach(running -> running.reflector().hurry());
  }

  private void begin(Running running, String what) {
    running.cache().begin();
    threads.put(
        running.reflector(),
        Thread.ofVirtual().name("informer " + what).start(running.reflector()));
  }
}
