package dev.thresher.runtime.informer;

import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.common.KubernetesObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An informer that is told by somebody else what the server said.
///
/// One thread feeds it. A change is put into the cache and into the line of the handlers in one
/// step, and so is a handler that comes late: it gets what is known at that moment as `Added` and
/// everything after it, each exactly once.
public final class ObjectCache<T extends KubernetesObject> implements Informer<T> {

  private static final Logger LOG = LoggerFactory.getLogger(ObjectCache.class);

  private final String what;
  private final Timeline timeline;
  private final Executor handlerLine;

  private final Map<ObjectKey, T> objects = new LinkedHashMap<>();
  private final Map<String, Index<T>> indexes = new HashMap<>();
  private final List<Consumer<Change<T>>> handlers = new ArrayList<>();
  private final List<Runnable> resumedHandlers = new ArrayList<>();
  private final List<Runnable> definedHandlers = new ArrayList<>();
  private final CountDownLatch synced = new CountDownLatch(1);
  private boolean started;
  private volatile boolean defined = true;
  private volatile long lastHeard;

  /// One index: value to keys, in the order in which the objects came.
  private record Index<T>(Function<T, List<String>> keysOf, Map<String, Set<ObjectKey>> byValue) {}

  /// @param what is cached, for logs
  /// @param handlerLine runs what it is given one after the other, in order
  public ObjectCache(String what, Timeline timeline, Executor handlerLine) {
    this.what = what;
    this.timeline = timeline;
    this.handlerLine = handlerLine;
    this.lastHeard = timeline.nanoTime();
  }

  /// From now on no index can be added.
  public synchronized void begin() {
    started = true;
  }

  /// Takes a whole list: what is not in it has been deleted meanwhile.
  public void replace(List<T> list) {
    replace(list, Set.of());
  }

  /// The same, where some objects exist that could not be read.
  ///
  /// @param unread they keep the state in which they were last read
  public synchronized void replace(List<T> list, Set<ObjectKey> unread) {
    heard();
    Set<ObjectKey> gone = new LinkedHashSet<>(objects.keySet());
    gone.removeAll(unread);
    list.forEach(object -> gone.remove(ObjectKey.of(object)));
    gone.forEach(this::remove);
    list.forEach(this::put);
    define(true);
    handlerLine.execute(synced::countDown);
  }

  /// The server says that it does not know the resource. What is known of objects stays.
  ///
  /// @param wait whether somebody needs it: then the cache does not sync by this
  public synchronized void undefined(boolean wait) {
    define(false);
    if (!wait) {
      handlerLine.execute(synced::countDown);
    }
  }

  /// The role does not allow to read the resource, and nobody waits for it.
  public void unreadable() {
    handlerLine.execute(synced::countDown);
  }

  private void define(boolean now) {
    if (defined != now) {
      defined = now;
      tell(definedHandlers);
    }
  }

  /// Takes an object that is new or has changed. The same version again is no change.
  public synchronized void put(T object) {
    heard();
    ObjectKey key = ObjectKey.of(object);
    T before = objects.put(key, object);
    if (before == null) {
      index(key, object);
      tell(new Change.Added<>(object));
    } else if (!sameUid(before, object)) {
      // Deleted and made again while nobody watched.
      unindex(key, before);
      index(key, object);
      tell(new Change.Deleted<>(before));
      tell(new Change.Added<>(object));
    } else if (!sameVersion(before, object)) {
      unindex(key, before);
      index(key, object);
      tell(new Change.Updated<>(before, object));
    }
  }

  /// Takes a deletion with the last state, as a watch reports it.
  public synchronized void remove(T last) {
    heard();
    ObjectKey key = ObjectKey.of(last);
    T before = objects.remove(key);
    if (before != null) {
      unindex(key, before);
      tell(new Change.Deleted<>(last));
    }
  }

  /// Takes a deletion of which only the key is known.
  public synchronized void remove(ObjectKey key) {
    heard();
    T before = objects.remove(key);
    if (before != null) {
      unindex(key, before);
      tell(new Change.Deleted<>(before));
    }
  }

  /// The server has been heard of, with nothing to say.
  public void heard() {
    lastHeard = timeline.nanoTime();
  }

  /// The server answers again after it did not.
  public synchronized void resumed() {
    tell(resumedHandlers);
  }

