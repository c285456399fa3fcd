package dev.thresher.runtime.queue;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Keys that wait to be handed out, each once, in order: [Priority#NEW] first, but never more than
/// a bounded number in a row while a [Priority#RESYNC] waits. Not thread-safe.
final class WaitingKeys<K> {

  /// Keys with priority NEW handed out in a row while a RESYNC waits.
  static final int NEW_IN_A_ROW = 15;

  /// With the time each came in, oldest first.
  private final LinkedHashMap<K, Long> fresh = new LinkedHashMap<>();

  private final LinkedHashMap<K, Long> resync = new LinkedHashMap<>();
  private int newInARow;

  /// A key that has waited.
  ///
  /// @param since the time it came in
  record Waited<K>(K key, Priority priority, long since) {}

  /// Puts a key in, or gives one that waits a better priority.
  ///
  /// @return whether the key was not waiting before
  boolean add(K key, Priority priority, long since) {
    if (fresh.containsKey(key)) {
      return false;
    }
    return switch (priority) {
      case NEW -> {
        Long waitingSince = resync.remove(key);
        fresh.put(key, waitingSince == null ? since : waitingSince);
        yield waitingSince == null;
      }
      case RESYNC -> resync.putIfAbsent(key, since) == null;
    };
  }

  /// Takes the next key out.
  Optional<Waited<K>> poll() {
    boolean resyncIsDue = !resync.isEmpty() && (fresh.isEmpty() || newInARow >= NEW_IN_A_ROW);
    Map.Entry<K, Long> oldest = (resyncIsDue ? resync : fresh).pollFirstEntry();
    if (oldest == null) {
      return Optional.empty();
    }
    newInARow = resyncIsDue || resync.isEmpty() ? 0 : newInARow + 1;
    Priority priority = resyncIsDue ? Priority.RESYNC : Priority.NEW;
    return Optional.of(new Waited<>(oldest.getKey(), priority, oldest.getValue()));
  }

  int size() {
    return fresh.size() + resync.size();
  }

  boolean isEmpty() {
    return fresh.isEmpty() && resync.isEmpty();
  }

  void clear() {
    fresh.clear();
    resync.clear();
  }
}
