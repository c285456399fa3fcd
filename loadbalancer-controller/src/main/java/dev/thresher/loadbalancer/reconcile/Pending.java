package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// The load balancers that wait for an address. They are woken by whatever may bring one; nobody
/// polls. Thread-safe.
public final class Pending {

  private final Set<ObjectKey> waiting = ConcurrentHashMap.newKeySet();
  private final Map<ObjectKey, Long> since = new ConcurrentHashMap<>();

  /// A load balancer without all its addresses was seen.
  ///
  /// @param now monotonic time in nanoseconds
  void begun(ObjectKey key, long now) {
    since.putIfAbsent(key, now);
  }

  /// It cannot have all its addresses now.
  void waits(ObjectKey key) {
    waiting.add(key);
  }

  /// It has all its addresses.
  ///
  /// @return nanoseconds since it was first seen without, -1 if it never was
  long satisfied(ObjectKey key, long now) {
    waiting.remove(key);
    Long begin = since.remove(key);
    return begin == null ? -1 : now - begin;
  }

  /// It is gone.
  void forget(ObjectKey key) {
    waiting.remove(key);
    since.remove(key);
  }

  /// An address may have become free, or a pool fit: all who wait shall look.
  void wake(Consumer<ObjectKey> look) {
    List.copyOf(waiting).forEach(look);
  }

  /// Who waits.
  public Set<ObjectKey> waiting() {
    return Set.copyOf(waiting);
  }

  /// How many wait.
  public int size() {
    return waiting.size();
  }
}