  private void tell(List<Runnable> listeners) {
    listeners.forEach(handler ->
        handlerLine.execute(() -> {
          try {
            handler.run();
          } catch (RuntimeException e) {
            LOG.atError()
                .addKeyValue("informer", what)
                .setCause(e)
                .log("a handler of what the server is heard of failed");
          }
        }));
  }

  @Override
  public synchronized Optional<T> get(ObjectKey key) {
    return Optional.ofNullable(objects.get(key));
  }

  @Override
  public synchronized List<T> list() {
    return List.copyOf(objects.values());
  }

  @Override
  public synchronized List<T> list(String namespace) {
    List<T> found = new ArrayList<>();
    objects.forEach((key, object) -> {
      if (key.namespace().equals(namespace)) {
        found.add(object);
      }
    });
    return List.copyOf(found);
  }

  @Override
  public synchronized List<T> byIndex(String index, String value) {
    Index<T> asked = indexes.get(index);
    if (asked == null) {
      throw new IllegalArgumentException(
          "the informer of "
              + what
              + " has no index \""
              + index
              + "\", it has "
              + indexes.keySet());
    }
    return asked.byValue().getOrDefault(value, Set.of()).stream()
        .map(objects::get)
        .filter(Objects::nonNull)
        .toList();
  }

  @Override
  public synchronized void addIndex(String index, Function<T, List<String>> keys) {
    if (started) {
      throw new IllegalStateException(
          "index \"" + index + "\" of " + what + " must be added before the start");
    }
    // Two users of one informer may both want it.
    indexes.putIfAbsent(index, new Index<>(keys, new HashMap<>()));
  }

  @Override
  public synchronized void onChange(Consumer<Change<T>> handler) {
    for (T object : objects.values()) {
      tell(handler, new Change.Added<>(object));
    }
    handlers.add(handler);
  }

  @Override
  public synchronized void onResumed(Runnable handler) {
    resumedHandlers.add(handler);
  }

  @Override
  public boolean isDefined() {
    return defined;
  }

  @Override
  public synchronized void onDefined(Runnable handler) {
    definedHandlers.add(handler);
  }

  @Override
  public boolean hasSynced() {
    return synced.getCount() == 0;
  }

  @Override
  public boolean awaitSync(Duration atMost) {
    try {
      return synced.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public Duration sinceLastEvent() {
    return Duration.ofNanos(timeline.nanoTime() - lastHeard);
  }

  /// How many objects are known.
  public synchronized int size() {
    return objects.size();
  }

  private void tell(Change<T> change) {
    for (Consumer<Change<T>> handler : handlers) {
      tell(handler, change);
    }
  }

  private void tell(Consumer<Change<T>> handler, Change<T> change) {
    handlerLine.execute(() -> {
      try {
        handler.accept(change);
      } catch (RuntimeException e) {
        LOG.atError()
            .addKeyValue("informer", what)
            .addKeyValue("object", ObjectKey.of(change.object()))
            .setCause(e)
            .log("a handler of changes failed");
      }
    });
  }

  private void index(ObjectKey key, T object) {
    for (Index<T> index : indexes.values()) {
      for (String value : values(index, key, object)) {
        index.byValue().computeIfAbsent(value, v -> new LinkedHashSet<>()).add(key);
      }
    }
  }

  private void unindex(ObjectKey key, T object) {
    for (Index<T> index : indexes.values()) {
      for (String value : values(index, key, object)) {
        index
            .byValue()
            .computeIfPresent(
                value,
                (v, keys) -> {
                  keys.remove(key);
                  return keys.isEmpty() ? null : keys;
                });
      }
    }
  }

  private List<String> values(Index<T> index, ObjectKey key, T object) {
    try {
      return index.keysOf().apply(object);
    } catch (RuntimeException e) {
      // One odd object must not stop the whole cache; it is not found by this index.
      LOG.atError()
          .addKeyValue("informer", what)
          .addKeyValue("object", key)
          .setCause(e)
          .log("an index function failed");
      return List.of();
    }
  }

  private static boolean sameUid(KubernetesObject a, KubernetesObject b) {
    return Objects.equals(a.getMetadata().getUid(), b.getMetadata().getUid());
  }

  private static boolean sameVersion(KubernetesObject a, KubernetesObject b) {
    String version = a.getMetadata().getResourceVersion();
    return version != null && version.equals(b.getMetadata().getResourceVersion());
  }
}
