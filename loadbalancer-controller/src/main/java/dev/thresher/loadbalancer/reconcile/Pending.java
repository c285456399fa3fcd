package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// The load balancers that wait for an address. They are woken by whatever may bring one; nobody
/// polls. Thread-safe.
public final class Pending {

  private final Set<ObjectKey> waiting = ConcurrentHashMap.newKeySet();
  private final AtomicLong wakes = new AtomicLong();
  private final Map<ObjectKey, Long> since = new ConcurrentHashMap<>();

  /// A load balancer without all its addresses was seen.
  ///
  /// @param now monotonic time in nanoseconds
  void begun(ObjectKey key, long now) {
    since.putIfAbsent(key, now);
  }

  /// So often all were woken. To be asked before the look of which the end is told to [#waits].
  long wakes() {
    return wakes.get();
  }

  /// It cannot have all its addresses now.
  ///
  /// @param seen [#wakes] before it was found out
  /// @return whether it must look again at once: something came while it looked
  boolean waits(ObjectKey key, long seen) {
    waiting.add(key);
    return wakes.get() != seen;
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
    // Before the set is read: whoever enters it after that sees the number.
    wakes.incrementAndGet();
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
