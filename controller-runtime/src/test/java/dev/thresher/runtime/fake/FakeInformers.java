package dev.thresher.runtime.fake;

import dev.thresher.api.ResourceType;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.ObjectCache;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.common.KubernetesObject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// Caches of a [FakeStore] that are up to date as soon as a write returns: handlers run on the
/// thread of the writer, before the write returns.
///
/// [#pause()] makes them stale until [#resume()].
public final class FakeInformers implements Informers {

  private record Key(ResourceType<?> type, Scope scope) {}

  private final FakeStore store;
  private final Timeline timeline;
  private final Map<Key, ObjectCache<?>> informers = new HashMap<>();
  private final Inline handlers = new Inline();
  private final Queue<Runnable> held = new ArrayDeque<>();
  private boolean started;
  private boolean paused;

  public FakeInformers(FakeStore store, Timeline timeline) {
    this.store = store;
    this.timeline = timeline;
  }

  @Override
  public <T extends KubernetesObject> Informer<T> informer(ResourceType<T> type, Scope scope) {
    ObjectCache<T> made;
    synchronized (this) {
      // Each cache is made for the type that its key holds.
      @SuppressWarnings("unchecked")
      ObjectCache<T> known = (ObjectCache<T>) informers.get(new Key(type, scope));
      if (known != null) {
        return known;
      }
      made = new ObjectCache<>(type.toString(), timeline, handlers);
      informers.put(new Key(type, scope), made);
      if (!started) {
        return made;
      }
    }
    follow(type, scope, made);
    return made;
  }

  @Override
  public <T extends KubernetesObject> Informer<T> optional(ResourceType<T> type, Scope scope) {
    return informer(type, scope);
  }

  @Override
  public List<String> undefined() {
    return List.of();
  }

  /// The server does not know an optional resource any more, or knows it again.
  public synchronized void define(ResourceType<?> type, boolean defined) {
    informers.forEach((key, cache) -> {
      if (key.type().equals(type)) {
        if (defined) {
          cache.replace(List.of());
        } else {
          cache.undefined(false);
        }
      }
    });
  }

  @Override
  public String name() {
    return "informers";
  }

  @Override
  public void start() {
    Map<Key, ObjectCache<?>> asked;
    synchronized (this) {
      started = true;
      asked = Map.copyOf(informers);
    }
    for (Map.Entry<Key, ObjectCache<?>> entry : asked.entrySet()) {
      followAny(entry.getKey(), entry.getValue());
    }
  }

  @Override
  public void stop() {}

  @Override
  public boolean awaitSync(Duration atMost) {
    return hasSynced();
  }

  @Override
  public synchronized boolean hasSynced() {
    return informers.values().stream().allMatch(ObjectCache::hasSynced);
  }

  /// Changes of the store are held back from now on.
  public synchronized void pause() {
    paused = true;
  }

  /// Delivers what was held back, in order.
  public void resume() {
    synchronized (this) {
      paused = false;
    }
    for (Runnable change = next(); change != null; change = next()) {
      change.run();
    }
  }

  /// The server answers again after it did not.
  public void serverReturned() {
    Map<Key, ObjectCache<?>> all;
    synchronized (this) {
      all = Map.copyOf(informers);
    }
    all.values().forEach(ObjectCache::resumed);
  }

  private synchronized @Nullable Runnable next() {
    return paused ? null : held.poll();
  }

  // Each cache is made for the type that its key holds.
  @SuppressWarnings("unchecked")
  private <T extends KubernetesObject> void followAny(Key key, ObjectCache<?> cache) {
    follow((ResourceType<T>) key.type(), key.scope(), (ObjectCache<T>) cache);
  }

  /// Not under the lock of these informers: a writer holds the store's while it delivers, and takes
  /// ours then.
  private <T extends KubernetesObject> void follow(
      ResourceType<T> type, Scope scope, ObjectCache<T> cache) {
    cache.begin();
    FakeResource resource = store.resource(type);
    synchronized (store) {
      FakeStore.Page page =
          store.list(
              resource,
              scope.namespace(),
              scope.labelSelector(),
              scope.fieldSelector(),
              0,
              Optional.empty());
      cache.replace(page.items().stream().map(json -> FakeStore.model(type, json)).toList());
      store.watch(
          resource,
          scope.namespace(),
          scope.labelSelector(),
          scope.fieldSelector(),
          page.version(),
          event -> deliver(() -> take(type, cache, event)));
    }
  }

  private void deliver(Runnable change) {
    synchronized (this) {
      if (paused || !held.isEmpty()) {
        held.add(change);
        return;
      }
    }
    change.run();
  }

  private static <T extends KubernetesObject> void take(
      ResourceType<T> type, ObjectCache<T> cache, com.google.gson.JsonObject event) {
    switch (Json.text(event, "type")) {
      case "BOOKMARK" -> cache.heard();
      case "DELETED" -> cache.remove(FakeStore.model(type, event.getAsJsonObject("object")));
      default -> cache.put(FakeStore.model(type, event.getAsJsonObject("object")));
    }
  }

  /// Runs at once; what is handed in meanwhile runs afterwards, so that a handler that writes is
  /// not called within itself.
  private static final class Inline implements Executor {

    private final Queue<Runnable> line = new ArrayDeque<>();
    private boolean running;

    @Override
    public void execute(Runnable task) {
      synchronized (line) {
        line.add(task);
        if (running) {
          return;
        }
        running = true;
      }
      for (Runnable next = poll(); next != null; next = poll()) {
        next.run();
      }
    }

    private @Nullable Runnable poll() {
      synchronized (line) {
        Runnable next = line.poll();
        running = next != null;
        return next;
      }
    }
  }
}
